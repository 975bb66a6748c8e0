"""Processes on this machine, each the leader of a group of its own so that nothing of it survives."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from typing import TYPE_CHECKING, BinaryIO

from shiplane.commands import vpn
from shiplane.errors import TimeLimit, UsageError
from shiplane.runners.base import Cancel, Completed, Masker, now
from shiplane.runners.process import group_lives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.model import Command

_SIGNALLED = 128
_GRACE_SECONDS = 30.0  # a session that is ended removes its containers first
_POLL_SECONDS = 0.1
# A step may print 100 MB; its log file holds all of it, memory the end, and more of what is only parsed.
_SHOWN_BYTES = 4 * 2**20
_PARSED_BYTES = 16 * 2**20
_LINE_BYTES = 64  # what a line costs beside its letters
_LONGEST_LINE = 4 * 2**20  # what is longer is cut
_NOT_BROUGHT = {vpn.PROGRAM: vpn.INSTALL}
"""How to come by programs that ./scripts/bootstrap does not bring."""


class LocalRunner:
    """Run commands in `checkout` with `environ` as their environment."""

    def __init__(self, checkout: Path, environ: Mapping[str, str], masker: Masker | None = None) -> None:
        self.checkout = checkout
        self.environ = dict(environ)
        self.masker = masker or Masker()

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Run to the end; see `Runner.run`. A program that is not there raises `UsageError`."""
        self.masker.add(*command.secrets())
        started = now()
        process = self._start(command)
        reader = _Reader(process, self.masker, on_line)
        try:
            reader.write(command.input_text())
            while not reader.done(_POLL_SECONDS):
                if cancel is not None:
                    cancel.check()
                if command.timeout and now() - started > command.timeout:
                    raise TimeLimit(command.argv[0], command.timeout, command.masked())
            code = process.wait()
        finally:
            _end(process, cancel)
            reader.close()
        return Completed(code, reader.stdout(), reader.output(), now() - started)

    def attach(self, command: Command, *, terminal: bool) -> int:
        """Run with this process's own streams and terminal; see `Attaching.attach`. Ctrl-C there is the command's."""
        del terminal  # the command has ours, whatever that is
        process = self._open(command)
        # A handler, for one that ignores would be inherited.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            signal.signal(signal.SIGINT, before)
        return code if code >= 0 else _SIGNALLED - code

    def _start(self, command: Command) -> subprocess.Popen[bytes]:
        stdin = subprocess.DEVNULL if command.stdin is None else subprocess.PIPE
        return self._open(command, stdin, subprocess.PIPE, own=True)

    def _open(
        self, command: Command, stdin: int | None = None, output: int | None = None, *, own: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a program; `own` gives it a session of its own, no stream means ours."""
        try:
            return subprocess.Popen(
                command.argv,
                env={**self.environ, **command.environment()},
                cwd=self.checkout / command.cwd if command.cwd else self.checkout,
                stdin=stdin,
                stdout=output,
                stderr=output,
                start_new_session=own,
            )
        except FileNotFoundError as error:
            missing = str(error.filename or command.argv[0])
            fix = _NOT_BROUGHT.get(missing, "run ./scripts/bootstrap")
            raise UsageError(f"{missing} is not on this machine", fix) from error
        except OSError as error:
            raise UsageError(
                f"{command.argv[0]} cannot be run: {error.strerror}", "see its owner and its mode"
            ) from error


class _Reader:
    """Collect both streams of a process, line by line."""

    def __init__(self, process: subprocess.Popen[bytes], masker: Masker, on_line: Callable[[str], None] | None) -> None:
        self._process = process
        self._masker = masker
        self._on_line = on_line
        self._partial: dict[BinaryIO, bytearray] = {}
        self._kept: list[str] = []
        self._size = 0
        self._raw = bytearray()
        self._most = _PARSED_BYTES if on_line is None else _SHOWN_BYTES
        self._selector = selectors.DefaultSelector()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream, selectors.EVENT_READ)
        self._pending = b""

    def write(self, text: str | None) -> None:
        """Queue the text for standard input; it is written as the process takes it."""
        if text is None or self._process.stdin is None:
            return
        self._pending = text.encode()
        os.set_blocking(self._process.stdin.fileno(), False)
        self._selector.register(self._process.stdin, selectors.EVENT_WRITE)

    def done(self, seconds: float) -> bool:
        """Move bytes for up to `seconds`; tell whether the process and its streams have ended."""
        if not self._selector.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return self._process.poll() is not None
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._process.stdin:
                self._feed()
            else:
                self._drain(key.fileobj)  # type: ignore[arg-type]
        # A grandchild that keeps the pipe open must not hold the run once the process itself is gone.
        return self._process.poll() is not None and not self._selector.select(0)

    def _feed(self) -> None:
        stdin = self._process.stdin
        if stdin is None:
            return
        try:
            self._pending = self._pending[os.write(stdin.fileno(), self._pending[:65536]) :]
        except BrokenPipeError:
            self._pending = b""
        if not self._pending:
            self._selector.unregister(stdin)
            with contextlib.suppress(BrokenPipeError):
                stdin.close()

    def _drain(self, stream: BinaryIO) -> None:
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return
        if stream is self._process.stdout:
            self._raw += data
            del self._raw[: max(0, len(self._raw) - self._most)]
        partial = self._partial.setdefault(stream, bytearray())
        partial += data
        lines: list[bytes] = []
        if not data:
            self._selector.unregister(stream)
            lines, partial[:] = ([bytes(partial)] if partial else []), b""
        elif b"\n" in data:
            *lines, partial[:] = bytes(partial).split(b"\n")
        elif len(partial) > _LONGEST_LINE:
            self._cut(partial)
        for line in lines:
            self._keep(self._shown(line).rstrip("\r"))

    def _shown(self, raw: bytes) -> str:
        return self._masker.mask(raw.decode(errors="replace"))

    def _cut(self, partial: bytearray) -> None:
        """Let go of the beginning of an endless line, but of no letter that may belong to a secret."""
        whole = _whole_letters(partial)
        text = self._shown(bytes(partial[:whole]))
        ready = len(text) - self._masker.longest
        self._keep(text[:ready])
        partial[:whole] = text[ready:].encode()

    def _keep(self, line: str) -> None:
        self._kept.append(line)
        self._size += len(line) + _LINE_BYTES
        while self._size > _SHOWN_BYTES and len(self._kept) > 1:
            dropped = len(self._kept) // 2
            self._size -= sum(len(old) + _LINE_BYTES for old in self._kept[:dropped])
            del self._kept[:dropped]
        if self._on_line is not None:
            self._on_line(line)

    def output(self) -> str:
        """Give what both streams said, masked."""
        return "\n".join(self._kept)

    def stdout(self) -> str:
        """Give what standard output said, as it came."""
        return self._raw.decode(errors="replace").removesuffix("\n")

    def close(self) -> None:
        """Give up the streams."""
        for rest in self._partial.values():
            if rest:
                self._keep(self._shown(bytes(rest)).rstrip("\r"))
        self._partial.clear()
        self._selector.close()
        for opened in (self._process.stdin, self._process.stdout, self._process.stderr):
            if opened is not None:
                with contextlib.suppress(OSError):
                    opened.close()


def _whole_letters(data: bytearray) -> int:
    """Give the length of the data without a letter of UTF-8 whose end is still to come."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:  # noqa: PLR2004 - ASCII
            break
        if byte >= 0xC0:  # noqa: PLR2004 - the first byte of a letter; its upper bits count the bytes
            needed = 2 + (byte >= 0xE0) + (byte >= 0xF0)  # noqa: PLR2004
            return len(data) - back if back < needed else len(data)
    return len(data)


def _end(process: subprocess.Popen[bytes], cancel: Cancel | None) -> None:
    """End what is left of the process group: politely, then for good; told by `cancel.killed`.

    The leader may be gone at once while its children still clean up: the grace is the whole group's.
    """
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        deadline = now() + _GRACE_SECONDS
        while _is_there(process) and now() < deadline and not (cancel and cancel.at_once):
            time.sleep(_POLL_SECONDS)
        # Whatever ended by the signal itself could not clean up either.
        if cancel is not None and ((process.returncode or 0) < 0 or _is_there(process)):
            cancel.killed = True
    _signal(process, signal.SIGKILL)
    process.wait()


def _is_there(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether anything of the process group lives."""
    return process.poll() is None or group_lives(process.pid)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
