"""Orders to GitHub's runner: ours arrive whole, those of others not at all. The runner is played as it reads lines."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiplane.report.console import live
from shiplane.report.github import Orders, order, quoted
from shiplane.report.github_console import GithubConsole
from shiplane.report.view import View
from workflows import obeyed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Records = Any
HOSTILE = ["::add-mask::x", "  ::set-env name=A::b", "##[group]x", "done\r::error::no", "a ##[add-path]/tmp", "::abc::"]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (order("endgroup"), "::endgroup::"),
        (order("group", "100 %\r\nof a,b: c"), "::group::100 %25%0D%0Aof a,b: c"),
        (
            order("error", "no", {"file": "a,b:c%.py", "line": 7, "title": "x\ny"}),
            "::error file=a%2Cb%3Ac%25.py,line=7,title=x%0Ay::no",
        ),
        (order("error", "no", {"file": "", "line": 0, "title": "x"}), "::error title=x::no"),
    ],
)
def test_orders_are_escaped(written: str, line: str) -> None:
    assert written == line


@given(st.text(), st.text(min_size=1))
def test_any_text_arrives_in_one_line(text: str, title: str) -> None:
    written = order("error", text, {"title": title})
    assert "\n" not in written
    assert "\r" not in written
    head, _, data = written.removeprefix("::error title=").partition("::")
    assert (unquote(head, errors="surrogatepass"), unquote(data, errors="surrogatepass")) == (title, text)


@given(st.lists(st.sampled_from(HOSTILE)))
def test_nothing_quoted_is_an_order(lines: list[str]) -> None:
    assert obeyed(f"{quoted(chr(10).join(lines))}\n::notice::after") == ["::notice::after"]


def test_a_token_that_was_shown_opens_nothing() -> None:
    written: list[str] = []
    orders = Orders(written.append)
    orders.off()
    shown = written[0].removeprefix("::stop-commands::")
    orders.give("::group::ours")
    written += [f"::{shown}::", "::add-mask::theirs"]
    orders.on()
    written.append("::notice::after")
    assert obeyed("\n".join(written)) == ["::group::ours", "::notice::after"]


class Workflow:
    """Show a run in a workflow."""

    def __init__(self, folder: Path, **view: bool) -> None:
        self.stream = io.StringIO()
        self.folder = folder
        found = live(self.stream, View(github=True, **view), log_file=lambda step: folder / f"{step}.log").console
        assert isinstance(found, GithubConsole)
        self.console = found

    def show(self, records: list[dict[str, Any]]) -> list[str]:
        self.console.start()
        for record in records:
            self.console.on_record(record)
        self.console.stop()
        return self.stream.getvalue().splitlines()


@pytest.fixture
def workflow(tmp_path: Path) -> Workflow:
    return Workflow(tmp_path)


def test_each_step_has_a_group_with_its_output(workflow: Workflow, records: Callable[..., Records]) -> None:
    (workflow.folder / "build.images.log").write_text("one\ntwo\n")
    lines = [line for line in workflow.show(records()) if "stop-commands" not in line and len(line) != 36]
    at = lines.index("::group::build.images: passed after 12.0 s")
    assert lines[at - 1].endswith("build       build.images passed in 12.0 s")
    assert lines[at + 1 : at + 4] == ["one", "two", "::endgroup::"]
    assert obeyed(workflow.stream.getvalue()) == ["::group::build.images: passed after 12.0 s", "::endgroup::"]


def test_failed_tests_stand_at_their_lines(workflow: Workflow, records: Callable[..., Records]) -> None:
    failures = [
        {"suite": "a", "name": "test_it", "file": "backend/a.py", "line": 7, "message": "1 == 2", "kind": "failed"},
        {"suite": "a", "name": "test_no", "file": "", "line": 0, "message": "", "kind": "failed"},
        {"suite": "a", "name": "shaky", "file": "backend/b.py", "line": 8, "message": "late", "kind": "flaky"},
    ]
    tests = {"kind": "tests", "at": "", "stage": "test", "step": "test.backend", "failures": failures}
    begun = records("test.backend")
    at = next(number for number, r in enumerate(begun) if r["kind"] == "step_ended" and r["step"] == "test.backend")
    workflow.show([*begun[:at], tests, *begun[at:]])
    assert obeyed(workflow.stream.getvalue()) == [
        "::error file=backend/a.py,line=7,title=test_it::1 == 2",
        "::error title=test_no::failed",
        "::warning file=backend/b.py,line=8,title=shaky::flaky: it failed first, and passed when tried again%0Alate",
    ]


@pytest.mark.parametrize("step", ["test.lint", "test.lint-frontend", "test.lint-backend"])
def test_what_linters_found_stands_at_its_lines(workflow: Workflow, records: Callable[..., Records], step: str) -> None:
    found = [f"  src/a.py:{line}: error: ::warning::x" for line in range(1, 13)]
    (workflow.folder / f"{step}.log").write_text("\n".join(["mypy failed: .venv/bin/mypy", *found]))
    told = [{**r, "step": step} if r.get("step") == "test.backend" else r for r in records("test.backend")]
    workflow.show(told)
    assert [line for line in obeyed(workflow.stream.getvalue()) if line.startswith("::error")] == [
        f"::error file=src/a.py,line={line},title={step}::mypy: error: ::warning::x" for line in range(1, 11)
    ]


def test_a_step_that_failed_without_tests_is_marked(workflow: Workflow, records: Callable[..., Records]) -> None:
    workflow.show(records("staging.rollout"))
    assert obeyed(workflow.stream.getvalue()) == ["::error title=recreate::2 of 14 tests failed"]


def test_what_steps_print_gives_no_orders(workflow: Workflow, records: Callable[..., Records]) -> None:
    (workflow.folder / "e2e.playwright.log").write_text("\n".join(HOSTILE), newline="")
    hostile = {"cause": "::add-mask::x\n::error::y", "fix": "##[error]x", "details": HOSTILE}
    told = [{**r, **hostile} if r.get("status") == "failed" and "step" in r else r for r in records("e2e.playwright")]
    note = {"kind": "note", "at": "", "text": "::warning::x ##[warning]y"}
    workflow.show([*told[:-1], note, told[-1]])
    assert obeyed(workflow.stream.getvalue()) == [
        "::group::e2e.playwright: failed after 9.0 s",
        "::endgroup::",
        "::error title=Playwright against staging::::add-mask::x ::error::y",
    ]


def test_a_long_log_is_shortened(workflow: Workflow, records: Callable[..., Records]) -> None:
    with (workflow.folder / "build.images.log").open("w") as log:
        log.writelines(f"{number:09}\n" for number in range(1_000_000))
    lines = workflow.show(records())
    assert "… 7.8 MB left out …" in lines
    assert lines[lines.index("… 7.8 MB left out …") - 1] == "000019999"
    assert "000999999" in lines


@pytest.mark.parametrize(("view", "groups"), [({"quiet": True}, 1), ({"verbose": True}, 0), ({"plain": True}, 2)])
def test_how_much_is_shown(tmp_path: Path, records: Callable[..., Records], view: dict[str, bool], groups: int) -> None:
    for name in ("build.images", "e2e.playwright"):
        (tmp_path / f"{name}.log").write_text("a line")
    workflow = Workflow(tmp_path, **view)
    workflow.show(records("e2e.playwright"))
    assert sum(each.startswith("::group::") for each in obeyed(workflow.stream.getvalue())) == groups
