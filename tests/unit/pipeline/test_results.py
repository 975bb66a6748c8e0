from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from shiplane.pipeline.results import Results
from shiplane.planning.decide import Passed
from shiplane.planning.keys import Item, key_of
from shiplane.runners.locks import marked

if TYPE_CHECKING:
    from pathlib import Path

A: tuple[Item, ...] = (("file", "a.py", "1"),)
B: tuple[Item, ...] = (("file", "a.py", "2"),)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results", 1_000_000)


def keep(results: Results, items: tuple[Item, ...], run: str, checkout: Path, *outputs: str) -> str:
    key = key_of(items)
    images = {"a:1": "sha256:1"}
    results.keep("test.a", key, run=run, items=items, images=images, checkout=checkout, outputs=outputs)
    return key


def test_a_result_comes_back_as_it_was(results: Results, tmp_path: Path) -> None:
    report = tmp_path / "reports" / "a" / "junit.xml"
    report.parent.mkdir(parents=True)
    report.write_text("<ok/>")
    key = keep(results, A, "7", tmp_path, "reports/a", "reports/none")
    assert (results.run_of("test.a", key), results.images_of("test.a", key)) == ("7", {"a:1": "sha256:1"})
    report.write_text("<edited/>")
    (report.parent / "left").touch()
    results.restore("test.a", key, tmp_path)
    assert [(file.name, file.read_text()) for file in report.parent.iterdir()] == [("junit.xml", "<ok/>")]


def test_the_runs_that_it_comes_from(results: Results, tmp_path: Path) -> None:
    assert results.runs() == set()
    damaged = keep(results, A, "7", tmp_path)
    keep(results, B, "9-2", tmp_path)
    assert results.runs() == {"7", "9-2"}
    (results.root / "test.a" / damaged / "result.json").write_text("{")
    assert results.runs() == {"9-2"}


def test_what_never_passed_is_not_there(results: Results) -> None:
    assert results.run_of("test.a", key_of(A)) is None
    assert results.run_of("test.a", "") is None
    assert results.images_of("test.a", key_of(A)) == {}
    assert results.latest("test.a") is None


def test_the_latest_is_the_one_kept_last(results: Results, tmp_path: Path) -> None:
    keep(results, A, "7", tmp_path)
    keep(results, B, "8", tmp_path)
    assert results.latest("test.a") == Passed("8", B)
    keep(results, A, "9", tmp_path)
    assert results.latest("test.a") == Passed("9", A)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": 1}', "7"])
def test_a_damaged_result_counts_as_none(results: Results, tmp_path: Path, text: str) -> None:
    key = keep(results, A, "7", tmp_path)
    (tmp_path / "results" / "test.a" / key / "result.json").write_text(text)
    assert results.run_of("test.a", key) is None
    assert results.latest("test.a") is None


def test_damaged_outputs_are_told(results: Results, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_bytes(os.urandom(10_000))
    key = keep(results, A, "7", tmp_path, "out")
    file = tmp_path / "results" / "test.a" / key / "outputs.tar.gz"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(OSError, match="outputs"):
        results.restore("test.a", key, tmp_path)
    file.write_bytes(b"no archive")
    with pytest.raises(OSError, match="outputs"):
        results.restore("test.a", key, tmp_path)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    results = Results(tmp_path / "results", 25_000)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_bytes(os.urandom(10_000))
    keys = []
    for age, value in ((300, "1"), (200, "2")):
        key = keep(results, (("file", "a.py", value),), value, tmp_path, "out")
        os.utime(tmp_path / "results" / "test.a" / key, (1_000_000 - age, 1_000_000 - age))
        keys.append(key)
    results.restore("test.a", keys[0], tmp_path)
    keys.append(keep(results, (("file", "a.py", "3"),), "3", tmp_path, "out"))
    assert [results.run_of("test.a", key) for key in keys] == ["1", None, "3"]


def test_what_a_killed_process_left_goes_and_what_is_being_made_stays(results: Results, tmp_path: Path) -> None:
    first = keep(results, A, "7", tmp_path)
    killed, at_work = (tmp_path / "results" / f".new-{name}" for name in ("killed", "at-work"))
    for folder in (killed, at_work):
        folder.mkdir()
        (folder / "outputs.tar.gz").write_bytes(bytes(10_000))
    (tmp_path / "results" / "test.a" / first / "result.json").unlink()
    with marked(at_work):
        second = keep(results, B, "8", tmp_path)
    left = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert left == [".lock", ".new-at-work", "test.a"]
    assert [path.name for path in (tmp_path / "results" / "test.a").iterdir() if path.is_dir()] == [second]


def test_a_result_larger_than_the_room_is_kept_until_the_next(tmp_path: Path) -> None:
    results = Results(tmp_path / "results", 10)
    first, second = keep(results, A, "7", tmp_path), keep(results, B, "8", tmp_path)
    assert [results.run_of("test.a", key) for key in (first, second)] == [None, "8"]


def test_results_may_be_kept_side_by_side(tmp_path: Path) -> None:
    results = Results(tmp_path / "results", 2_000)
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda n: keep(results, (("file", "a.py", str(n % 5)),), str(n), tmp_path), range(200)))
    latest = results.latest("test.a")
    assert latest is not None
    assert results.run_of("test.a", key_of(latest.items)) == latest.run
    assert set(keys[-5:]) >= {path.name for path in (tmp_path / "results" / "test.a").iterdir() if path.is_dir()}
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [".lock", "test.a"]


def test_nothing_half_made_is_left_where_keeping_fails(results: Results, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "test.a").write_text("in the way")
    with pytest.raises(OSError, match=r"test\.a"):
        keep(results, A, "7", tmp_path)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [".lock", "test.a"]
