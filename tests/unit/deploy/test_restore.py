"""How a backup takes the database's place: in which order, what is stopped, what is started again, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.deploy import phases, restore
from shiplane.deploy.backups import Backup
from shiplane.deploy.migrations import Applied
from shiplane.deploy.phases import Phase
from shiplane.deploy.services import Model, ServiceAction
from shiplane.deploy.survey import Entry, State
from shiplane.errors import DatabaseAhead, NoBackup
from shiplane.model import Deployment
from sites import OPTIONS, SITE

if TYPE_CHECKING:
    from shiplane.model import Command

MODEL = Model({
    "db": {}, "redis": {}, "backend": {}, "worker": {"container_name": "w"}, "edge": {"ports": ["80"]},
    "proxy": {"network_mode": "service:edge"},
})  # fmt: skip


def made() -> restore.Change:
    return restore.change(SITE, OPTIONS, "b1", "b2", "old", "new", MODEL)


def verbs(commands: tuple[Command, ...]) -> list[str]:
    return [" ".join(command.argv[2:4]) for command in commands]


def test_the_database_changes_between_the_stop_and_the_start() -> None:
    change = made()
    switch = Phase("switch", "t", phases.rolling(SITE, "old", OPTIONS, ("x",)), 10.0)
    around = change.lead(switch)
    assert verbs(around.commands) == [
        *("database stop", "database backup", "database swap", "roll deployments/app-staging"),
    ]
    assert around.seconds == 10.0 + OPTIONS.backup.seconds
    assert around.commands[0].argv[7:] == ("db", "redis", "edge", "proxy")
    assert str(around.commands[1].input_text()).endswith('"release": "old", "before": "new", "migrations": []\n')
    assert around.commands[2].argv[7] == "b1"
    assert verbs(change.back) == ["database back"]
    assert verbs(restore.reopen(SITE, OPTIONS)) == ["database open"]
    assert change.applied == Applied(backup="b2", restored="b1")
    assert {command.host for command in around.commands if "database" in command.argv} == {"staging"}


@pytest.mark.parametrize(
    ("left", "verb"),
    [(("beside",), "database finish"), (("stopped",), "database back"), (("beside", "stopped"), "database back")],
)
def test_a_change_that_was_cut_off_is_ended(left: tuple[str, ...], verb: str) -> None:
    phase = restore.settle(SITE, OPTIONS, left)
    assert phase is not None
    assert verbs(phase.commands) == [verb]
    assert {command.host for command in phase.commands} == {"staging"}
    assert restore.settle(SITE, OPTIONS, ()) is None


def test_what_would_be_left_alone_is_started_again() -> None:
    left = [ServiceAction(name, "leave", "nothing of it changed") for name in ("db", "backend", "worker", "proxy")]
    decided = made().decide([*left, ServiceAction("edge", "recreate", "x")], MODEL, OPTIONS)
    assert [(one.service, one.verb) for one in decided] == [
        *(("db", "leave"), ("backend", "roll"), ("worker", "recreate"), ("proxy", "leave"), ("edge", "recreate")),
    ]
    assert decided[1].why == "it is stopped while the database changes"


def entry(release: str, **applied: object) -> Entry:
    deployment = Deployment("i", "staging", "u", release, "c", "r", "deploy", "deployed", "t", "t")
    return Entry(deployment, "me", {}, Applied.from_json(applied))


SAFE = State(entries=(entry("old"), entry("new", migrations=["a.1"], backup="b1")))
BROKEN = State(
    entries=(*SAFE.entries, entry("newer", migrations=["a.2"], breaking=["a.2"], backup="b2")),
    backups=(Backup("b1", "2026", 1, "s", "new", "old", ("a.1",)),),
)


def test_what_was_applied_is_told() -> None:
    assert restore.told(BROKEN, "old") == [
        "applied since old served: a.1; backup from before: b1",
        "applied since old served: a.2, which breaks old: a.2; backup from before: b2",
    ]
    assert restore.told(SAFE, "new") == []


def test_a_release_that_cannot_run_on_the_database_is_refused() -> None:
    restore.check("staging", SAFE, "old")
    restore.check("staging", BROKEN, "newer")
    with pytest.raises(DatabaseAhead, match=r"a\.2 was applied since") as caught:
        restore.check("staging", BROKEN, "old")
    assert "with the backup b1" in caught.value.fix
    with pytest.raises(DatabaseAhead) as caught:
        restore.check("staging", State(entries=BROKEN.entries), "old")
    assert caught.value.fix == "go forward with a fix: there is no backup from before"


def test_the_backup_with_the_database_as_the_release_knew_it() -> None:
    assert restore.choose("staging", BROKEN, "old") == "b1"
    with pytest.raises(NoBackup, match="b2 is no longer kept"):
        restore.choose("staging", BROKEN, "new")
