"""The report of a run as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from shiplane.report.page.document import PAGE, page_file, write_page

__all__ = ["PAGE", "page_file", "write_page"]
