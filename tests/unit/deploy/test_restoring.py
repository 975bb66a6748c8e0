"""Rollbacks that bring a backup back, on a recorded server: in which order, and what a failure at each point leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.backups import Backup
from shiplane.deploy.migrations import Applied
from shiplane.errors import DeployUndone, StepFailed

if TYPE_CHECKING:
    from conftest import World

PLACES = "120 proxy backend:8000,frontend:8080 frontend:/srv/www/assets"
FOUND = ["model /releases/old", "pull --quiet --policy missing"]
LOAD = "database load db b1"
KEPT = Backup("b1", "2026-01-01T00:00:00Z", 1, "s", "new", "old", ("a.1",))
FRESH = "20260203T040508Z-old"
CLOSED = ["database stop db db redis", f"database backup db {FRESH}", f"database swap db b1 {FRESH}"]


@pytest.fixture
def ahead(world: World) -> World:
    """Let `new` serve on a database that `old` cannot run on, with a backup from before."""
    world.server.deployed("old", "new")
    world.server.backups = [KEPT]
    world.server.audit[-1] |= Applied(("a.1",), ("a.1",), "b1").to_json()
    return world


def restore(world: World) -> list[str]:
    """Bring the backup back, and give what was played, in short."""
    world.deployer.rollback(restore_database=True)
    return story(world)


def story(world: World) -> list[str]:
    return [line.partition(" sh -c ")[0] for line in world.server.story]


def rolled(name: str) -> str:
    return f"roll {name} {PLACES} roll:backend:1"


def test_all_goes_well(ahead: World) -> None:
    end = ["database open db", "record old", "database finish db"]
    assert restore(ahead) == [*FOUND, LOAD, *CLOSED, rolled("old"), *end]


def test_a_backup_that_cannot_be_loaded_leaves_all_as_it_was(ahead: World) -> None:
    ahead.server.failures = [("database load", "no space left on device", 1)]
    with pytest.raises(StepFailed, match=r"the backup was not restored \(load\): no space left on device") as caught:
        restore(ahead)
    assert caught.value.exit_code == 3
    assert story(ahead) == [*FOUND, LOAD, "discard old known"]
    assert len(ahead.server.audit) == 2
    assert ahead.deployer.deployment is None


def test_people_are_let_in_again_when_the_release_before_runs_again(ahead: World) -> None:
    ahead.server.failures = [("roll .* old ", "it broke", 1)]
    with pytest.raises(DeployUndone, match="new serves again"):
        restore(ahead)
    back = ["database back db", rolled("new"), "database open db"]
    assert story(ahead) == [*FOUND, LOAD, *CLOSED, rolled("old"), "evidence 20", *back, "record"]


SENT = ["adopt newer", "pull --quiet --policy missing"]
MIGRATE = "run --rm -T --no-deps --label dev.shiplane.once=1 backend python manage.py migrate"


@pytest.mark.parametrize("left", [{"stopped"}, {"beside", "stopped"}])
def test_the_next_deploy_takes_a_restore_back_that_was_cut_off(ahead: World, left: set[str]) -> None:
    ahead.server.restore = set(left)
    ahead.deploy("newer")
    end = ["database open db", "record newer"]
    assert story(ahead) == [*SENT, "database back db", MIGRATE, rolled("newer"), *end]
    assert ahead.server.restore <= {"beside"}


def test_what_runs_is_deployed_again_where_a_restore_has_shut_people_out(ahead: World) -> None:
    ahead.server.restore = {"stopped"}
    ahead.server.adopts = "same"
    ahead.deploy("new")
    assert story(ahead)[2:] == ["database back db", MIGRATE, rolled("new"), "database open db", "record new"]


def test_the_next_deploy_removes_the_database_that_a_restore_has_left(ahead: World) -> None:
    ahead.server.restore = {"beside"}
    ahead.deploy("newer")
    assert story(ahead) == [*SENT, "database finish db", MIGRATE, rolled("newer"), "record newer"]


def test_a_rollback_after_a_restore_that_was_cut_off(ahead: World) -> None:
    ahead.server.restore = {"beside", "stopped"}
    end = ["database open db", "record old", "database finish db"]
    assert restore(ahead) == [*FOUND, "database back db", LOAD, *CLOSED, rolled("old"), *end]
    assert ahead.server.restore == set()


def test_a_deploy_after_a_restore_that_was_cut_off_may_fail_too(ahead: World) -> None:
    ahead.server.restore = {"stopped"}
    ahead.server.failures = [("roll .* newer ", "it broke", 1)]
    with pytest.raises(DeployUndone, match="new serves again"):
        ahead.deploy("newer")
    undone = ["evidence 20", rolled("new"), "database open db", "discard newer", "record"]
    assert story(ahead) == [*SENT, "database back db", MIGRATE, rolled("newer"), *undone]


def test_a_database_that_cannot_be_brought_back_ends_the_deploy(ahead: World) -> None:
    ahead.server.restore = {"stopped"}
    ahead.server.failures = [("database back", "no container of service db runs", 1)]
    with pytest.raises(StepFailed, match=r"not restored \(back\): no container of service db runs"):
        ahead.deploy("newer")
    assert story(ahead) == [*SENT, "database back db", "discard newer"]
    ahead.deploy("newer")
    assert ahead.server.restore == set()


@pytest.fixture
def unheard(ahead: World) -> World:
    """Let a rollback with its database have come to its end there, and its run killed before it wrote that down."""
    ahead.server.current = "old"
    ahead.server.running = ahead.server.known["old"]
    ahead.server.restore, ahead.server.restored = {"beside"}, f"b1\t{FRESH}"
    return ahead


def restores(world: World) -> list[tuple[str, str, str, str]]:
    """Give release, outcome and the two backups of each line of the audit that tells of one."""
    keys = ("release", "outcome", "restored", "backup")
    return [tuple(line[key] for key in keys) for line in world.server.audit if line.get("restored")]  # type: ignore[misc]


@pytest.mark.parametrize("again", [True, False])
def test_a_restore_that_nobody_wrote_down_is_not_done_twice(unheard: World, again: bool) -> None:  # noqa: FBT001 - a case
    unheard.deployer.rollback(restore_database=again)
    assert story(unheard) == [
        "record",
        *FOUND,
        "database finish db",
        "model /releases/new",
        rolled("old"),
        "record old",
    ]
    assert restores(unheard) == [("old", "failed", "b1", FRESH)]
    assert (unheard.server.audit[-1]["release"], unheard.server.audit[-1]["outcome"]) == ("old", "deployed")
    assert any("written now" in line for line in unheard.reports)


def test_a_deploy_after_it_knows_which_migrations_are_gone(unheard: World) -> None:
    unheard.deploy("newer")
    assert story(unheard)[0] == "record"
    assert restores(unheard) == [("old", "failed", "b1", FRESH)]
    unheard.server.restore = set()
    # The way back from it is the database of now: what `new` had applied went with the restore.
    unheard.deployer.rollback(to="old")
    assert unheard.server.current == "old"


def test_one_that_was_written_down_is_not_again(unheard: World) -> None:
    unheard.server.audit[-1] |= {"release": "old", **Applied(backup=FRESH, restored="b1").to_json()}
    unheard.deploy("newer")
    assert story(unheard)[0] == "adopt newer"


def test_nor_is_one_whose_services_are_stopped(unheard: World) -> None:
    unheard.server.restore = {"beside", "stopped"}
    unheard.deploy("newer")
    assert story(unheard)[:3] == [*SENT, "database back db"]
    assert restores(unheard) == []
