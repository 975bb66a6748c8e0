"""Ctrl-C, SIGTERM and the terminal's end while steps run."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def deferred(tell: Callable[[int], None], signals: tuple[signal.Signals, ...] = _SIGNALS) -> Iterator[None]:
    """Call `tell` with the number of every one of `signals` while the block runs, in place of its usual effect.

    An exception could come between the start of a step and the note that it runs, or while a deploy is undone:
    the outcome would be lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def defer(number: int, _frame: object) -> None:
        tell(number)

    # What is ignored, as by nohup, stays ignored.
    before = {number: signal.getsignal(number) for number in signals}
    caught = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in caught:
        signal.signal(number, defer)
    try:
        yield
    finally:
        for number, handler in caught.items():
            signal.signal(number, handler)
