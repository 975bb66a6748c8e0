from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import journals
from shiplane.report.history import History, history
from shiplane.report.history_text import render_history, sparkline
from shiplane.report.runs import Past, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pasts(folder: Path) -> Iterator[Past]:
    yield from (load(each) for each in sorted(folder.iterdir(), key=lambda each: -int(each.name)))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    journals.history(tmp_path, dict(enumerate((40, 80, 60, 60, 90), start=30)))
    journals.passed().write(tmp_path)
    journals.undone().write(tmp_path)
    journals.failing().write(tmp_path)
    journals.reused().write(tmp_path)
    journals.passed(45).write(tmp_path, torn=18)
    return tmp_path


def test_runs_beside_what_is_usual(runs: Path) -> None:
    found = history(pasts(runs), 20, 20)
    told = [
        (each.run, each.status, round(each.seconds), each.usual_seconds and round(each.usual_seconds), each.unrun)
        for each in found.entries
    ]
    assert told == [
        ("45", "unfinished", 58, 107, 0),
        ("44", "passed", 4, 211, 8),
        ("43", "failed", 95, 211, 0),
        ("42", "failed", 316, 211, 0),
        ("41", "passed", 211, None, 0),
        ("34", "passed", 90, 60, 0),
        ("33", "passed", 60, 60, 0),
        ("32", "passed", 60, 60, 0),
        ("31", "passed", 80, 40, 0),
        ("30", "passed", 40, None, 0),
    ]
    assert [(trend.kind, len(trend.seconds)) for trend in found.trends] == [
        (("build", "test", "publish", "staging", "e2e", "production"), 2),
        (("build", "test"), 5),
    ]
    assert [(each.name, each.flaky, each.runs, each.last) for each in found.flaky] == [
        ("the board shows the run that is under way", 2, 4, "42"),
        ("test_slow", 1, 4, "43"),
    ]


def test_a_branch_alone(runs: Path) -> None:
    journals.hostile().write(runs)
    assert [each.run for each in history(pasts(runs), 2, 20, "main").entries] == ["45", "44"]
    assert history(pasts(runs), 2, 20, "other") == History((), (), ())


def test_no_more_is_read_than_is_needed(tmp_path: Path) -> None:
    folder = journals.passed().write(tmp_path)
    read: list[int] = []

    def many() -> Iterator[Past]:
        for number in range(10_000):
            read.append(number)
            yield load(folder)

    assert len(history(many(), 5, 20).entries) == 5
    assert len(read) == 105


TEXT = """\
run  started           branch  commit        result              took  vs usual  not run again
 45  2026-11-25 22:00  main    664a230c1f2e  ▸ unfinished      58.0 s
 44  2026-11-25 21:00  main    664a230c1f2e  ✓ passed           3.7 s     -98 %        8 of 15
 43  2026-11-25 20:00  main    664a230c1f2e  ✗ failed      1 min 35 s
 42  2026-11-25 19:00  main    664a230c1f2e  ✗ failed      5 min 16 s
 41  2026-11-25 18:00  main    664a230c1f2e  ✓ passed      3 min 31 s
 34  2026-11-25 11:00  main    664a230c1f2e  ✓ passed      1 min 30 s     +50 %
 33  2026-11-25 10:00  main    664a230c1f2e  ✓ passed      1 min 00 s  as usual

build to production: █▁  1 min 47 s in the median of the last 2 that passed
build to test: ▁▇▄▄█  1 min 00 s in the median of the last 5 that passed

flaky tests in the last 4 runs that ran tests
  2 x  the board shows the run that is under way  testing/tests/e2e/board.spec.ts:31  last in run 42
  1 x  test_slow                                  backend/tests/test_reports.py:42    last in run 43"""


def test_the_text(runs: Path) -> None:
    assert render_history(history(pasts(runs), 7, 20)) == TEXT


def test_hostile_texts_take_one_line(tmp_path: Path) -> None:
    journals.hostile().write(tmp_path)
    lines = render_history(history(pasts(tmp_path), 5, 20)).splitlines()
    assert lines[1].startswith(" 46  2026-11-25 23:00  <script>alert(1)</scrip…  664a230c1f2e  ✗ failed")
    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)


def test_nothing_has_run() -> None:
    assert render_history(history([], 5, 20)) == "nothing has run here yet"


@pytest.mark.parametrize(
    ("values", "drawn"), [([1.0], "▁"), ([2.0, 2.0], "▁▁"), ([0.0, 7.0, 3.5], "▁█▅"), ([3, 1, 2], "█▁▅")]
)
def test_sparklines(values: list[float], drawn: str) -> None:
    assert sparkline(values) == drawn


def test_as_json(runs: Path) -> None:
    found = history(pasts(runs), 1, 20).to_json()
    assert set(found) == {"runs", "trends", "flaky"}
    assert found["runs"][0]["stages"] == ("build", "test", "publish", "staging", "e2e", "production")
    assert found["flaky"][0]["file"] == "testing/tests/e2e/board.spec.ts"
