from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from samples import make_release
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_runs_are_numbered_one_after_the_other(store: Store) -> None:
    assert store.last_run() == 0
    assert [store.new_run({})[0] for _ in range(3)] == [1, 2, 3]
    assert [folder.name for folder in store.run_folders()] == ["3", "2", "1"]
    assert store.last_run() == 3


def test_numbers_sort_as_numbers(store: Store) -> None:
    for number in (2, 10, 9):
        (store.root / "runs" / str(number)).mkdir(parents=True)
    (store.root / "runs" / "notes").mkdir()
    assert [folder.name for folder in store.run_folders()] == ["10", "9", "2"]
    assert store.new_run({})[0] == 11


def test_two_runs_at_once_get_two_numbers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "last_run", lambda: 0)
    assert [store.new_run({})[0] for _ in range(3)] == [1, 2, 3]


def written(store: Store, name: str, days: float) -> None:
    folder = store.root / "runs" / name
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").touch()
    then = time.time() - days * 86_400
    for path in (folder / "journal.jsonl", folder):
        os.utime(path, (then, then))


def test_old_runs_go_but_those_whose_results_count(store: Store) -> None:
    for name in ("1", "2", "2-2", "3", "10"):
        written(store, name, days=2)
    store.drop_runs(2, lambda: {"2"})
    assert [folder.name for folder in store.run_folders()] == ["10", "3", "2"]
    assert store.new_run({})[0] == 11


def test_a_run_of_the_last_day_stays_whatever_its_number(store: Store) -> None:
    written(store, "1", days=0.9)
    written(store, "2", days=1.1)
    written(store, "300", days=2)
    os.utime(store.root / "runs" / "1", (0, 0))  # the folder does not tell what is written into its files
    store.drop_runs(1, set)
    assert [folder.name for folder in store.run_folders()] == ["300", "1"]


def test_few_runs_ask_for_no_results(store: Store) -> None:
    written(store, "1", days=9)
    store.drop_runs(1, lambda: pytest.fail("there is none to remove"))
    assert store.last_run() == 1


def test_github_numbers_its_own_runs(store: Store) -> None:
    environ = {"GITHUB_RUN_NUMBER": "41"}
    made = [store.new_run(environ) for _ in range(3)]
    assert [(number, folder.name, folder.is_dir()) for number, folder in made] == [
        (41, "41", True),
        (41, "41-2", True),
        (41, "41-3", True),
    ]
    assert store.new_run({"GITHUB_RUN_NUMBER": "x"})[0] == 42
    assert [folder.name for folder in store.run_folders()] == ["42", "41-3", "41-2", "41"]


def test_releases_are_kept_by_target(store: Store) -> None:
    release = make_release()
    store.save_release("lab", release)
    assert store.release("lab", release.id) == release
    assert store.release("remote", release.id) is None
    store.save_release("lab", make_release())
    assert store.release("lab", release.id) == make_release()
    assert [file.name for file in (store.root / "releases" / "lab").iterdir()] == [f"{release.id}.json"]


@pytest.mark.parametrize("text", ["", "{", "{}", '{"id": "x"}', "[1]", '{"images": [1]}'])
def test_a_torn_release_counts_as_none(store: Store, text: str) -> None:
    store.save_release("lab", make_release("r1"))
    (store.root / "releases" / "lab" / "r1.json").write_text(text)
    assert store.release("lab", "r1") is None


@pytest.mark.parametrize("name", ["../r1", "/etc/passwd", "..", "a/../r1", ""])
def test_a_release_is_found_by_its_name_alone(store: Store, name: str) -> None:
    (store.root / "releases").mkdir(parents=True)
    (store.root / "releases" / "r1.json").write_text("{}")
    assert store.release("lab", name) is None


def test_files_of_a_release_come_back_byte_for_byte(store: Store) -> None:
    assert store.release_files("lab", "r1") == {}
    files = {"docker-compose.yml": b"a\r\n", "proxy/nginx/x.conf": b"\xff\x00", ".env.docker": b""}
    store.save_release_files("lab", "r1", files)
    assert store.release_files("lab", "r1") == files
    store.save_release_files("lab", "r1", {"docker-compose.yml": b"b"})
    assert store.release_files("lab", "r1") == {"docker-compose.yml": b"b"}
    assert store.release_files("remote", "r1") == {}


def test_stand_ins_are_remembered(store: Store) -> None:
    assert store.stand_ins() == {}
    store.save_stand_ins({"redis:8": "redis 8.0.2", "postgres:17": "postgresql 17.5"})
    assert store.stand_ins() == {"redis:8": "redis 8.0.2", "postgres:17": "postgresql 17.5"}
    (store.root / "stand-ins.json").write_text("{")
    assert store.stand_ins() == {}


def test_reports_have_folders(store: Store) -> None:
    assert store.reports("e2e") == store.reports("e2e") == store.root / "reports" / "e2e"
    assert store.reports("e2e").is_dir()
