"""Ctrl-C and SIGTERM while steps run."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def deferred(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` at the first signal while the block runs; the second has its usual effect.

    An exception could come between the start of a step and the note that it runs: the step would be lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What is ignored, as by nohup, stays ignored.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    caught = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}

    def restore() -> None:
        for number, handler in caught.items():
            signal.signal(number, handler)

    def first(_number: int, _frame: object) -> None:
        restore()
        tell()

    for number in caught:
        signal.signal(number, first)
    try:
        yield
    finally:
        restore()
