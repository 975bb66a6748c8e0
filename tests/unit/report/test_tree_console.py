import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from shiplane.report.console import live
from shiplane.report.plain_console import PlainConsole
from shiplane.report.progress import Progress
from shiplane.report.tree_console import TreeConsole
from shiplane.report.tree_view import TreeView
from shiplane.report.view import View

Records = Callable[..., list[dict[str, Any]]]
Tick = Callable[[float], None]
FRAME = "⠋"  # the clock stands at a hundred seconds


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def drawn(progress: Progress, width: int = 100, height: int = 30) -> list[str]:
    return [line.plain.rstrip() for line in TreeView(progress, width).lines(height)]


@pytest.fixture
def progress(clock: Callable[[], float]) -> Progress:
    estimates = {"test.backend": 40.0, "test.frontend": 20.0}
    return Progress(clock, estimates, lambda step: Path(f"logs/{step}.log"))


def under_way(progress: Progress, records: list[dict[str, Any]], tick: Tick) -> None:
    """Stop in the middle of the stage `test`."""
    for record in records[:8]:
        progress.record(record)
    tick(10)
    progress.line("test.backend", "tests/test_reports.py::test_a_stage \x1b[32mPASSED\x1b[0m " + "x" * 200)
    progress.record(records[9])


def test_what_runs_is_unfolded_and_the_rest_is_a_line_each(progress: Progress, records: Records, tick: Tick) -> None:
    under_way(progress, records(), tick)
    lines = drawn(progress)
    assert lines == [
        "",
        "run 12 · main · 664a230c1f2e · lab  10 s",
        "━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  2 of 8 steps · at least 30 s left",
        "",
        "✓ build                         34.1 s",
        f"{FRAME} test                          10 s",
        f"  {FRAME} backend tests               10 s of ~40 s",
        f"    tests/test_reports.py::test_a_stage PASSED {'x' * 52}…",
        "  ✓ frontend tests              12.0 s",
        "· publish",
        "· staging",
        "· e2e",
        "· production",
    ]


WAITING = "· publish · staging · e2e · production"


@pytest.mark.parametrize(
    ("height", "left"),
    [
        (
            12,
            [
                "✓ build",
                "⠋ test",
                "  ⠋ backend",
                "    tests/",
                "  ✓ front",
                "· publish",
                "· staging",
                "· e2e",
                "· prod",
            ],
        ),
        (11, ["✓ build", "⠋ test", "  ⠋ backend", "    tests/", "  ✓ front", WAITING]),
        (9, ["✓ build", "⠋ test", "  ⠋ backend", "    tests/", "  ✓ front", WAITING]),
        (8, ["✓ build", "⠋ test", "  ⠋ backend", WAITING]),
        (7, ["✓ build", "⠋ test", "  ⠋ backend", WAITING]),
        (4, ["✓ build"]),
    ],
)
def test_a_low_window_shows_less(
    progress: Progress, records: Records, tick: Tick, height: int, left: list[str]
) -> None:
    under_way(progress, records(), tick)
    lines = drawn(progress, 60, height)
    assert len(lines) <= height
    stages = lines[lines.index("", 1) + 1 :]
    assert [line[: len(start)] for line, start in zip(stages, left, strict=True)] == left


def test_steps_that_ended_are_counted_where_there_is_no_room(progress: Progress, records: Records, tick: Tick) -> None:
    under_way(progress, records(), tick)
    for number in range(5):
        step = {"stage": "test", "step": f"test.{number}", "at": ""}
        progress.record({"kind": "step_started", **step})
        progress.record({"kind": "step_ended", "status": "passed", "seconds": 1.0, **step})
    assert "  · 6 done" in drawn(progress, 60, 10)


@pytest.mark.parametrize("width", [10, 20, 40, 60, 100])
def test_no_line_is_wider_than_the_window(progress: Progress, records: Records, tick: Tick, width: int) -> None:
    under_way(progress, records(), tick)
    progress.line("test.backend", "宽" * 100)
    assert max(line.cell_len for line in TreeView(progress, width).lines(30)) <= width


def test_a_failed_stage_says_why(progress: Progress, records: Records) -> None:
    for record in records("e2e.playwright"):
        progress.record(record)
    lines = drawn(progress)
    assert lines[-4:] == [
        "✗ e2e                           34.1 s failed",
        "  ✗ Playwright against staging  9.0 s",
        "    2 of 14 tests failed",
        "- production                    skipped",
    ]


def test_what_was_reused_or_is_tried_again(progress: Progress, records: Records, tick: Tick) -> None:
    for record in records()[:8]:
        unrun = {"how": "reused", "reused_from": "41"} if record["kind"] == "step_ended" else {}
        progress.record({**record, **unrun})
    retried = {"kind": "step_retried", "stage": "test", "step": "test.backend", "tries": 1, "of": 3, "at": ""}
    progress.record({**retried, "reason": "the database may be slow"})
    tick(10)
    progress.line("test.backend", "collecting")
    ended = {"kind": "step_ended", "at": "", "stage": "test", "status": "passed", "seconds": 0}
    progress.record({**ended, "step": "test.frontend", "how": "not needed"})
    assert drawn(progress)[4:9] == [
        "✓ build                         from run 41",
        f"{FRAME} test                          10 s",
        f"  {FRAME} backend tests               10 s of ~40 s",
        "    try 2 of 3: the database may be slow · collecting",
        "  ✓ frontend tests              not needed",
    ]
    progress.record({**ended, "step": "test.backend", "seconds": 30.0, "tries": 2})
    assert drawn(progress)[6] == "  ✓ backend tests               30.0 s at try 2"


def test_nothing_is_drawn_of_nothing(progress: Progress) -> None:
    assert drawn(progress) == ["", "run 0  0 s", ""]


def test_failures_stay_above_the_tree(progress: Progress, records: Records) -> None:
    stream = Terminal()
    console = TreeConsole(
        stream, progress, Console(file=stream, force_terminal=True, width=100, height=30, color_system=None)
    )
    console.start()
    for record in records("e2e.playwright"):
        console.on_record(record)
    console.stop()
    shown = stream.getvalue()
    assert "✗ e2e.playwright failed\n" in shown.replace("\r", "")
    for line in (
        "  cause: 2 of 14 tests failed",
        "  fix: run: .venv/bin/nox -s e2e",
        "  log: logs/e2e.playwright.log",
        "    line 39",
    ):
        assert line in shown
    assert "line 9" not in shown
    assert "staging: release 1.0.0-664a230c1f2e deployed: http://127.0.0.1:8081" in shown


def test_verbose_prints_each_line_above_the_tree(progress: Progress) -> None:
    stream = Terminal()
    drawing = Console(file=stream, force_terminal=True, width=100, height=30, color_system=None)
    console = TreeConsole(stream, progress, drawing, verbose=True)
    console.on_line("build.images", "[bold]step 3\x1b[31m of 7\x1b[0m")
    assert stream.getvalue() == "build.images | [bold]step 3 of 7\n"


def test_an_error_in_drawing_becomes_a_line(progress: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_view: TreeView, _height: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TreeView, "lines", broken)
    stream = Terminal()
    console = TreeConsole(stream, progress, Console(file=stream, force_terminal=True, width=80))
    console.start()
    console.stop()
    assert "(the tree cannot be drawn: ZeroDivisionError)" in stream.getvalue()


def test_a_terminal_that_has_gone_does_not_end_the_program(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Terminal):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setenv("TERM", "xterm-256color")
    console = live(Gone(), View())
    assert isinstance(console.console, TreeConsole)
    console.start()
    for record in records("e2e.playwright"):
        console.on_record(record)
    console.stop()


def test_the_tree_is_redrawn_by_a_thread(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    console = live(stream, View())
    console.start()
    for record in records()[:3]:
        console.on_record(record)
    console.on_line("build.images", "step 3 of 7")
    until = time.monotonic() + 10
    while "step 3 of 7" not in stream.getvalue() and time.monotonic() < until:
        time.sleep(0.02)
    console.stop()
    console.stop()
    assert "step 3 of 7" in stream.getvalue()


@pytest.mark.parametrize(
    ("stream", "term", "plain"),
    [
        (Terminal(), "dumb", False),
        (Terminal(), "", False),
        (Terminal(), "xterm", True),
        (io.StringIO(), "xterm", False),
        (io.TextIOWrapper(io.BytesIO(), encoding="latin-1"), "xterm", False),
    ],
)
def test_lines_where_a_tree_cannot_be_drawn(
    stream: io.StringIO,
    term: str,
    *,
    plain: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(live(stream, View(plain=plain)).console, PlainConsole)
