import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shiplane.report import plain_console
from shiplane.report.console import live
from shiplane.report.plain_console import PlainConsole
from shiplane.report.progress import Progress
from shiplane.report.view import View

Records = Callable[..., list[dict[str, Any]]]
Tick = Callable[[float], None]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(stream: io.StringIO, clock: Callable[[], float]) -> PlainConsole:
    return PlainConsole(stream, Progress(clock, {"build.images": 50.0}, lambda step: Path(f"logs/{step}.log")))


def test_one_line_an_event(console: PlainConsole, stream: io.StringIO, tick: Tick, records: Records) -> None:
    for record in records():
        console.on_record(record)
        tick(1.5)
    lines = stream.getvalue().splitlines()
    assert lines[:5] == [
        ("00:00 run         12 · main · 664a230c1f2e · lab: build → test → publish → staging → e2e → production"),
        "00:01 build       started, at most 45 min",
        "00:03 build       build.images started: development images",
        "00:04 build       build.images passed in 12.0 s",
        "00:06 build       passed in 34.1 s",
    ]
    assert (
        "00:21 publish     release 1.0.0-664a230c1f2e: backend sha256:ab12ab12ab12, frontend sha256:cd34cd34cd34"
        in lines
    )
    assert "00:31 staging     release 1.0.0-664a230c1f2e deployed: http://127.0.0.1:8081" in lines
    assert lines[-1] == "00:48 run         passed in 1 min 15 s"


def test_a_failure_shows_cause_fix_log_and_thirty_lines(
    console: PlainConsole, stream: io.StringIO, records: Records
) -> None:
    for record in records("e2e.playwright"):
        console.on_record(record)
    lines = stream.getvalue().splitlines()
    at = lines.index("00:00 e2e         e2e.playwright failed after 9.0 s")
    assert lines[at + 1 : at + 6] == [
        "      cause: 2 of 14 tests failed",
        "      fix: run: .venv/bin/nox -s e2e",
        "      repeat: invoke pipeline --target lab --event push --branch main --until e2e",
        "      log: logs/e2e.playwright.log",
        "        line 10",
    ]
    assert lines[at + 34] == "        line 39"
    assert lines[at + 35 :] == [
        "00:00 e2e         failed after 34.1 s",
        "00:00 production  skipped",
        "00:00 run         failed in 1 min 15 s",
    ]


RETRIED = {"kind": "step_retried", "at": "", "stage": "build", "step": "build.images", "tries": 1, "of": 3}
FAILED_TEST = {"suite": "tests.a", "name": "test_it", "file": "backend/tests/a.py", "line": 7, "kind": "failed"}
TESTS = {"kind": "tests", "at": "", "stage": "test", "step": "test.backend", "passed": 40, "failed": 2, "flaky": 0}


def replaced(records: list[dict[str, Any]], step: str, **fields: object) -> list[dict[str, Any]]:
    """Let a step end otherwise."""
    return [{**r, **fields} if r["kind"] == "step_ended" and r["step"] == step else r for r in records]


def shown(console: PlainConsole, stream: io.StringIO, records: list[dict[str, Any]]) -> list[str]:
    for record in records:
        console.on_record(record)
    return [line.partition(" ")[2] for line in stream.getvalue().splitlines()]


def test_steps_that_did_not_run_say_why(console: PlainConsole, stream: io.StringIO, records: Records) -> None:
    reused = {"how": "reused", "reused_from": "41", "cause": "nothing that it depends on changed since run 41"}
    ended = replaced(records(), "test.backend", **reused)
    ended = replaced(ended, "test.frontend", how="not needed", cause="nothing that needs it runs")
    lines = shown(console, stream, ended)
    assert ("test        test.backend reused from run 41: nothing that it depends on changed since run 41") in lines
    assert "test        test.frontend not needed: nothing that needs it runs" in lines


def test_what_will_not_run_is_not_said_to_start(console: PlainConsole, stream: io.StringIO, records: Records) -> None:
    first, *rest = records()
    [build, test, *_] = first["plan"]["stages"]
    build["steps"][0]["decision"] = {"choice": "reuse", "why": "nothing changed", "run": "41"}
    test["steps"][0]["decision"] = {"choice": "skip", "why": "nothing needs it", "run": ""}
    lines = shown(console, stream, [first, *rest])
    begun = [line.split()[1] for line in lines if " started: " in line]
    assert begun[:2] == ["test.frontend", "publish.push"]


def test_tries_are_told(console: PlainConsole, stream: io.StringIO, records: Records) -> None:
    begun, ended = records()[:3], replaced(records(), "build.images", tries=3)[3:]
    why = {"reason": "the engine may lose a layer", "wait_seconds": 5, "cause": "exit code 1"}
    again = [{**RETRIED, **why}, {**RETRIED, "tries": 2, "wait_seconds": 0.1}]
    lines = shown(console, stream, [*begun, *again, *ended])
    assert lines[3:6] == [
        "build       build.images failed in try 1 of 3 (exit code 1), again in 5 s: the engine may lose a layer",
        "build       build.images failed in try 2 of 3, again",
        "build       build.images passed in 12.0 s at try 3",
    ]


def test_failed_tests_are_named(console: PlainConsole, stream: io.StringIO, records: Records) -> None:
    begun = records("test.backend")
    at = next(number for number, record in enumerate(begun) if record["kind"] == "step_ended" and number > 5)
    tests = {**TESTS, "failures": [{**FAILED_TEST, "message": "assert 1 == 2\nmore"}]}
    lines = shown(console, stream, [*begun[:at], tests, *begun[at:]])
    first = lines.index("test        test.backend: 40 passed, 2 failed")
    assert [line.strip() for line in lines[first + 2 : first + 5]] == [
        "cause: 2 of 14 tests failed",
        "test failed: test_it (backend/tests/a.py:7): assert 1 == 2 more",
        "test failed: and 1 more",
    ]


def test_quiet_shows_failures_alone(
    stream: io.StringIO, clock: Callable[[], float], tick: Tick, records: Records
) -> None:
    console = PlainConsole(stream, Progress(clock, {}), View(quiet=True))
    for record in records("e2e.playwright"):
        console.on_record(record)
        tick(60)
        console.beat()
    lines = stream.getvalue().splitlines()
    assert [line[6:] for line in lines if not line.startswith(" ")] == ["e2e         e2e.playwright failed after 9.0 s"]
    assert lines[1] == "      cause: 2 of 14 tests failed"


def test_verbose_shows_each_line(stream: io.StringIO, clock: Callable[[], float], records: Records) -> None:
    console = PlainConsole(stream, Progress(clock, {}), View(verbose=True))
    for record in records()[:3]:
        console.on_record(record)
    for line in ("one \x1b[31mred\x1b[0m", "", "\rtwo"):
        console.on_line("build.images", line)
    assert stream.getvalue().splitlines()[3:] == [
        "00:00 build       build.images | one red",
        "00:00 build       build.images |",
        "00:00 build       build.images | two",
    ]


def test_a_failure_without_details_shows_what_the_step_printed(
    console: PlainConsole, stream: io.StringIO, records: Records
) -> None:
    for record in records("build.images"):
        if record["kind"] == "step_ended":
            console.on_line("build.images", "\x1b[31mno space left\x1b[0m")
            record = {**record, "details": [], "cause": ""}  # noqa: PLW2901
        console.on_record(record)
    assert "      cause: exit code 3\n" in stream.getvalue()
    assert "        no space left\n" in stream.getvalue()


def test_no_step_is_silent_for_more_than_twenty_seconds(
    console: PlainConsole,
    stream: io.StringIO,
    tick: Tick,
    records: Records,
) -> None:
    for record in records()[:3]:
        console.on_record(record)
    stream.truncate(0)
    stream.seek(0)
    for second in range(65):
        tick(1)
        if second == 30:
            console.on_line("build.images", "#9 [3/7] RUN pip install\n")
            console.on_line("build.images", " \x1b[0m ")
            console.on_line("build.images", "")
        console.beat()
    assert stream.getvalue().splitlines() == [
        "00:20 build       build.images runs for 20 s (took 50.0 s before)",
        "00:40 build       build.images runs for 40 s (took 50.0 s before) · #9 [3/7] RUN pip install",
        "01:00 build       build.images runs for 1 min 00 s (took 50.0 s before) · #9 [3/7] RUN pip install",
    ]


def test_a_long_step_is_mentioned_although_others_talk(
    console: PlainConsole,
    stream: io.StringIO,
    tick: Tick,
    records: Records,
) -> None:
    for record in records()[:8]:
        console.on_record(record)
    for _ in range(8):
        tick(5)
        console.on_record({"kind": "note", "at": "", "text": "another line"})
        console.beat()
    heartbeats = [line for line in stream.getvalue().splitlines() if " runs for " in line]
    assert [line.split()[2] for line in heartbeats] == ["test.backend", "test.frontend"] * 2


def test_the_time_between_two_steps_is_not_silent(
    console: PlainConsole,
    stream: io.StringIO,
    tick: Tick,
    records: Records,
) -> None:
    console.beat()
    console.on_record(records()[0])
    tick(21)
    console.beat()
    console.on_record(records()[-1])
    tick(60)
    console.beat()
    assert [line.partition("  ")[0] for line in stream.getvalue().splitlines()] == [
        "00:00 run",
        "00:21 run",
        "00:21 run",
    ]
    assert "between two steps" in stream.getvalue()


def test_the_timer_thread_gives_the_signs_of_life(
    stream: io.StringIO, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_console, "HEARTBEAT_SECONDS", 0.8)
    console = live(stream, View(plain=True))
    console.start()
    for record in records()[:3]:
        console.on_record(record)
    until = time.monotonic() + 10
    while "runs for" not in stream.getvalue() and time.monotonic() < until:
        time.sleep(0.02)
    console.stop()
    console.stop()
    assert "build.images runs for 0 s" in stream.getvalue()


def test_what_cannot_be_encoded_is_replaced(records: Records) -> None:
    raw = io.BytesIO()
    console = live(io.TextIOWrapper(raw, encoding="ascii"), View())
    console.on_record(records()[0])
    assert raw.getvalue().startswith(b"00:00 run         12 ? main ?")


def test_a_reader_that_has_gone_does_not_fail_the_run(records: Records) -> None:
    class Gone(io.StringIO):
        writes = 0

        def write(self, _text: str) -> int:
            self.writes += 1
            raise BrokenPipeError

    gone = Gone()
    console = PlainConsole(gone, Progress(time.monotonic, {}))
    for record in records("e2e.playwright"):
        console.on_record(record)
    assert gone.writes == 1


def test_a_closed_stream_does_not_fail_the_run(stream: io.StringIO, records: Records) -> None:
    console = live(stream, View(plain=True))
    stream.close()
    for record in records():
        console.on_record(record)
    console.stop()


def test_a_record_that_cannot_be_shown_does_not_fail_the_run(stream: io.StringIO) -> None:
    console = live(stream, View(plain=True))
    console.on_record({"kind": "step_ended"})
    console.on_record({})
    console.on_line("never.started", "x")
    console.on_record({"kind": "note", "at": "", "text": "goes on"})
    assert stream.getvalue() == "00:00 run         goes on\n"
