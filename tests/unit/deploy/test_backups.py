"""Names, commands and retention of backups; which one brings a release's database back."""

from __future__ import annotations

import json

import pytest

from shiplane.config import Backup as Settings
from shiplane.deploy import backups
from shiplane.deploy.backups import Backup
from shiplane.deploy.migrations import Applied
from shiplane.errors import NoBackup
from sites import SITE

SETTINGS = Settings()


def make(name: str, release: str = "new", before: str = "old") -> Backup:
    return Backup(name, f"2026-01-0{len(name)}", 9, "s", release, before, ("a.1",))


def test_a_name_sorts_by_time() -> None:
    assert backups.name("2026-02-03T04:05:06.789Z", "abc-dirty") == "20260203T040506Z-abc-dirty"


def test_what_the_server_lists() -> None:
    about = {"made_at": "2026", "size": 3, "sha256": "s", "release": "n", "before": "o", "migrations": ["a.1"]}
    texts = [json.dumps({**about, "name": "b", "more": 1}), json.dumps({**about, "name": "a", "breaking": ["a.1"]})]
    found = backups.parse([*texts, "{", "[]", "{}", '{"name": "c"}'])
    assert [(each.name, each.migrations, each.breaking) for each in found] == [
        ("a", ("a.1",), ("a.1",)),
        ("b", ("a.1",), ()),
    ]
    assert found[0].to_json()["migrations"] == ["a.1"]


def test_a_backup_is_made_by_the_commands_of_the_configuration() -> None:
    command = backups.make(SITE, SETTINGS, "n", "new", "old", Applied(("a.1",), ("a.1",)))
    assert command.host == "staging"
    assert command.argv[2:8] == ("database", "backup", "deployments/app-staging", "app-staging", "db", "n")
    assert command.argv[8:] == (*SETTINGS.command, "--", *SETTINGS.verify)
    said = '"release": "new", "before": "old", "migrations": ["a.1"], "breaking": ["a.1"]\n'
    assert str(command.input_text()).endswith(f"exit\n{said}")


def test_the_password_is_no_argument() -> None:
    assert "PGPASSWORD=" in SETTINGS.command[-1]
    assert "exec pg_dump" in SETTINGS.command[-1]


def test_the_newest_of_kept_releases_stay() -> None:
    known = [make("a"), make("bb"), make("ccc"), make("dddd", "x", "y"), make("eeeee", "y", "new")]
    assert backups.outdated(known, ("new",), 3) == ("a", "dddd")
    assert backups.outdated(known, ("old", "new"), 3) == ("bb", "dddd")
    assert backups.outdated(known, ("old", "new"), 1) == ("a", "bb", "ccc", "dddd")
    assert backups.outdated(known, ("old", "y"), 9) == ()
    assert backups.outdated(known, (), 9) == ("a", "bb", "ccc", "dddd", "eeeee")


FIRST, SECOND = Applied(("a.1",), (), "a"), Applied(("a.2",), ("a.2",), "bb")


def test_the_backup_before_the_first_change() -> None:
    assert backups.before((FIRST, SECOND), (make("a"), make("bb")), "staging") == "a"


def test_a_change_that_breaks_nothing_may_stay() -> None:
    assert backups.before((Applied(("a.0",)), FIRST), (make("a"),), "staging") == "a"


@pytest.mark.parametrize(
    ("applied", "why"),
    [
        ((), "no migration was applied since"),
        ((FIRST,), "a is no longer kept"),
        ((Applied(("a.0",), ("a.0",)), FIRST), r"none was made before a\.0"),
        ((Applied(("a.0",)),), r"none was made before a\.0"),
    ],
)
def test_where_there_is_none(applied: tuple[Applied, ...], why: str) -> None:
    with pytest.raises(NoBackup, match=f"no backup to restore on staging: {why}"):
        backups.before(applied, (), "staging")
