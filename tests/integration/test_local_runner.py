"""The runner of this machine on real processes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from samples import HARD
from shiplane.commands import vpn
from shiplane.errors import Interrupted, TimeLimit, UsageError
from shiplane.model import Command, Secret
from shiplane.runners.base import Cancel
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRON = {"PATH": os.environ["PATH"]}
MEBIBYTE = 2**20


@pytest.fixture
def runner(tmp_path: Path) -> LocalRunner:
    return LocalRunner(tmp_path, ENVIRON)


def python(text: str, **words: object) -> Command:
    return Command((sys.executable, "-c", text), **words)  # type: ignore[arg-type]


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def is_running(process: int) -> bool:
    """Tell whether a process does anything still; a dead one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_and_both_streams(runner: LocalRunner, code: int) -> None:
    text = f"import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True); sys.exit({code})"
    lines: list[str] = []
    done = runner.run(python(text), on_line=lines.append)
    assert (done.exit_code, done.ok, done.stdout) == (code, code == 0, "out")
    assert sorted(done.output.split("\n")) == sorted(lines) == ["err", "out"]
    assert 0 < done.seconds < 30


def test_the_last_line_needs_no_end_and_carriage_returns_go(runner: LocalRunner) -> None:
    done = runner.run(Command(("printf", r"one\r\ntwo")))
    assert (done.output, done.stdout) == ("one\ntwo", "one\r\ntwo")
    assert runner.run(Command(("printf", r"one\n\n"))).stdout == "one\n"
    assert runner.run(Command(("true",))).output == ""


def test_bytes_that_are_no_text_are_shown_as_such(runner: LocalRunner) -> None:
    assert runner.run(Command(("printf", r"a\377b"))).stdout == "a\ufffdb"


def test_environment_folder_and_empty_input(runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    command = Command(("sh", "-c", 'pwd; echo "$A"; env | wc -l; cat'), env=(("A", HARD),), cwd="below")
    where, value, count = runner.run(command).stdout.split("\n")
    assert (where, value) == (str(tmp_path / "below"), HARD)
    assert int(count) <= 4  # PATH, A, and what the shell adds itself


def test_a_secret_arrives_whole_and_leaves_masked(runner: LocalRunner) -> None:
    secret = Secret("S", HARD)
    lines: list[str] = []
    command = Command(("sh", "-c", 'cat; echo; echo "$S"; printf %s "$S" | wc -c'), env=(("S", secret),), stdin=secret)
    done = runner.run(command, on_line=lines.append)
    assert lines == done.output.split("\n") == ["***", "***", str(len(HARD.encode()))]


def test_five_megabytes_on_standard_input(runner: LocalRunner) -> None:
    text = "0123456789abcde\n" * (5 * MEBIBYTE // 16)
    done = runner.run(
        python("import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())", stdin=text)
    )
    assert done.stdout == hashlib.sha256(text.encode()).hexdigest()


def test_input_comes_back_while_it_is_written(runner: LocalRunner) -> None:
    text = "0123456789abcde\n" * (2 * MEBIBYTE // 16)
    assert runner.run(Command(("cat",), stdin=text)).stdout == text.rstrip("\n")


def test_a_program_that_does_not_read_its_input(runner: LocalRunner) -> None:
    assert runner.run(Command(("true",), stdin="x" * MEBIBYTE)).exit_code == 0
    assert runner.run(Command(("cat",), stdin="")).exit_code == 0


@pytest.mark.parametrize(
    ("line", "count"),
    [("x" * 999 + "\\n", 100_000), ("x" * 1000, 100_000), ("ab\\n", 700_000)],
    ids=["lines", "one endless line", "short lines"],
)
def test_a_hundred_megabytes_of_output_need_little_memory(runner: LocalRunner, line: str, count: int) -> None:
    """Short lines are fewer, for each one takes time; they would need the most memory of all."""
    text = f"import sys\nfor _ in range(100): sys.stdout.write('{line}' * {count // 100})\nprint('\\nthe end')"
    tracemalloc.start()
    try:
        done = runner.run(python(text))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.exit_code == 0
    assert done.tail(1) == ("the end",)
    assert peak < 100 * MEBIBYTE


def test_a_secret_is_masked_in_a_line_that_is_too_long_to_keep(runner: LocalRunner) -> None:
    """Wherever the line is cut, no part of a secret stands at the cut."""
    secret = Secret("S", "0123456789abcdef" * 4)
    text = "import os, sys\nfor _ in range(9): sys.stdout.write(os.environ['S'] * 20000 + '-')"
    lines: list[str] = []
    runner.run(python(text, env=(("S", secret),)), on_line=lines.append)
    assert len(lines) > 1
    assert set("".join(lines)) <= set("*-")


GRANDCHILD = "sleep 300 & echo $!; sleep 300 & echo $!; wait"


def test_a_time_limit_ends_grandchildren_too(runner: LocalRunner) -> None:
    lines: list[str] = []
    started = time.monotonic()
    with pytest.raises(TimeLimit) as caught:
        runner.run(Command(("sh", "-c", GRANDCHILD), timeout=3), on_line=lines.append)
    assert time.monotonic() - started < 20
    assert caught.value.exit_code == 124
    assert caught.value.cause.startswith("sh reached its time limit of 3 s while: sh -c ")
    assert len(lines) == 2
    assert until(lambda: not any(is_running(int(line)) for line in lines))


ORPHANS = """
import os, sys, time
from pathlib import Path
from shiplane.errors import TimeLimit
from shiplane.model import Command
from shiplane.runners.descendants import adopt
from shiplane.runners.local import LocalRunner

adopt()
began = time.monotonic()
try:
    LocalRunner(Path("."), os.environ).run(Command(("sh", "-c", sys.argv[1]), timeout=1))
except TimeLimit:
    print(time.monotonic() - began)
"""


def test_what_ended_is_not_waited_for_where_orphans_are_adopted(runner: LocalRunner) -> None:
    """They have ended, but nobody has taken notice of it: their group still has its number."""
    done = runner.run(Command((sys.executable, "-c", ORPHANS, "sleep 300 & sleep 300 & sleep 300 & wait")))
    assert done.exit_code == 0, done.output
    assert 1 <= float(done.stdout) < 20


def test_a_cancel_ends_the_process_and_raises_its_reason(runner: LocalRunner) -> None:
    cancel = Cancel()
    lines: list[str] = []

    def stop() -> None:
        if until(lambda: len(lines) == 2):
            cancel.set(Interrupted("tests"))

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Interrupted):
        runner.run(Command(("sh", "-c", GRANDCHILD)), on_line=lines.append, cancel=cancel)
    thread.join()
    assert until(lambda: not any(is_running(int(line)) for line in lines))


@pytest.mark.parametrize(("script", "killed"), [("trap 'exit 1' TERM; wait", False), ("wait", True)])
def test_it_is_told_whether_a_process_could_clean_up(runner: LocalRunner, script: str, *, killed: bool) -> None:
    cancel = Cancel()
    with pytest.raises(TimeLimit):
        runner.run(Command(("sh", "-c", f"sleep 300 & {script}"), timeout=0.5), cancel=cancel)
    assert cancel.killed == killed


def test_a_process_that_is_ended_may_clean_up(runner: LocalRunner, tmp_path: Path) -> None:
    script = "trap 'echo cleaned > cleaned; exit 1' TERM; echo ready; while :; do sleep 0.05; done"
    with pytest.raises(TimeLimit):
        runner.run(Command(("sh", "-c", script), timeout=0.5))
    assert (tmp_path / "cleaned").read_text() == "cleaned\n"


def test_what_a_process_leaves_in_the_background_is_ended_and_not_waited_for(runner: LocalRunner) -> None:
    started = time.monotonic()
    done = runner.run(Command(("sh", "-c", "sleep 300 & echo $!")))
    assert time.monotonic() - started < 20
    assert done.exit_code == 0
    assert until(lambda: not is_running(int(done.stdout)))


def test_an_error_of_a_listener_ends_the_process(runner: LocalRunner) -> None:
    processes: list[int] = []

    def listen(line: str) -> None:
        processes.append(int(line))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        runner.run(Command(("sh", "-c", "echo $$; exec sleep 300")), on_line=listen)
    assert until(lambda: not is_running(processes[0]))


def test_a_program_that_is_missing(runner: LocalRunner) -> None:
    with pytest.raises(UsageError, match=r"^no-such-program is not on this machine$") as caught:
        runner.run(Command(("no-such-program", "--flag")))
    assert caught.value.fix == "run ./scripts/bootstrap"


def test_a_program_that_nothing_here_brings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^tailscale is not on this machine$") as caught:
        LocalRunner(tmp_path, {"PATH": str(tmp_path)}).run(vpn.status())
    assert caught.value.fix == vpn.INSTALL


def test_a_folder_that_is_missing(runner: LocalRunner, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="below is not on this machine"):
        runner.run(Command(("true",), cwd="below"))
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_may_not_be_run(runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match=r"tool cannot be run: Permission denied") as caught:
        runner.run(Command((str(tmp_path / "tool"),)))
    assert caught.value.fix == "see its owner and its mode"


def test_a_secret_is_masked_where_it_is_shown_and_whole_where_it_is_parsed(runner: LocalRunner) -> None:
    lines: list[str] = []
    command = Command(("printf", r"service backend\n"), env=(("TOKEN", Secret("TOKEN", "backend")),))
    done = runner.run(command, on_line=lines.append)
    assert (done.output, lines) == ("service ***", ["service ***"])
    assert done.stdout == "service backend"


def test_what_is_attached_has_our_own_streams(runner: LocalRunner, capfd: pytest.CaptureFixture[str]) -> None:
    runner.masker.add(Secret("TOKEN", HARD))
    text = f"import sys; print({HARD!r}, flush=True); print('err', file=sys.stderr); sys.exit(7)"
    assert runner.attach(python(text, cwd="."), terminal=False) == 7
    assert capfd.readouterr() == (f"{HARD}\n", "err\n")
    assert runner.attach(Command(("sh", "-c", "kill -9 $$")), terminal=False) == 137
    with pytest.raises(UsageError, match="no-such-program is not on this machine"):
        runner.attach(Command(("no-such-program",)), terminal=False)


ATTACHED = f"""
import signal, sys
from pathlib import Path
from shiplane.model import Command
from shiplane.runners.local import LocalRunner
child = "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(5))"
child += "; print('ready', flush=True); time.sleep(60)"
code = LocalRunner(Path("."), {ENVIRON!r}).attach(Command((sys.executable, "-c", child)), terminal=False)
print("code", code, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_ctrl_c_is_for_what_is_attached(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ATTACHED], stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "code 5 True\n"
