"""What follows a change whose caller did not see its end, on a recorded server: where it goes back to, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.errors import DeployUndone, Unreachable

if TYPE_CHECKING:
    from conftest import Server, World

PLACES = "120 proxy backend:8000,frontend:8080 frontend:/srv/www/assets"
PULL = "pull --quiet --policy missing"
MIGRATE = "run --rm -T --no-deps --label dev.shiplane.once=1 backend python manage.py migrate"


def rolled(name: str, *words: str) -> str:
    return " ".join((f"roll {name} {PLACES}", *(words or ("roll:backend:1",))))


def serve(server: Server, name: str) -> None:
    """Let a release serve whose change nobody recorded: its caller is gone, and its job ran to its end."""
    server.current, server.running = name, server.known[name]


@pytest.fixture
def begun(world: World) -> World:
    """Let the first deploy serve, and its caller be gone before it was recorded."""
    world.server.deployed("one")
    world.server.audit.clear()
    return world


def test_a_first_deploy_that_nobody_recorded_and_that_serves_is_brought_back(begun: World) -> None:
    begun.public.wrong.add("two")
    with pytest.raises(DeployUndone, match="one serves again"):
        begun.deploy("two")
    assert begun.server.story == [
        "adopt two", PULL, MIGRATE, rolled("two"), "evidence 20", rolled("one"), "discard two", "record",
    ]  # fmt: skip
    assert (begun.server.current, sorted(begun.server.known)) == ("one", ["one"])
    assert begun.deploy("three").outcome == "deployed"


def test_a_first_deploy_that_was_cut_off_half_way_keeps_its_place(begun: World) -> None:
    """Its data services run and nothing serves: what comes after it takes back its own, and that alone."""
    begun.server.running = None
    begun.server.failures = [("roll .* two ", "it broke", 1)]
    with pytest.raises(DeployUndone, match="nothing served before"):
        begun.deploy("two")
    assert "clear one app-staging_old" in begun.server.story


def test_a_rollback_that_was_cut_off_is_ended_by_the_same_command(world: World) -> None:
    world.server.deployed("one", "two")
    serve(world.server, "one")
    assert world.deployer.preview_rollback()[0] == "back to one"
    assert world.deployer.rollback().release == "one"
    assert world.server.story == ["model /releases/one", PULL, "model /releases/two", rolled("one"), "record one"]
    assert world.deployer.survey().serving.deployment.release == "one"


def test_a_rollback_that_is_repeated_and_fails_goes_back_to_what_is_recorded(world: World) -> None:
    world.server.deployed("one", "two")
    serve(world.server, "one")
    world.public.wrong.add("one")
    with pytest.raises(DeployUndone, match="two serves again"):
        world.deployer.rollback()


def test_after_a_rollback_that_was_cut_off_nothing_leads_back_to_what_it_left(world: World) -> None:
    world.server.deployed("one", "two")
    serve(world.server, "one")
    world.public.wrong.add("three")
    with pytest.raises(DeployUndone, match="one serves again"):
        world.deploy("three")
    assert world.server.current == "one"


STATEFUL = {"volumes": [{"type": "volume", "source": "found"}]}


def test_the_way_back_over_a_change_that_was_cut_off_uses_the_files_that_it_leads_to(world: World) -> None:
    """`one` is recorded; `two` serves, without the mailer, with another database and with a search."""
    server = world.server
    server.more = {"one": {"mailer": {}}, "two": {"search": STATEFUL, "db": {"image": "postgres:18"}}}
    server.more["three"] = {"search": STATEFUL, "db": {"image": "postgres:18"}}
    server.deployed("one", "two")
    del server.audit[-1]
    server.failures = [("roll .* three ", "it broke", 1)]
    with pytest.raises(DeployUndone, match="one serves again"):
        world.deploy("three")
    back = rolled("one", "renew:db:", "roll:mailer:1", "roll:backend:1", "remove:search")
    assert server.story == [
        "adopt three", PULL, MIGRATE, "model /releases/one", rolled("three"), "evidence 20", back, "discard three",
        "record",
    ]  # fmt: skip


def test_files_that_cannot_be_read_do_not_keep_what_mends_it_from_being_deployed(world: World) -> None:
    world.server.deployed("one", "two")
    del world.server.audit[-1]
    world.server.failures = [("bash -s model", "yaml: line 3", 1)]
    assert world.deploy("three").outcome == "deployed"
    assert any(line.startswith("one could not be brought back wholly: ") for line in world.reports)


def test_a_record_whose_answer_is_lost_is_written_once_more(world: World) -> None:
    world.server.deployed("old")
    world.server.unheard = ["record"]
    world.deploy("new")
    assert [entry["outcome"] for entry in world.server.audit] == ["deployed"] * 3
    state = world.deployer.survey()
    assert [entry.deployment.release for entry in state.entries] == ["old", "new"]


def test_a_deploy_that_is_undone_after_its_record_did_not_serve(world: World) -> None:
    world.server.deployed("old")
    world.server.unheard = ["record"] * 2
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    assert [entry["outcome"] for entry in world.server.audit] == ["deployed", "deployed", "deployed", "undone"]
    state = world.deployer.survey()
    assert (state.serving.deployment.release, state.served("new"), sorted(state.releases)) == ("old", False, ["old"])
    world.public.wrong.add("newer")
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("newer")
    assert world.server.current == "old"


def test_what_serves_is_found_where_not_even_the_undo_could_be_recorded(world: World) -> None:
    """The audit's last word is of a release whose files are gone."""
    world.server.deployed("old")
    world.server.unheard = ["record"] * 2
    world.server.raises = [("record deployments/app-staging <", Unreachable("gone", "look"))]
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    world.public.wrong.add("newer")
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("newer")
    assert not [line for line in world.server.story if line.startswith("clear")]


def test_a_rollback_whose_images_cannot_be_pulled_leaves_nothing(world: World) -> None:
    world.server.deployed("one", "two")
    world.server.failures = [("pull --quiet", "manifest unknown", 1)]
    with pytest.raises(Unreachable):
        world.deployer.rollback()
    assert world.server.story == ["model /releases/one", PULL, "discard one known"]
    assert (sorted(world.server.known), world.server.current) == (["one", "two"], "two")
