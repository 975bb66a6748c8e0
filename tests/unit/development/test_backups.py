from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from shiplane.development import backups
from shiplane.errors import BackupUnknown, NotRunning, StepFailed, UnknownName, UsageError
from stacks import MODEL, make_stack

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "20260101T000000Z-dev", "20260102T000000Z-dev"


def keep(checkout: Path, name: str, part: str = "database", **more: object) -> Path:
    """Write what a backup leaves."""
    file = checkout / backups.file_of(name, part)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"12345")
    at = f"{name[:4]}-{name[4:6]}-{name[6:8]}T00:00:00Z"
    about = {"name": name, "part": part, "made_at": at, "size": 5, "sha256": "0"} | more
    file.with_suffix(".json").write_text(json.dumps(about))
    return file


def test_what_is_kept_newest_first(tmp_path: Path) -> None:
    assert backups.kept(tmp_path) == ()
    keep(tmp_path, ONE)
    keep(tmp_path, ONE, "media", made_at="2026-01-01T00:00:02Z")
    keep(tmp_path, TWO, "static")
    keep(tmp_path, "20260103T000000Z-dev").unlink()
    about = {"made_at": "2027-01-01T00:00:00Z", "size": 5}
    for number, spoilt in enumerate((
        *("spoilt", "[]", "{}", "\0", json.dumps({"name": [], **about}), json.dumps({"name": ONE, **about})),
        json.dumps({"name": f"../backups/{ONE}", **about}),
        json.dumps({"name": ONE, "part": {}, **about}),
    )):  # fmt: skip
        keep(tmp_path, f"20260104T00000{number}Z-dev").with_suffix(".json").write_text(spoilt)
    assert [one.to_json() for one in backups.kept(tmp_path)] == [
        {"name": TWO, "made_at": "2026-01-02T00:00:00Z", "sizes": {"static": 5}},
        {"name": ONE, "made_at": "2026-01-01T00:00:00Z", "sizes": {"database": 5, "media": 5}},
    ]


@pytest.mark.parametrize(
    "wanted",
    [ONE, f"{ONE}.dump", f"/x/{ONE}.media.tar", f".shiplane/dev/backups/{ONE}.static.json", f"{ONE}.json"],
)
def test_a_backup_by_its_name_or_one_of_its_files(tmp_path: Path, wanted: str) -> None:
    keep(tmp_path, ONE)
    keep(tmp_path, TWO)
    assert backups.choose(backups.kept(tmp_path), wanted).name == ONE


def test_the_newest_and_those_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackupUnknown, match="there is none yet"):
        backups.choose((), "last")
    keep(tmp_path, ONE)
    keep(tmp_path, TWO)
    assert backups.choose(backups.kept(tmp_path), "last").name == TWO
    automatic = tuple(
        backups.Kept(f"20270101T000000Z-before-restore{again}", "2027-01-01T00:00:00Z") for again in ("-2", "")
    )
    assert backups.choose((*automatic, *backups.kept(tmp_path)), "last").name == TWO
    assert backups.choose(automatic, automatic[1].name) == automatic[1]
    with pytest.raises(BackupUnknown, match="every one there is was made by a restore"):
        backups.choose(automatic, "last")
    with pytest.raises(BackupUnknown, match="none of this name"):
        backups.choose(backups.kept(tmp_path), "2026")


def test_two_in_one_second_have_two_names() -> None:
    first = backups.new_name(1_767_225_600.9, ())
    assert first == ONE
    found = [backups.Kept(name, "", {}) for name in (first, f"{first}-2")]
    assert backups.new_name(1_767_225_600.1, found) == f"{first}-3"


def test_parts(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    assert backups.parts(stack, ()) == ("database", "media", "static")
    assert backups.parts(stack, ("static", "database")) == ("database", "static")
    with pytest.raises(UnknownName, match="unknown part 'medai'"):
        backups.parts(stack, ("medai",))


def test_a_part_that_the_project_does_not_have(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    stack.config = type(stack.config)(components=stack.config.components)
    assert backups.parts(stack, ()) == ("database",)
    with pytest.raises(UsageError, match="this project has no media"):
        backups.parts(stack, ("media",))


def test_a_folder_in_no_volume_cannot_be_kept(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    one = {**MODEL["services"]["backend"], "volumes": [{"type": "bind", "source": "/x", "target": "/srv/med"}]}
    stack.__dict__["model"] = {**MODEL, "services": {**MODEL["services"], "backend": one}}
    with pytest.raises(UsageError, match="/srv/media is in no volume of backend"):
        backups.parts(stack, ("media",))
    one["volumes"] = [{"type": "volume", "source": "x", "target": "/srv"}]
    assert backups.parts(stack, ("media",)) == ("media",)


@pytest.mark.parametrize(("part", "key"), [("media", "release_service"), ("database", "backup.service")])
def test_a_service_that_the_configuration_names_has_to_be_there(tmp_path: Path, part: str, key: str) -> None:
    stack, _ = make_stack(tmp_path)
    stack.__dict__["model"] = {**MODEL, "services": {"web": {}}}
    with pytest.raises(UsageError, match=f"tool.shiplane.{key} names (backend|db), which is no service of") as caught:
        backups.parts(stack, (part,))
    assert caught.value.fix == f"name one of web: invoke config.set {key} …"
    with pytest.raises(UsageError, match=r"tool\.shiplane\.release_service names backend"):
        stack.writers()


def test_of_a_backup_that_fails_nothing_is_left(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, first=[("bash -s files backup", "tar: no space left", 1)])
    keep(tmp_path, ONE)
    with pytest.raises(StepFailed, match="no backup was made, for media could not be read"):
        backups.make(stack, ("database", "media", "static"), ONE)
    assert backups.kept(tmp_path) == ()
    assert list((tmp_path / ".shiplane/dev/backups").iterdir()) == []
    assert not [line for line in runner.transcript if " static " in line]


def test_the_database_is_kept_where_it_runs_alone(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, "")
    with pytest.raises(NotRunning, match="db does not run"):
        backups.make(stack, ("database",), ONE)
    assert not [line for line in runner.transcript if "bash" in line]


@pytest.mark.parametrize(
    ("name", "asked", "part"),
    [("shop.dump", (), "database"), ("shop.media.tar", (), "media"), ("shop.tar", ("static",), "static")],
)
def test_a_file_from_elsewhere_becomes_a_backup(tmp_path: Path, name: str, asked: tuple[str, ...], part: str) -> None:
    file = tmp_path / "downloads" / name
    file.parent.mkdir()
    file.write_bytes(b"data")
    assert backups.is_foreign(tmp_path, file)
    assert backups.adopt(tmp_path, file, asked) == "shop"
    own = tmp_path / backups.file_of("shop", part)
    assert own.read_bytes() == b"data"
    assert json.loads(own.with_suffix(".json").read_text())["sha256"] == hashlib.sha256(b"data").hexdigest()
    assert not backups.is_foreign(tmp_path, own)
    assert backups.choose(backups.kept(tmp_path), "shop").sizes == {part: 4}
    assert backups.adopt(tmp_path, file, asked) == "shop"
    assert {one.name for one in own.parent.iterdir()} == {own.name, own.with_suffix(".json").name}
    file.write_bytes(b"other")
    with pytest.raises(BackupUnknown, match="another one is kept as"):
        backups.adopt(tmp_path, file, asked)
    assert own.read_bytes() == b"data"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("shop.sql", "it is no .dump"),
        ("shop.tar", "does not tell of which part"),
        ("last.dump", "last is what the newest backup is called; give the file another name"),
    ],
)
def test_a_file_that_tells_nothing(tmp_path: Path, name: str, why: str) -> None:
    file = tmp_path / name
    file.write_text("")
    with pytest.raises(BackupUnknown, match=why):
        backups.adopt(tmp_path, file, ())


def test_a_file_that_cannot_be_read_or_is_none(tmp_path: Path) -> None:
    with pytest.raises(BackupUnknown, match="it cannot be taken: No such file or directory"):
        backups.adopt(tmp_path, tmp_path / "gone.dump", ())
    assert not backups.is_foreign(tmp_path, tmp_path / ("long" * 100))
