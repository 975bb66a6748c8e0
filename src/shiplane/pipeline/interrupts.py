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
def deferred(tell: Callable[[], None], signals: tuple[signal.Signals, ...] = _SIGNALS) -> Iterator[None]:
    """Call `tell` at every one of `signals` while the block runs, in place of the signal's usual effect.

    An exception could come between the start of a step and the note that it runs, or while a deploy is undone:
    the outcome would be lost. A terminal that closes often sends its signal twice, from the kernel and the shell.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def defer(_number: int, _frame: object) -> None:
        tell()

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
