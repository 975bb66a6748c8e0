"""The page as a browser reads it: its elements are counted and its texts compared, whatever the journal holds."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import journals
from journals import HOSTILE, passed
from shiplane.report.page import PAGE, write_page
from shiplane.report.page.markup import Markup, joined, link, tag, text
from shiplane.report.runs import load
from shiplane.report.text import clean

if TYPE_CHECKING:
    from pathlib import Path

    from journals import Story

VOID = ("meta", "link", "br")


class Page(HTMLParser):
    """Read a page: elements, attributes, and texts; an element that is closed wrongly fails the test."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements[name] += 1
        self.attributes += [(name, key, value or "") for key, value in attributes]
        if name not in VOID:
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self, key: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == key]


def written(story: Story, folder: Path, torn: int = 0) -> Page:
    file = write_page(load(story.write(folder, torn)))
    assert [each.name for each in file.parent.iterdir() if each.suffix == ".part"] == []
    return Page(file.read_text(encoding="utf-8"))


STORIES: dict[str, Any] = {
    "passed": journals.passed,
    "undone": journals.undone,
    "failing": journals.failing,
    "reused": journals.reused,
    "hostile": journals.hostile,
}


@pytest.mark.parametrize("name", STORIES)
def test_the_page_needs_nothing_else_and_runs_nothing(name: str, tmp_path: Path) -> None:
    page = written(STORIES[name](), tmp_path)
    assert page.elements["script"] == page.elements["img"] == page.elements["iframe"] == page.elements["link"] == 0
    assert [key for _, key, _ in page.attributes if key.startswith("on")] == []
    assert page.values("src") == []
    schemes = Counter(urlsplit(value).scheme for value in page.values("href"))
    assert set(schemes) <= {"", "https"}
    assert all(value.startswith(("#", "logs/", "https://")) for value in page.values("href"))
    assert "url(" not in page.html
    assert "@import" not in page.html
    [policy] = [value for value in page.values("content") if value.startswith("default-src")]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_links_within_the_page_lead_somewhere(tmp_path: Path) -> None:
    page = written(journals.undone(), tmp_path)
    wanted = {value[1:] for value in page.values("href") if value.startswith("#")}
    assert wanted <= set(page.values("id"))
    assert {value for value in page.values("href") if value.startswith("logs/")} == {
        f"logs/{name}.log" for name in journals.undone().steps
    }


def test_a_run_that_passed(tmp_path: Path) -> None:
    page = written(passed(), tmp_path)
    for told in (
        "Run 41 Show the digest that each environment runs",
        "Event push Branch main Commit 664a230c1f2e Release 664a230c1f2e Target lab Author Mara Lindqvist",
        "10 steps in a row took 3 min 30 s of 3 min 31 s",
        "Staging deployed 0123456789ab → 664a230c1f2e Commit 664a230c1f2e Action deploy By ada@laptop Took 24.2 s",
        "backend sha256:ab12ab12ab12 127.0.0.1:5001/lab/app-backend:1.4.2-664a230c1f2e",
        "backend tests 184 0 0 2 94.1 % 85.0 %",
        "the board shows the run that is under way flaky in e2e.tests testing/tests/e2e/board.spec.ts:31",
        "build.images development images run: backend/board/models.py changed since run 40 passed ~35 s 34.1 s",
        "the board at https://staging.test was told what it missed",
    ):
        assert told in page.text
    assert page.values("class").count("bar") == 15
    assert page.values("class").count("card failure") == 0


def test_a_deploy_that_was_undone(tmp_path: Path) -> None:
    page = written(journals.undone(), tmp_path)
    why = "the new release did not get healthy within 120 s: backend answered 503 to its probe"
    assert f"production.promote failed {why} Fix: see its logs" in page.text
    assert "Production undone 0123456789ab ↛ 664a230c1f2e" in page.text
    story = journals.undone()
    story.deployed(316.0, "production", "failed")
    broken = written(story, tmp_path / "broken")
    assert "Production failed 0123456789ab ↛ 664a230c1f2e" in broken.text
    assert 'data-status="cancelled"' not in broken.html.partition("Environments</h2>")[2].partition("</section>")[0]
    assert "Exit code 6" in page.text
    assert page.text.count("27 probe: HTTP 503 database") == 2  # in the card and in the log
    assert "~25 s 2 min 13 s" in page.text


def test_tests_that_failed_at_each_try(tmp_path: Path) -> None:
    page = written(journals.failing(), tmp_path)
    assert "failed at try 2: backend tests failed with exit code 1" in page.text
    told = "try 1 of 2 failed: backend tests failed with exit code 1 · tried again because the database may be slow"
    assert told in page.text
    assert "test_report_0[x] (backend/tests/test_reports.py:40): assert 3 == 4" in page.text
    assert "test_slow flaky in test.backend" in page.text


def test_what_did_not_have_to_run_says_why_and_shows_its_tests(tmp_path: Path) -> None:
    passed().write(tmp_path)
    page = written(journals.reused(), tmp_path)
    assert "Did not have to run 8 of 15 steps" in page.text
    reuse = "reuse run 41: nothing that it depends on changed since run 41 reused from run 41"
    assert f"test.backend backend tests {reuse}" in page.text
    assert "leave out: nothing that needs it runs not needed" in page.text
    assert "ask: decided by the registry passed" in page.text
    assert "Staging deployed 664a230c1f2e served already Commit" in page.text
    assert "By" not in page.text.partition("served already")[2].partition("https://staging.test")[0]
    assert "backend tests from run 41 184 0 0 2 94.1 % 85.0 %" in page.text


def test_a_run_that_was_killed(tmp_path: Path) -> None:
    page = written(passed(), tmp_path, torn=18)
    assert "unfinished Run 41" in page.text
    assert "The journal has no end: the run still goes on, or its process was killed." in page.text
    assert [page.values("data-status").count(each) for each in ("failed", "cancelled")] == [0, 0]


def test_a_run_of_nothing(tmp_path: Path) -> None:
    story = passed()
    story.steps, story.extra = {}, []
    page = written(story, tmp_path)
    assert "a push to main" in page.text
    assert "Timeline" not in page.text


def test_a_step_that_took_longer_than_it_used_to(tmp_path: Path) -> None:
    story = passed()
    story.steps["test.backend"]["estimate_seconds"] = 30.0
    story.steps["test.lint"]["estimate_seconds"] = 60.0
    page = written(story, tmp_path)
    assert "58.4 s +28 s" in page.text
    assert "31.0 s -29 s" in page.text


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    calm, page = written(journals.failing(), tmp_path / "calm"), written(journals.hostile(), tmp_path)
    shown = clean(HOSTILE)
    assert shown == "<script>alert(1)</script>\"'&]]>"
    assert page.text.count(shown) > 15
    assert set(page.elements) <= {*calm.elements, "article", "p"}
    assert "\u202e" not in page.html
    assert "\x1b" not in page.html
    assert "javascript:alert(1)" in page.text
    assert f"{shown}\n</pre></details>{shown}" in "".join(page.texts)


def test_a_thousand_steps(tmp_path: Path) -> None:
    page = written(journals.large(), tmp_path)
    assert page.text.count("more steps") == 6
    assert page.elements["details"] == 1006
    assert len(page.html) < 2_000_000


def test_a_hundred_megabytes_of_logs_need_no_memory(tmp_path: Path) -> None:
    story = passed()
    folder = story.write(tmp_path)
    for name in story.steps:
        with (folder / "logs" / f"{name}.log").open("r+b") as log:
            log.seek(7_000_000)
            log.write(b"\nthe last line\n")
    past = load(folder)
    tracemalloc.start()
    file = write_page(past)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
    assert file.stat().st_size < 2_000_000
    page = Page(file.read_text(encoding="utf-8"))
    assert page.text.count("the last line") == 15
    assert page.text.count("7.0 MB left out") == 15


def test_the_page_is_replaced_whole(tmp_path: Path) -> None:
    folder = passed().write(tmp_path)
    (folder / PAGE).write_text("the one before")
    assert write_page(load(folder)).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_status_has_a_shape(tmp_path: Path) -> None:
    page = written(passed(), tmp_path)
    shapes = {f"is-{name}" for name in (*("passed", "failed", "running", "pending", "skipped", "cancelled"), "flaky")}
    assert shapes | {"is-reused"} <= set(page.values("id"))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//elsewhere", "", "ftp://x"])
def test_only_addresses_of_the_web_are_links(address: str) -> None:
    assert link("there", address) == "<span>there</span>"


def test_markup_is_made_here_alone() -> None:
    assert tag("b", "<i>", title='"&') == '<b title="&quot;&amp;">&lt;i&gt;</b>'
    assert tag("b", Markup("<i></i>"), None, hidden=True, lang=None, data_n=1) == '<b hidden data-n="1"><i></i></b>'
    assert joined(("a", None, "<")) == "a&lt;"
    assert text("one\rtwo\n\x1b[31mred\x1b[0m") == "two\nred"
