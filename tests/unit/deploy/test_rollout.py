"""Whole deploys on a recorded server: what runs, in which order, and what a failure at each phase leaves."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from samples import HARD, make_release
from shiplane.commands import dotenv
from shiplane.commands.login import RegistryLogin
from shiplane.deploy import execution, planned
from shiplane.deploy.phases import DECIDED_THERE, ROLLOUTS
from shiplane.errors import (
    ConnectionLost,
    DeployBroken,
    DeployUndone,
    Interrupted,
    Locked,
    NothingDeployed,
    RegistryRefused,
    StepFailed,
    TimeLimit,
    UnknownName,
    Unreachable,
    Unsafe,
    UsageError,
)
from shiplane.model import Secret

if TYPE_CHECKING:
    from conftest import World
    from shiplane.deploy.phases import Options
    from shiplane.errors import ShiplaneError
    from shiplane.model import Site


LOGIN = RegistryLogin("registry.test", "robot", Secret("REGISTRY_PASSWORD", "a secret"))
COMPOSE = "compose -p app-staging -f docker-compose.yml -f compose.staging.yml "
SENT = ["adopt new", "pull --quiet --policy missing"]
DATA = ["activate new", "up -d --no-recreate --no-build --pull never db redis", "wait-healthy 120 db redis"]
MIGRATE = "run --rm -T --no-deps --label dev.shiplane.once=1 backend python manage.py migrate"
PLACES = "120 proxy backend:8000,frontend:8080 frontend:/srv/www/assets"
FIRST = f"roll new {PLACES} renew:db: renew:redis: roll:backend:1"


def rolled(name: str) -> str:
    return f"roll {name} {PLACES} roll:backend:1"


def recreated(name: str) -> str:
    return f"recreate {name} 120 proxy backend:8000,frontend:8080 db,redis"


def test_a_first_deploy(world: World) -> None:
    deployment = world.deploy("new")
    assert world.server.story == [*SENT, *DATA, MIGRATE, FIRST, "record new"]
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


def test_a_first_deploy_does_not_take_over_what_runs_without_us(world: World) -> None:
    world.server.running = make_release("by hand")
    with pytest.raises(Unsafe, match="app-staging on staging has containers already: backend, db, redis") as refused:
        world.deploy("new")
    assert refused.value.fix.endswith("cd deployments/app-staging && docker compose -p app-staging down")
    assert world.server.story == []
    assert world.deployer.deployment is None


def test_all_commands_run_on_the_server(world: World) -> None:
    world.deploy("new", login=LOGIN)
    assert {command.host for command in world.server.commands} == {"staging"}


def test_a_deploy_is_a_handful_of_round_trips(world: World) -> None:
    world.server.deployed("old")
    world.deploy("new", login=LOGIN)
    names = [" ".join(command.argv[2:4]) for command in world.server.commands]
    assert names == [
        "survey deployments/app-staging",
        "adopt deployments/app-staging",
        *["job start"] * 3,
        "survey deployments/app-staging",
        "record deployments/app-staging",
    ]


@pytest.mark.parametrize("name", ["rolling", "recreate"])
def test_the_plan_is_what_runs(world: World, site: Site, options: Options, name: str) -> None:
    world.server.deployed("old")
    if name == "recreate":
        world.recreating()
    world.deploy("new", login=LOGIN)
    phases = planned.deploy(site, "new", options, LOGIN, ROLLOUTS[name])
    plan = [short(c.masked()) for phase in phases for c in (*phase.commands, *phase.always)]
    there = short(DECIDED_THERE)
    ran = [short(line) for line in world.server.played if " survey " not in line][:-1]
    assert [line.replace("roll:backend:1", there) for line in ran] == plan


def short(line: str) -> str:
    """Leave out how long a script is, and quotes."""
    return line.partition(" < (")[0].replace("'", "")


def test_the_undo_that_is_planned(site: Site, options: Options) -> None:
    def commands(before: str | None) -> list[str]:
        return [c.argv[2] for phase in planned.undo(site, before, options) for c in phase.commands]

    assert commands("old") == ["roll"]
    assert commands(None) == ["clear"]


def test_a_login_lasts_for_the_pull(world: World) -> None:
    world.deploy("new", login=LOGIN)
    assert world.server.story[1:5] == [
        "umask 077 && rm -rf .login .registry && mkdir .login && ln -sfn ~/.docker/cli-plugins .login/cli-plugins",
        "docker --config .login login --username robot --password-stdin registry.test < <REGISTRY_PASSWORD>",
        f"docker --config ../../.login {COMPOSE}pull --quiet --policy missing",
        "rm -rf .login",
    ]
    assert "a secret" not in "\n".join([*world.server.transcript, *world.server.played])


def test_what_containers_with_an_older_password_print_is_masked(world: World) -> None:
    world.server.deployed("old")
    world.server.secrets = [f'DB_PASSWORD="{dotenv.escaped(HARD)}"']
    world.deploy("new")
    assert world.masker.mask(f"FATAL: {HARD} was refused") == "FATAL: *** was refused"


@pytest.mark.parametrize("secret", ["may only read", ""])
def test_a_login_that_is_kept_stays_and_is_renewed_where_it_is_known(world: World, secret: str) -> None:
    world.deploy("new", login=replace(LOGIN, password=Secret("REGISTRY_PULL_PASSWORD", secret), kept=True))
    enter = [
        "umask 077 && mkdir -p .registry && ln -sfn ~/.docker/cli-plugins .registry/cli-plugins",
        "docker --config .registry login --username robot --password-stdin registry.test < <REGISTRY_PULL_PASSWORD>",
    ]
    pull = f"docker --config ../../.registry {COMPOSE}pull --quiet --policy missing"
    wanted = [*(enter if secret else []), pull]
    assert world.server.story[1 : 1 + len(wanted)] == wanted
    assert not any("rm -rf .registry" in line for line in world.server.story)


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("toomanyrequests: slow down", "too many requests were sent to the registry"),
        ("received unexpected HTTP status: 502 Bad Gateway", "see the registry's state"),
        ("unexpected EOF", "what arrived is kept"),
        ("x509: certificate signed by unknown authority", "/etc/docker/certs.d/"),
        ("denied: may not read", "an account that may read them"),
        ("manifest unknown", "publish again if not"),
    ],
)
def test_a_pull_that_fails_is_told_with_what_helps(world: World, said: str, fix: str) -> None:
    world.server.failures = [("pull --quiet", said, 1)]
    with pytest.raises(Unreachable, match="cannot pull the images") as caught:
        world.deploy("new")
    assert fix in caught.value.fix


def test_no_secret_is_in_an_argument(world: World) -> None:
    world.deploy("new", login=LOGIN)
    arguments = " ".join(word for command in world.server.commands for word in command.argv)
    assert "-value" not in arguments
    assert world.masker.mask("DB_PASSWORD-value") == "***"


def test_what_runs_already_is_left_alone(world: World) -> None:
    world.server.deployed("new")
    deployment = world.deploy("new")
    assert world.deployer.before is world.deployer.deployment, "what served is what serves"
    assert world.server.story == []
    assert deployment.run == "r0"
    assert world.reports == ["new runs already with the same files and digests: nothing to do"]


def test_a_release_whose_files_differ_is_written_again(world: World) -> None:
    world.server.deployed("new")
    world.server.checksums["new"] = "other"
    world.server.adopts = "replaced"
    world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, rolled("new"), "record new"]
    assert "new was here with other files: written again" in world.reports


def test_a_release_that_is_not_well_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.server.health, world.server.heals = "unhealthy", "healthy"
    world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, rolled("new"), "record new"]


def test_a_release_whose_last_deployment_broke_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.server.audit.append({**world.server.audit[-1], "outcome": "failed"})
    world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, rolled("new"), "record new"]


def test_a_release_that_does_not_answer_is_deployed_again(world: World) -> None:
    world.server.deployed("new")
    world.public.wrong.add("new")
    with pytest.raises(DeployBroken, match="bringing back new failed too"):
        world.deploy("new")
    assert world.server.story[: len(SENT)] == SENT


def test_an_application_without_release_command_and_data(world: World) -> None:
    world.with_options(release_command=(), data_services=(), upstreams=(), assets=None)
    world.deploy("new")
    assert world.server.story == [
        *SENT, "roll new 120 proxy - - renew:db: roll:redis:1 roll:backend:1", "record new",
    ]  # fmt: skip


def test_a_data_service_that_is_new_starts_by_the_files_of_the_release(world: World) -> None:
    world.server.deployed("old")
    world.server.more["new"] = {"search": {"image": "search:1"}}
    world.with_options(data_services=("db", "redis", "search"))
    world.deploy("new")
    up = "up -d --no-recreate --no-build --pull never"
    assert world.server.story[2:6] == [f"{up} db redis", f"{up} search", "wait-healthy 120 db redis search", MIGRATE]
    (job,) = (text for command in world.server.commands if f"{up} search" in (text := str(command.input_text())))
    folder = "deployments/app-staging"
    assert re.findall(rf"cd -- (\S+) .*\nexec .* {up} (.*) <", job) == [
        (folder, "db redis"),
        (f"{folder}/releases/new", "search"),
    ]


@pytest.mark.parametrize("has_it", ["old", "new"])
def test_a_change_has_the_time_that_services_are_promised_to_end(world: World, has_it: str) -> None:
    usual = limit_of_change(world)
    world.server.more[has_it] = {"worker": {"image": "worker:1", "stop_grace_period": "10m0s"}}
    assert limit_of_change(world) == usual + 2 * 590


def limit_of_change(world: World) -> float:
    """Deploy, and give the seconds in which the server has to be done with the change."""
    world.server.deployed("old")
    world.deploy("new")
    jobs = [one for one in world.server.commands if "# bash -s roll" in str(one.input_text())]
    return float(jobs[-1].argv[-3])


def test_recreate_is_the_rollout_of_the_specification(world: World) -> None:
    world.server.deployed("old")
    world.recreating()
    world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, recreated("new"), "record new"]


def test_where_the_engine_has_all_images_the_registry_is_not_asked(world: World) -> None:
    world.server.deployed("old")
    world.server.missing = False
    world.deploy("new", login=LOGIN)
    assert world.server.story == ["adopt new", MIGRATE, rolled("new"), "record new"]


@pytest.mark.parametrize(
    ("pattern", "output", "error", "story"),
    [
        ("adopt", "tar: no space left on device", Unreachable, ["adopt new", "discard new"]),
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
    world.server.failures = [("pull --quiet", "", 124)]
    with pytest.raises(Unreachable, match="no answer within the time limit"):
        world.deploy("new")


def test_a_rollout_that_fails_is_undone_by_the_server_itself(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("roll deployments/app-staging app-staging compose.staging.yml new", "it broke", 1)]
    with pytest.raises(DeployUndone) as caught:
        world.deploy("new")
    undo = [f"roll old {PLACES} roll:backend:1", "discard new", "record"]
    assert world.server.story == [*SENT, MIGRATE, rolled("new"), "evidence 20", *undo]
    assert world.public.asked == ["GET https://staging.test/api/v1/status/"]
    assert caught.value.cause.startswith("staging: new failed: ")
    assert caught.value.cause.endswith("; old serves again")
    assert world.server.current == "old"
    assert "new" not in world.server.known
    assert [entry["outcome"] for entry in world.server.audit] == ["deployed", "undone"]
    assert world.deployer.deployment.outcome == "undone"


def test_a_recreate_that_fails_is_undone_in_the_same_way(world: World) -> None:
    world.server.deployed("old")
    world.recreating()
    world.server.failures = [("recreate deployments", "it broke", 1)]
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    done = [*SENT, MIGRATE, recreated("new")]
    assert world.server.story == [*done, "evidence 20", recreated("old"), "discard new", "record"]
    assert world.server.current == "old"


@pytest.mark.parametrize(
    ("pattern", "done"),
    [
        ("activate new", DATA[:1]),
        ("no-recreate", DATA[:2]),
        ("wait-healthy", DATA),
        ("manage.py migrate", [*DATA, MIGRATE]),
        ("roll deployments", [*DATA, MIGRATE, FIRST]),
    ],
)
def test_a_first_deploy_that_fails_is_cleared_away(world: World, pattern: str, done: list[str]) -> None:
    world.server.failures = [(pattern, "it broke", 1)]
    with pytest.raises(DeployUndone, match="nothing served before, nothing serves now"):
        world.deploy("new")
    asked = [] if done[-1] == MIGRATE else ["evidence 20"]
    assert world.server.story == [*SENT, *done, *asked, "clear - app-staging_old", "discard new", "record"]
    assert world.server.current is None


def test_a_first_deploy_whose_migration_fails_says_once_what_serves(world: World) -> None:
    world.server.failures = [("manage.py migrate", "no such column", 1)]
    with pytest.raises(DeployUndone) as caught:
        world.deploy("new")
    assert caught.value.exit_code == 6
    assert caught.value.cause == (
        "staging: new failed: the release command failed: python manage.py migrate: no such column;"
        " nothing served before, nothing serves now"
    )


def test_a_failed_gate_says_what_was_not_well(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("roll .* new ", "backend: running, unhealthy", 1)]
    with pytest.raises(DeployUndone) as caught:
        world.deploy("new")
    assert caught.value.cause == "staging: new failed: not healthy: backend (running, unhealthy); old serves again"
    assert caught.value.details == (
        "backend: running, unhealthy",
        "backend: last probe: exit code 1",
        "backend:   HTTP Error 503",
        "backend | no such table",
    )


def test_a_migration_that_fails_leaves_what_serves_untouched(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("manage.py migrate", "Applying 0002\nno such column", 1)]
    with pytest.raises(StepFailed, match=r"release command failed: python manage.py migrate: no such col") as caught:
        world.deploy("new")
    assert caught.value.details == ("Applying 0002", "no such column")
    assert world.server.story == [*SENT, MIGRATE, "discard new"]
    assert world.server.current == "old"
    assert len(world.server.audit) == 1
    assert world.deployer.deployment is None


def test_a_limit_on_the_server_says_so(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("manage.py migrate", "Applying 0002", 124)]
    with pytest.raises(StepFailed, match="no answer within the time limit"):
        world.deploy("new")


def test_an_address_that_answers_with_another_release(world: World) -> None:
    world.server.deployed("old")
    world.public.wrong.add("new")
    with pytest.raises(
        DeployUndone, match=r"another release: 'another'; not healthy: backend .*; old serves again"
    ) as caught:
        world.deploy("new")
    assert len(world.public.asked) == 4
    assert caught.value.details[0] == "try 1: status 200 from another release: 'another'"


def test_digests_that_differ_from_the_release(world: World) -> None:
    world.server.deployed("old")
    world.server.runs_instead["new"] = world.server.known["old"]
    with pytest.raises(DeployUndone, match=r"other digests run than those of new: backend: sha256:.* runs instead of"):
        world.deploy("new")


def test_a_release_whose_manifest_was_lost_serves_again_too(world: World) -> None:
    world.server.deployed("one")
    world.server.damaged = {"one"}
    world.public.wrong = {"two"}
    with pytest.raises(DeployUndone, match="one serves again"):
        world.deploy("two")
    assert world.server.current == "one"
    world.public.wrong = set()
    assert world.deploy("two").outcome == "deployed"


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
def test_a_cancel_during_the_change_lets_the_server_undo_it(world: World, reason: ShiplaneError, told: str) -> None:
    world.server.deployed("old")
    world.server.hooks = [("roll .* new ", lambda: world.cancel.set(reason))]
    with pytest.raises(DeployUndone, match=told):
        world.deploy("new")
    undo = [f"roll old {PLACES} roll:backend:1", "discard new", "record"]
    assert world.server.story == [*SENT, MIGRATE, rolled("new"), *undo]
    assert world.server.current == "old"


def test_a_cancel_during_the_migration_leaves_what_serves(world: World) -> None:
    world.server.deployed("old")
    world.server.hooks = [("manage.py migrate", lambda: world.cancel.set(Interrupted()))]
    with pytest.raises(Interrupted):
        world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, "discard new"]


def test_a_cancel_before_the_change_is_only_that(world: World) -> None:
    world.server.deployed("old")
    world.server.hooks = [("pull --quiet", lambda: world.cancel.set(Interrupted("pull")))]
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
    world.server.hooks = [("roll .* new ", lambda: world.cancel.set(TAKEN))]
    broken(world, [*SENT, MIGRATE, rolled("new")], "let new serve")


def test_a_job_that_lost_the_lock_is_not_undone(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("roll .* new ", "", 5)]
    with pytest.raises(DeployBroken, match="taken over while new was put into service"):
        world.deploy("new")
    assert world.server.story == [*SENT, MIGRATE, rolled("new")]


def test_a_job_that_found_another_holder_before_it_began_changed_nothing(world: World) -> None:
    world.server.deployed("old")
    world.server.refuses = ["roll .* new "]
    with pytest.raises(Locked) as caught:
        world.deploy("new")
    assert caught.value.exit_code == 5
    assert world.server.story == [*SENT, MIGRATE]
    assert world.deployer.deployment.outcome == "undone"
    assert len(world.server.audit) == 1


@pytest.mark.parametrize("where", ["taken", "confirm"])
def test_a_failure_is_not_undone_on_a_server_that_another_holder_took(world: World, where: str) -> None:
    world.server.deployed("old")
    world.with_taken(TAKEN, where)
    world.public.wrong.add("new")
    broken(world, [*SENT, MIGRATE, rolled("new"), "evidence 20"], "verify new")


def test_nothing_is_recorded_after_another_holder_came_and_went(world: World) -> None:
    """As after a caller that stood still in a hook: what the other one recorded is the last word."""
    world.server.deployed("old")
    world.with_taken(TAKEN, "confirm")
    broken(world, [*SENT, MIGRATE, rolled("new")], "run the post-deploy hooks")


def test_an_undo_ends_where_another_holder_takes_the_server(world: World) -> None:
    world.server.deployed("old")
    world.public.wrong.add("new")
    world.server.hooks = [("roll .* old ", lambda: world.context.taken.set(TAKEN))]
    broken(world, [*SENT, MIGRATE, rolled("new"), "evidence 20", f"roll old {PLACES} roll:backend:1"], "verify new")


def test_files_are_not_taken_back_on_a_server_that_another_holder_took(world: World) -> None:
    world.server.deployed("old")
    world.with_taken(TAKEN, "confirm")
    world.server.hooks = [("pull --quiet", lambda: world.cancel.set(TAKEN))]
    with pytest.raises(Locked):
        world.deploy("new")
    assert world.server.story == SENT
    assert world.deployer.deployment is None


def test_a_lock_that_cannot_be_asked_for_does_not_keep_from_an_undo(world: World) -> None:
    world.server.deployed("old")
    world.with_taken(Unreachable("gone", "look"), "confirm")
    world.server.failures = [("roll .* new ", "no", 1)]
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")


def test_an_undo_that_fails_is_told_with_the_way_out(world: World) -> None:
    world.server.deployed("old")
    world.server.failures = [("roll .* new ", "first", 1), ("roll .* old ", "second", 1)]
    with pytest.raises(DeployBroken) as caught:
        world.deploy("new")
    assert caught.value.cause.endswith("bringing back old failed too: second")
    assert "ssh -p 22 deploy@192.0.2.1" in caught.value.fix
    assert world.server.audit[-1]["outcome"] == "failed"
    assert world.deployer.deployment.outcome == "failed"


GONE = ConnectionLost("gone", "look")


def test_a_job_whose_connection_is_lost_is_followed_again(world: World) -> None:
    world.server.deployed("old")
    world.server.raises = [("roll .* new ", GONE)]
    world.server.job_survives = True
    world.deploy("new")
    assert "gone: connecting again" in world.reports
    assert world.server.current == "new"


@pytest.mark.parametrize(("at", "error"), [("manage.py migrate", Unreachable), ("roll .* new ", DeployBroken)])
def test_a_job_that_was_never_begun_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, at: str, error: type[ShiplaneError]
) -> None:
    """Where no connection came about there is nothing to follow, now or in a minute."""
    world.server.deployed("old")
    world.server.raises = [(at, Unreachable("gone", "look")), ("roll .* old ", Unreachable("still gone", "look"))]
    monkeypatch.setattr(world.cancel, "sleep", lambda _seconds: pytest.fail("it waits"))
    with pytest.raises(error, match="gone"):
        world.deploy("new")
    assert not any("connecting again" in line for line in world.reports)
    assert not [command for command in world.server.commands if command.argv[3:4] == ("follow",)]


def test_a_server_that_stays_away_is_told_as_broken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "_RECONNECT_SECONDS", 0.0)
    world.server.deployed("old")
    world.server.raises = [("roll .* new ", GONE)]
    world.server.hooks = [("roll .* new ", lambda: setattr(world.server, "away", True))]
    with pytest.raises(DeployBroken, match="new failed: gone; bringing back old failed too: gone"):
        world.deploy("new")


def test_the_same_release_with_other_files_comes_back_with_the_old_ones(world: World) -> None:
    world.server.deployed("new")
    world.server.checksums["new"] = "other"
    world.server.adopts = "replaced"
    world.server.failures = [("roll .* new ", "no", 1)]
    with pytest.raises(DeployUndone, match="new serves again"):
        world.deploy("new")
    assert world.server.story[-3:] == ["discard new", f"roll new {PLACES} roll:backend:1", "record"]


def test_a_release_that_was_kept_is_not_removed_by_a_failed_deploy(world: World) -> None:
    world.server.deployed("new", "old")
    world.server.adopts = "same"
    world.server.failures = [("roll .* new ", "no", 1)]
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
    assert world.server.story == ["model /releases/two", "pull --quiet --policy missing", rolled("two"), "record two"]
    assert world.deployer.rollback().release == "one"
    with pytest.raises(UsageError, match="staging has no release before one"):
        world.deployer.rollback()


def test_rollback_of_a_change_that_was_cut_off_goes_to_what_served_last(world: World) -> None:
    world.server.deployed("one", "two", "three")
    del world.server.audit[-1]
    assert world.deployer.rollback().release == "two"


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


HTTP = "http://staging.test"


def test_rollback_to_a_release_from_before_the_first_certificate(world: World) -> None:
    world.server.deployed("one", "two")
    world.server.urls = {"one": HTTP}
    deployment = world.deployer.rollback()
    assert (deployment.release, deployment.url) == ("one", HTTP)
    assert world.public.asked == [f"GET {HTTP}/api/v1/status/"]
    assert world.reports[0] == f"one was made for {HTTP}, and answers there instead of https://staging.test"
    assert world.deployer.status()["url"] == HTTP
    world.deployer.rollback("one")
    assert world.reports[-1].endswith("nothing to do")
    assert world.deployer.rollback("two").url == "https://staging.test"


def test_a_deploy_that_fails_with_the_first_certificate_brings_back_what_had_none(world: World) -> None:
    world.server.deployed("old")
    world.server.urls = {"old": HTTP}
    world.public.wrong.add("new")
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    assert world.public.asked[-1] == f"GET {HTTP}/api/v1/status/"


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
    assert world.server.story[-1] == "record five never one two"
    assert sorted(world.server.known) == ["five", "four", "three"]
