"""What the log leaves out."""

import logging


class WithoutTraceback(logging.Filter):
    """Keep the message alone, for what a stranger can cause at any time."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback and keep the record."""
        record.exc_info = record.exc_text = None
        return True
