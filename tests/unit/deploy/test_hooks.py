from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.config import Hook, Hooks
from shiplane.deploy import planned
from shiplane.deploy.rollout import Deployer
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, StepFailed, TimeLimit, Unreachable
from shiplane.model import Secret
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from conftest import World
    from shiplane.deploy.phases import Options
    from shiplane.model import Site

LOCAL = Hook(("./scripts/announce", "a b"))
HOST = Hook(("python", "manage.py", "check"), on="host", seconds=7)
UNDOING = replace(HOST, command=("python", "manage.py", "smoke"), undo=True)
ALL = Hooks((LOCAL, HOST), (UNDOING, LOCAL), (LOCAL, HOST))
ON_HOST = "run --rm -T --no-deps -e SHIPLANE_HOOK .* backend python manage.py check"


def hooked(world: World, hooks: Hooks, *answers: tuple[str, str, int]) -> RecordingRunner:
    """Let a world have hooks; give what runs those of the checkout."""
    local = RecordingRunner(answers)
    world.context = replace(world.context, options=replace(world.context.options, hooks=hooks), local=local)
    world.deployer = Deployer(world.context)
    return local


def positions(world: World, *parts: str) -> list[int]:
    """Give where parts stand in the story, which must hold them."""
    return [next(i for i, line in enumerate(world.server.story) if part in line) for part in parts]


def test_hooks_run_around_a_deploy_in_their_order(world: World) -> None:
    world.server.deployed("old")
    local = hooked(world, ALL)
    world.deploy("new")
    order = positions(
        world, "adopt new", "manage.py check", "manage.py migrate", "roll new", "manage.py smoke", "record"
    )
    assert order == sorted(order)
    assert [command.argv for command in local.commands] == [("./scripts/announce", "a b")] * 2
    before, after = (dict(command.env) for command in local.commands)
    assert before == {
        "SHIPLANE_HOOK": "pre-deploy",
        "SHIPLANE_ENVIRONMENT": "staging",
        "SHIPLANE_URL": "https://staging.test",
        "SHIPLANE_ACTION": "deploy",
        "SHIPLANE_RELEASE": "new",
        "SHIPLANE_COMMIT": "c" * 40,
        "SHIPLANE_BEFORE": "old",
        "SHIPLANE_RUN": "r1",
        "SHIPLANE_WHO": "me@here",
    }
    assert after == {**before, "SHIPLANE_HOOK": "post-deploy"}
    assert world.deployer.notes == []


def test_hooks_of_the_host_run_with_the_files_of_the_new_release(world: World) -> None:
    world.server.deployed("old")
    hooked(world, Hooks(pre_deploy=(HOST,)))
    world.deploy("new")
    [text] = [str(c.input_text()) for c in world.server.commands if "manage.py check" in str(c.input_text())]
    assert "cd -- deployments/app-staging/releases/new || exit 125" in text
    assert "export SHIPLANE_BEFORE=old" in text


def test_a_rollback_has_hooks_too(world: World) -> None:
    world.server.deployed("one", "two")
    local = hooked(world, Hooks(pre_deploy=(LOCAL,)))
    world.deployer.rollback()
    assert dict(local.commands[0].env)["SHIPLANE_ACTION"] == "rollback"


def test_what_runs_already_has_no_hooks(world: World) -> None:
    world.server.deployed("new")
    local = hooked(world, ALL)
    world.deploy("new")
    assert local.commands == []


@pytest.mark.parametrize("hook", [LOCAL, HOST])
def test_a_hook_before_that_fails_leaves_what_serves(world: World, hook: Hook) -> None:
    world.server.deployed("old")
    local = hooked(
        world, Hooks((hook,), on_failure=(replace(LOCAL, command=("./scripts/alert",)),)), ("announce", "no", 3)
    )
    world.server.failures = [("manage.py check", "no", 3)]
    with pytest.raises(StepFailed, match=r"^pre-deploy hook .* failed: .*no$") as caught:
        world.deploy("new")
    assert caught.value.exit_code == 3
    assert world.server.story[-1] == "discard new"
    assert world.server.current == "old"
    assert world.deployer.deployment is None
    told = dict(local.commands[-1].env)
    assert (told["SHIPLANE_OUTCOME"], told["SHIPLANE_SERVES"]) == ("unchanged", "old")
    assert told["SHIPLANE_CAUSE"] == caught.value.cause


def test_a_hook_before_a_first_deploy_leaves_nothing(world: World) -> None:
    hooked(world, Hooks((HOST,)))
    world.server.failures = [("manage.py check", "no", 3)]
    with pytest.raises(StepFailed):
        world.deploy("new")
    assert world.server.story[-2:] == ["clear - app-staging_old", "discard new"]


def test_a_hook_after_that_fails_is_told_and_undoes_nothing(world: World) -> None:
    world.server.deployed("old")
    hooked(world, Hooks(post_deploy=(LOCAL, replace(LOCAL, command=("./scripts/next",)))), ("announce", "oh\nno", 3))
    assert world.deploy("new").outcome == "deployed"
    told = "post-deploy hook ./scripts/announce 'a b' failed: exit code 3: no"
    assert world.deployer.notes == [told]
    assert told in world.reports
    assert "post-deploy hook ./scripts/next" in world.reports, "the others run"


def test_a_hook_after_that_decides_undoes_the_deploy(world: World) -> None:
    world.server.deployed("old")
    local = hooked(world, Hooks(post_deploy=(UNDOING, LOCAL), on_failure=(LOCAL,)))
    world.server.failures = [("manage.py smoke", "no", 1)]
    with pytest.raises(DeployUndone, match=r"post-deploy hook python manage\.py smoke failed: no; old serves again"):
        world.deploy("new")
    [failed] = local.commands
    assert dict(failed.env)["SHIPLANE_OUTCOME"] == "undone"


def test_hooks_of_a_failure_see_the_files_of_the_release(world: World) -> None:
    world.server.deployed("old")
    world.context.masker.add(Secret("S", "hunter22"))
    local = hooked(world, ALL)
    world.server.failures = [("roll .* new ", "no hunter22", 1)]
    world.server.evidence = "healthy"
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    told = dict(local.commands[-1].env)
    assert (told["SHIPLANE_HOOK"], told["SHIPLANE_OUTCOME"], told["SHIPLANE_SERVES"]) == ("on-failure", "undone", "old")
    assert "hunter22" not in told["SHIPLANE_CAUSE"]
    again, taken_back = positions(world, "SHIPLANE_CAUSE", "discard new")
    assert again < taken_back


def test_hooks_of_a_failure_that_fail_change_nothing(world: World) -> None:
    world.server.deployed("old")
    hooked(world, Hooks(on_failure=(LOCAL,)), ("announce", "no", 1))
    world.public.wrong.add("new")
    with pytest.raises(DeployUndone, match="old serves again"):
        world.deploy("new")
    assert world.deployer.notes == ["on-failure hook ./scripts/announce 'a b' failed: exit code 1: no"]


def test_hooks_hear_of_a_failure_that_cannot_be_undone(world: World) -> None:
    world.server.deployed("old")
    local = hooked(world, Hooks(on_failure=(LOCAL,)))
    world.server.failures = [("roll .* new ", "no", 1), ("roll .* old ", "no", 1)]
    with pytest.raises(DeployBroken):
        world.deploy("new")
    told = dict(local.commands[-1].env)
    assert (told["SHIPLANE_OUTCOME"], told["SHIPLANE_SERVES"]) == ("failed", "")


def test_hooks_of_a_failure_run_after_an_interruption(world: World) -> None:
    world.server.deployed("old")
    local = hooked(world, Hooks(on_failure=(LOCAL,)))
    world.server.hooks = [("roll .* new ", lambda: world.cancel.set(Interrupted()))]
    with pytest.raises(DeployUndone):
        world.deploy("new")
    assert dict(local.commands[-1].env)["SHIPLANE_CAUSE"] == "interrupted"


class Slow(RecordingRunner):
    def run(self, *_: object, **__: object) -> None:
        raise TimeLimit("./scripts/announce", 5)


def test_a_hook_that_does_not_end_in_time(world: World) -> None:
    world.server.deployed("old")
    hooked(world, Hooks(pre_deploy=(replace(LOCAL, seconds=5),)))
    world.context = replace(world.context, local=Slow())
    world.deployer = Deployer(world.context)
    with pytest.raises(StepFailed, match=r"pre-deploy hook \./scripts/announce 'a b' did not end within 5 s"):
        world.deploy("new")


def test_hooks_are_in_the_plan(site: Site, options: Options) -> None:
    hooks = replace(options, hooks=ALL)
    told = [
        f"{c.host}$ {' '.join(c.argv[-3:])}"
        for phase in planned.deploy(site, "new", hooks, None)
        for c in phase.commands
    ]
    assert told.index("local$ ./scripts/announce a b") < told.index("staging$ python manage.py check")
    assert told.index("staging$ python manage.py check") < told.index("staging$ python manage.py migrate")
    assert told[-2:] == ["staging$ python manage.py smoke", "local$ ./scripts/announce a b"]
    undo = [f"{c.host}$ {' '.join(c.argv[-3:])}" for p in planned.undo(site, "old", hooks) for c in p.commands]
    assert undo[1:] == ["local$ ./scripts/announce a b", "staging$ python manage.py check"]


def test_what_was_not_tidied_up_is_told(world: World) -> None:
    world.server.deployed("old")
    world.server.untidy = ["releases/x was not removed"]
    assert world.deploy("new").outcome == "deployed"
    assert world.deployer.notes == ["releases/x was not removed"]


def test_a_server_that_falls_silent_after_the_record_does_not_fail_the_deploy(world: World) -> None:
    world.server.deployed("old")
    said = world.server.run

    def run(command: object, **words: object) -> object:
        done = said(command, **words)
        if "record" in command.argv:
            raise Unreachable("gone", "look")
        return done

    world.server.run = run
    assert world.deploy("new").outcome == "deployed"
