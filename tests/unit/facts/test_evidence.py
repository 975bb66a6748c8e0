from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.facts.evidence import Evidence, survey

if TYPE_CHECKING:
    from pathlib import Path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def test_nothing_is_there(tmp_path: Path) -> None:
    assert survey(tmp_path, "r/e2e") == Evidence()


def test_tests_of_components_leave_a_page_of_their_coverage(tmp_path: Path) -> None:
    touch(tmp_path, "r/backend/html/index.html", "r/frontend/coverage/index.html")
    assert survey(tmp_path, "r/backend") == Evidence(coverage="r/backend/html/index.html")
    assert survey(tmp_path, "r/frontend") == Evidence(coverage="r/frontend/coverage/index.html")


def test_browser_tests_leave_traces_and_screenshots(tmp_path: Path) -> None:
    left = (
        "r/e2e/test-results/b/trace.zip",
        "r/e2e/test-results/a/trace.zip",
        "r/e2e/test-results/a/test-failed-1.png",
    )
    touch(tmp_path, *left, "r/e2e/html/index.html", "r/e2e/html/data/x.png")
    assert survey(tmp_path, "r/e2e") == Evidence(page="r/e2e/html", traces=(left[1], left[0]), pictures=left[2:])
