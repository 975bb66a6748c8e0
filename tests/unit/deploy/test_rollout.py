"""Whole deploys on a recorded server: what runs, in which order, and what a failure at each phase leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.commands.login import RegistryLogin
from shiplane.deploy.rollout import planned, planned_undo
from shiplane.errors import (
    DeployBroken,
    DeployUndone,
    Interrupted,
    Locked,
    NothingDeployed,
    RegistryRefused,
    TimeLimit,
    UnknownName,
    Unreachable,
    UsageError,
)
from shiplane.model import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World
    from shiplane.deploy.phases import Options
    from shiplane.errors import ShiplaneError
    from shiplane.model import Command, Site
    from shiplane.runners.base import Completed


LOGIN = RegistryLogin("registry.test", "robot", Secret("REGISTRY_PASSWORD", "a secret"))
COMPOSE = "compose -p app-staging -f docker-compose.yml -f compose.staging.yml "
SENT = ["unpack <files of new>", "adopt new", "pull --quiet --policy missing"]
OTHERS = "up -d --force-recreate --remove-orphans $(config --services | grep -Fvx -e db -e redis)"


def changed(name: str, *, migrate: bool = True) -> list[str]:
    return [
        f"activate {name}",
        "stop-application db redis",
        "up -d --force-recreate db redis",
        "wait-healthy 120 db redis",
        *(["run --rm -T --no-deps backend python manage.py migrate"] if migrate else []),
        OTHERS,
        "wait-healthy 120",
    ]


def test_a_first_deploy(world: World) -> None:
    deployment = world.deploy("new")
    assert world.server.story == [*SENT, *changed("new"), "record"]
    assert world.public.asked == ["GET https://staging.test/api/v1/status/"]
    assert asdict(deployment) == {
        "id": "r1-staging-20260203040507000",
        "environment": "staging",
        "url": "https://staging.test",
        "release": "new",
        "commit": "c" * 40,
        "run": "r1",
        "action": "deploy",
        "outcome": "deployed",
        "started_at": "2026-02-03T04:05:07.000Z",
        "finished_at": "2026-02-03T04:05:08.000Z",
    }
    assert world.deployer.deployment == deployment
    assert world.server.audit == [{**asdict(deployment), "who": "me@here", "digests": world.server.running.digests()}]


def test_all_commands_run_on_the_server(world: World) -> None:
    world.deploy("new", login=LOGIN)
    assert {command.host for command in world.server.commands} == {"staging"}


def test_the_plan_is_what_runs(world: World, site: Site, options: Options) -> None:
    world.deploy("new", login=LOGIN)
    plan = [c.masked() for phase in planned(site, "new", options, LOGIN) for c in (*phase.commands, *phase.always)]
    assert [line.partition("$ ")[2] for line in world.server.transcript if " survey " not in line][:-1] == plan


def test_the_undo_that_is_planned(site: Site, options: Options) -> None:
    def names(before: str | None) -> list[str]:
        return [phase.name for phase in planned_undo(site, before, options)]

    assert names("old") == ["stop", "data", "start"]
    assert names(None) == ["clear"]


def test_a_login_lasts_for_the_pull(world: World) -> None:
    world.deploy("new", login=LOGIN)
    assert world.server.story[2:6] == [
        "umask 077 && rm -rf .login && mkdir .login && ln -s ~/.docker/cli-plugins .login/cli-plugins",
        "docker --config .login login --username robot --password-stdin registry.test",
        f"docker --config ../../.login {COMPOSE}pull --quiet --policy missing",
        "rm -rf .login",
    ]
    assert "a secret" not in "\n".join(world.server.transcript)


def test_no_secret_is_in_an_argument(world: World) -> None:
    world.deploy("new", login=LOGIN)
    arguments = " ".join(word for command in world.server.commands for word in command.argv)
    assert "-value" not in arguments
    assert world.masker.mask("DB_PASSWORD-value") == "***"


def test_what_runs_already_is_left_alone(world: World) -> None:
    world.server.deployed("new")
    deployment = world.deploy("new")
    assert world.server.story == []
    assert deployment.run == "r0"
    assert world.reports == ["new runs already with the same files and digests: nothing to do"]


def test_a_release_whose_files_differ_is_written_again(world: World) -> None:
    world.server.deployed("new")
    world.server.checksums["new"] = "other"
    world.server.adopts = "replaced"
    world.deploy("new")
    assert world.server.story == [*SENT, *changed("new"), "record"]
    assert "new was here with other files: written again" in world.reports


def test_a_release_that_is_not_well_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.server.health = "unhealthy"
    world.deploy("new")
    assert world.server.story == [*SENT, *changed("new"), "record"]


def test_a_release_whose_last_deployment_broke_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.server.audit.append({**world.server.audit[-1], "outcome": "failed"})
    world.deploy("new")
    assert world.server.story == [*SENT, *changed("new"), "record"]


def test_a_release_that_does_not_answer_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.public.wrong.add("new")
    with pytest.raises(DeployBroken, match="bringing back new failed too"):
        world.deploy("new")
    assert world.server.story[: len(SENT)] == SENT


def test_an_application_without_release_command_and_data(world: World) -> None:
    world.with_options(release_command=(), data_services=())
    world.deploy("new")
    assert world.server.story[3:7] == [
        "activate new",
        "stop-application",
        "up -d --force-recreate --remove-orphans $(config --services)",
        "wait-healthy 120",
    ]


@pytest.mark.parametrize(
    ("pattern", "output", "error", "story"),
    [
        ("tar -x", "tar: no space left on device", Unreachable, ["unpack <files of new>", "discard new"]),
        ("adopt", "mv: no", Unreachable, ["unpack <files of new>", "adopt new", "discard new"]),
        ("pull --quiet", "manifest unknown", Unreachable, [*SENT, "discard new"]),
    ],
)
def test_a_failure_before_anything_changed_leaves_all_as_it_was(
    world: World, pattern: str, output: str, error: type[ShiplaneError], story: list[str]
) -> None:
    world.server.deployed("old")
    world.server.failures = [(pattern, output, 1)]
    with pytest.raises(error) as caught:
        world.deploy("new")
    assert caught.value.exit_code == 4
    assert output in caught.value.cause
    assert world.server.story == story
    assert world.server.current == "old"
    assert len(world.server.audit) == 1
    assert world.deployer.deployment is None


def test_a_refused_login_is_told_and_leaves_no_credentials(world: World) -> None:
    world.server.failures = [("docker --config .login login", "Error: unauthorized: incorrect password", 1)]
    with pytest.raises(RegistryRefused, match=r"registry registry.test refuses the login of 'robot'"):
        world.deploy("new", login=LOGIN)
    assert world.server.story[-2:] == ["rm -rf .login", "discard new"]


def test_a_registry_that_hangs_is_unreachable(world: World) -> None:
    world.server.raises = [("pull --quiet", TimeLimit("docker", 600))]
    with pytest.raises(Unreachable, match="no answer within the time limit"):
        world.deploy("new")


FAILING = [
    ("activate new", 3),
    ("stop-application", 4),
    ("up -d --force-recreate --no-build --pull never db redis", 5),
    ("wait-healthy 120 app-staging db redis", 6),
    ("manage.py migrate", 7),
    ("--remove-orphans", 8),
    ("wait-healthy 120 app-staging <", 9),
]


@pytest.mark.parametrize(("pattern", "at"), FAILING)
def test_a_failure_at_each_phase_brings_the_release_before_back(world: World, pattern: str, at: int) -> None:
    world.server.deployed("old")
    world.server.failures = [(pattern, "it broke", 1)]
    with pytest.raises(DeployUndone) as caught:
        world.deploy("new")
    done = [*SENT, *changed("new")][: at + 1]
    asked = ["evidence 20"] if "up -d" in done[-1] or "wait-" in done[-1] else []
    undo = [*changed("old", migrate=False), "discard new", "record"]
    assert world.server.story == [*done, *asked, *undo]
    assert caught.value.cause.startswith("staging: new failed: ")
    assert caught.value.cause.endswith("; old serves again")
    assert world.server.current == "old"
    assert "new" not in world.server.known
    assert [entry["outcome"] for entry in world.server.audit] == ["deployed", "undone"]
    assert world.deployer.deployment.outcome == "undone"


@pytest.mark.parametrize(("pattern", "at"), FAILING)
def test_a_first_deploy_that_fails_is_cleared_away(world: World, pattern: str, at: int) -> None:
    world.server.failures = [(pattern, "it broke", 1)]
    with pytest.raises(DeployUndone, match="nothing served before, nothing serves now"):
        world.deploy("new")
    done = [*SENT, *changed("new")][: at + 1]
    asked = ["evidence 20"] if "up -d" in done[-1] or "wait-" in done[-1] else []
    assert world.server.story == [*done, *asked, "clear app-staging_old", "discard new", "record"]
    assert world.server.current is None


def test_a_failed_gate_says_what_was_not_well(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("wait-healthy 120 app-staging <", "backend: running, unhealthy", 1)]
    with pytest.raises(DeployUndone) as caught:
        world.deploy("new")
    assert caught.value.cause == "staging: new failed: not healthy: backend (running, unhealthy); old serves again"
    assert caught.value.details == (
        "backend: running, unhealthy",
        "backend: last probe: exit code 1",
        "backend:   HTTP Error 503",
        "backend | no such table",
    )


def test_a_gate_whose_time_is_over_says_so(world: World) -> None:
    world.server.deployed("old")
    world.server.raises = [("--remove-orphans", TimeLimit("sh", 120))]
    with pytest.raises(DeployUndone, match=r"not healthy within 120 s: backend \(running, unhealthy\); old serves"):
        world.deploy("new")


def test_a_migration_that_fails_shows_its_output(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("manage.py migrate", "Applying 0002\nno such column", 1)]
    with pytest.raises(DeployUndone, match=r"release command failed: python manage.py migrate: no such col") as caught:
        world.deploy("new")
    assert caught.value.details == ("Applying 0002", "no such column")


def test_an_address_that_answers_with_another_release(world: World) -> None:
    world.server.deployed("old")
    world.public.wrong.add("new")
    with pytest.raises(DeployUndone, match="another release: 'another'; old serves again") as caught:
        world.deploy("new")
    assert len(world.public.asked) == 4
    assert caught.value.details[0] == "try 1: status 200 from another release: 'another'"


def test_digests_that_differ_from_the_release(world: World) -> None:
    world.server.deployed("old")
    world.server.runs_instead["new"] = world.server.known["old"]
    with pytest.raises(DeployUndone, match=r"other digests run than those of new: backend: sha256:.* runs instead of"):
        world.deploy("new")


def test_a_record_that_cannot_be_written_undoes_the_deploy(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("record", "no space left on device", 1)]
    with pytest.raises(DeployUndone, match="did not keep the record"):
        world.deploy("new")
    assert world.server.current == "old"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Interrupted("start"), "interrupted while: start"),
        (TimeLimit("stage staging", 1200), "stage staging reached its time limit"),
    ],
)
def test_a_cancel_during_the_change_undoes_it(world: World, reason: ShiplaneError, told: str) -> None:
    world.server.deployed("old")
    run = world.server.run

    def cancelling(command: Command, **words: Any) -> Completed:  # noqa: ANN401 - handed on
        if "manage.py migrate" in command.masked():
            world.cancel.set(reason)
        return run(command, **words)

    world.server.run = cancelling
    with pytest.raises(DeployUndone, match=told):
        world.deploy("new")
    assert world.server.current == "old"


def test_a_cancel_before_the_change_is_only_that(world: World) -> None:
    world.server.deployed("old")
    world.server.raises = [("pull --quiet", Interrupted("pull"))]
    with pytest.raises(Interrupted):
        world.deploy("new")
    assert world.server.story[-1] == "discard new"


def test_a_call_that_changed_nothing_forgets_the_deployment_before(world: World) -> None:
    world.deploy("old")
    world.deploy("new")
    assert world.deployer.deployment.outcome == "deployed"
    world.server.failures = [("pull --quiet", "manifest unknown", 1)]
    with pytest.raises(Unreachable):
        world.deployer.rollback()
    assert world.deployer.deployment is None


TAKEN = Locked("staging", "run r7 (ada@laptop, process 12)")


def during(world: World, pattern: str, act: Callable[[], object]) -> None:
    """Let something happen just before a command runs."""
    run = world.server.run

    def watching(command: Command, **words: Any) -> Completed:  # noqa: ANN401 - handed on
        if pattern in command.masked():
            act()
        return run(command, **words)

    world.server.run = watching


def broken(world: World, story: list[str], doing: str) -> None:
    with pytest.raises(DeployBroken) as caught:
        world.deploy("new")
    assert caught.value.cause == (
        "staging: taken over while new was put into service: staging is held by run r7 (ada@laptop, process 12);"
        f" nothing more was changed; old served before, last begun: {doing}"
    )
    assert caught.value.exit_code == 7
    assert "ssh -p 22 deploy@192.0.2.1" in caught.value.fix
    assert world.server.story == story
    assert len(world.server.audit) == 1
    assert world.deployer.deployment.outcome == "failed"


def test_a_server_that_another_holder_took_is_left_to_it(world: World) -> None:
    world.server.deployed("old")
    during(world, "manage.py migrate", lambda: world.cancel.set(TAKEN))
    broken(world, [*SENT, *changed("new")[:4]], "run python manage.py migrate")


@pytest.mark.parametrize("where", ["taken", "confirm"])
def test_a_failure_is_not_undone_on_a_server_that_another_holder_took(world: World, where: str) -> None:
    world.server.deployed("old")
    world.with_taken(TAKEN, where)
    world.server.failures = [("manage.py migrate", "no such column", 1)]
    broken(world, [*SENT, *changed("new")[:5]], "run python manage.py migrate")


def test_an_undo_ends_where_another_holder_takes_the_server(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("manage.py migrate", "no such column", 1)]
    during(world, "activate old", lambda: world.context.taken.set(TAKEN))
    broken(world, [*SENT, *changed("new")[:5]], "stop what serves")


def test_files_are_not_taken_back_on_a_server_that_another_holder_took(world: World) -> None:
    world.server.deployed("old")
    world.with_taken(TAKEN, "confirm")
    world.server.raises = [("pull --quiet", TAKEN)]
    with pytest.raises(Locked):
        world.deploy("new")
    assert world.server.story == SENT
    assert world.deployer.deployment is None


def test_a_lock_that_cannot_be_asked_for_does_not_keep_from_an_undo(world: World) -> None:
    world.server.deployed("old")
    world.with_taken(Unreachable("gone", "look"), "confirm")
    world.server.failures = [("manage.py migrate", "no", 1)]
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")


def test_an_undo_that_fails_is_told_with_the_way_out(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("wait-healthy", "first", 1), ("activate old", "second", 1)]
    with pytest.raises(DeployBroken) as caught:
        world.deploy("new")
    assert caught.value.cause.endswith("bringing back old failed too: stop what serves: second")
    assert "ssh -p 22 deploy@192.0.2.1" in caught.value.fix
    assert world.server.audit[-1]["outcome"] == "failed"
    assert world.deployer.deployment.outcome == "failed"


def test_a_lost_connection_during_the_change(world: World) -> None:
    world.server.deployed("old")
    world.server.raises = [(".", Unreachable("gone", "look")) for _ in range(9)]
    with pytest.raises(Unreachable, match="gone"):
        world.deploy("new")
    world.server.raises = [(pattern, Unreachable("gone", "look")) for pattern in ("db redis", "activate old", "record")]
    with pytest.raises(DeployBroken, match="bringing back old failed too: gone"):
        world.deploy("new")


def test_the_same_release_with_other_files_comes_back_with_the_old_ones(world: World) -> None:
    world.server.deployed("new")
    world.server.checksums["new"] = "other"
    world.server.adopts = "replaced"
    world.server.failures = [("manage.py migrate", "no", 1)]
    with pytest.raises(DeployUndone, match="new serves again"):
        world.deploy("new")
    assert world.server.story[8:] == ["discard new", *changed("new", migrate=False), "record"]


def test_a_release_that_was_kept_is_not_removed_by_a_failed_deploy(world: World) -> None:
    world.server.deployed("new", "old")
    world.server.adopts = "same"
    world.server.failures = [("manage.py migrate", "no", 1)]
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    assert "discard new" not in world.server.story


def test_a_release_that_was_kept_survives_a_pull_that_fails(world: World) -> None:
    world.server.deployed("new", "old")
    world.server.adopts = "same"
    world.server.failures = [("pull --quiet", "unauthorized", 1)]
    with pytest.raises(Unreachable):
        world.deploy("new")
    assert world.server.story[-1] == "discard new known"


def test_rollback_to_the_release_before(world: World) -> None:
    world.server.deployed("one", "two", "three")
    deployment = world.deployer.rollback()
    assert deployment.action == "rollback"
    assert deployment.outcome == "deployed"
    assert world.server.story == ["pull --quiet --policy missing", *changed("two", migrate=False), "record"]
    assert world.deployer.rollback().release == "one"
    with pytest.raises(UsageError, match="staging has no release before one"):
        world.deployer.rollback()


def test_rollback_to_a_release_by_name(world: World) -> None:
    world.server.deployed("one", "two", "three")
    assert world.deployer.rollback("one").release == "one"
    assert world.deployer.rollback("one").release == "one"
    assert world.reports[-1].endswith("nothing to do")


def test_rollback_that_fails_brings_back_what_served(world: World) -> None:
    world.server.deployed("one", "two")
    world.public.wrong.add("one")
    with pytest.raises(DeployUndone, match=r"one failed: .*; two serves again"):
        world.deployer.rollback()
    assert "one" in world.server.known


def test_rollback_where_there_is_nothing(world: World) -> None:
    with pytest.raises(NothingDeployed):
        world.deployer.rollback()
    world.server.deployed("one", "two")
    with pytest.raises(UnknownName, match="unknown release 'onne'") as caught:
        world.deployer.rollback("onne")
    assert "did you mean 'one'?" in caught.value.fix


def test_old_releases_are_removed_after_a_good_deploy(world: World) -> None:
    world.with_options(kept=3)
    world.server.deployed("one", "two", "three", "four")
    world.server.known["never"] = world.server.known["one"].__class__.from_json(
        {**world.server.known["one"].to_json(), "id": "never"}
    )
    world.deploy("five")
    assert world.server.story[-1] == "record never one two"
    assert sorted(world.server.known) == ["five", "four", "three"]
