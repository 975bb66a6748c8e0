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
    assert lines[at + 1 : at + 5] == [
        "      cause: 2 of 14 tests failed",
        "      fix: run: .venv/bin/nox -s e2e",
        "      log: logs/e2e.playwright.log",
        "        line 10",
    ]
    assert lines[at + 33] == "        line 39"
    assert lines[at + 34 :] == [
        "00:00 e2e         failed after 34.1 s",
        "00:00 production  skipped",
        "00:00 run         failed in 1 min 15 s",
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
    console = live(stream, plain=True)
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
    console = live(io.TextIOWrapper(raw, encoding="ascii"), plain=False)
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
    console = live(stream, plain=True)
    stream.close()
    for record in records():
        console.on_record(record)
    console.stop()


def test_a_record_that_cannot_be_shown_does_not_fail_the_run(stream: io.StringIO) -> None:
    console = live(stream, plain=True)
    console.on_record({"kind": "step_ended"})
    console.on_record({})
    console.on_line("never.started", "x")
    console.on_record({"kind": "note", "at": "", "text": "goes on"})
    assert stream.getvalue() == "00:00 run         goes on\n"
