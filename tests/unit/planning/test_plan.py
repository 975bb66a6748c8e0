from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from samples import COMMIT, CONFIG, HARD, NAMING, make_facts
from shiplane.config import Vpn
from shiplane.facts.let_through import LetThrough
from shiplane.model import Command, Event, Plan, Secret
from shiplane.model.event import EVENT_NAMES
from shiplane.planning import make, stages_for
from shiplane.planning.inputs import Declared

if TYPE_CHECKING:
    from shiplane.config import Config

VPN = dataclasses.replace(CONFIG, vpn=Vpn("tailscale"))


def deploy_commands(environment: str) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    login = Command(("docker", "login"), stdin=Secret("REGISTRY_PASSWORD", HARD), host=environment)
    return (login, Command(("up", environment), host=environment)), (Command(("back", environment), host=environment),)


def plan(
    event: Event, target: str = "lab", edits: str = "", config: Config = CONFIG, ignored: tuple[LetThrough, ...] = ()
) -> Plan:
    facts = dataclasses.replace(make_facts(edits), let_through=ignored)
    return make(event, config, facts, target, NAMING, deploy_commands, Declared(config, facts), ("a note",))


def test_what_carries_out_each_step() -> None:
    made = plan(Event("push", "main", COMMIT), "remote", config=VPN)
    assert {step.id: (step.action, step.environment, step.host) for step in made.steps} == {
        "build.clean": ("process", "", "local"),
        "build.bases": ("bases", "", "local"),
        "build.images": ("development", "", "local"),
        "build.test-runner": ("test-runner", "", "local"),
        "test.backend": ("process", "", "local"),
        "test.frontend": ("process", "", "local"),
        "test.lint": ("process", "", "local"),
        "test.lint-frontend": ("process", "", "local"),
        "test.lint-backend": ("process", "", "local"),
        "publish.images": ("images", "", "local"),
        "publish.push": ("publish", "", "local"),
        "staging.vpn": ("vpn", "staging", "local"),
        "staging.deploy": ("deploy", "staging", "staging"),
        "staging.verify": ("verify", "staging", "local"),
        "e2e.tests": ("e2e", "staging", "local"),
        "production.vpn": ("vpn", "production", "local"),
        "production.deploy": ("promote", "production", "production"),
        "production.verify": ("verify", "production", "local"),
    }


def test_a_deploy_carries_its_commands_and_their_undo() -> None:
    made = plan(Event("push", "feature/x", COMMIT))
    [deploy] = [step for step in made.steps if step.id == "staging.deploy"]
    assert (deploy.commands, deploy.undo) == deploy_commands("staging")


def test_files_that_git_ignores_and_images_take_in_are_named() -> None:
    ignored = tuple(LetThrough(f"a/{number}", f"a/{number}", "a/.dockerignore") for number in range(4))
    event = Event("push", "main", COMMIT)
    _, *told, last = plan(event, "remote", "abcdef12", ignored=ignored).notes
    assert (told, last) == ([f"{one.cause}: {one.fix}" for one in ignored[:3]], "a note")


def test_notes_and_reason_are_kept() -> None:
    made = plan(Event("push", "main", COMMIT), edits="abcdef12")
    assert made.notes == ("uncommitted edits ship too, as 664a230c1f2e-dirty-abcdef12", "a note")
    assert made.release == "664a230c1f2e-dirty-abcdef12"
    assert plan(Event("pull_request", "main", COMMIT), edits="abcdef12").notes == ("a note",)
    empty = plan(Event("push", "fix/y", COMMIT))
    assert (empty.stages, empty.release) == ((), "")
    assert empty.reason == "branch fix/y is none of main, feature/*: nothing to do"


def test_limits_are_those_of_the_configuration() -> None:
    config = dataclasses.replace(CONFIG, limits=dataclasses.replace(CONFIG.limits, build=60, e2e=30))
    made = plan(Event("push", "main", COMMIT), config=config)
    assert [(stage.name, stage.clock, stage.timeout_seconds) for stage in made.stages] == [
        ("build", "build", 60),
        ("test", "build", 60),
        ("publish", "build", 60),
        ("staging", "staging", 1200),
        ("e2e", "e2e", 30),
        ("production", "production", 1200),
    ]


def test_any_number_of_components_is_built_and_those_with_suites_are_tested() -> None:
    shop = dataclasses.replace(CONFIG.components[0], name="shop", context="shop")
    config = dataclasses.replace(CONFIG, components=(shop,))
    facts = make_facts()
    facts = dataclasses.replace(facts, components=(dataclasses.replace(facts.components[0], name="shop"),))
    event = Event("push", "main", COMMIT)
    made = make(event, config, facts, "lab", NAMING, deploy_commands, Declared(config, facts))
    steps = {step.id: step for step in made.steps}
    assert [name for name in steps if name.startswith("test.")] == ["test.lint"]
    assert steps["build.images"].makes == ("shop-dev:1.0.0",)
    assert list(json.loads(steps["publish.images"].definition)["target"]) == ["shop-production"]


BRANCHES = st.one_of(st.sampled_from(["main", "feature/x", "latest"]), st.text(min_size=1))
EVENTS = st.builds(Event, st.sampled_from(EVENT_NAMES), BRANCHES, st.just(COMMIT))


@given(EVENTS, st.sampled_from(["lab", "remote"]), st.sampled_from(["", "abcdef12"]), st.sampled_from([CONFIG, VPN]))
def test_any_plan_holds_together_and_shows_no_secret(event: Event, target: str, edits: str, config: Config) -> None:
    made = plan(event, target, edits, config)
    assert tuple(stage.name for stage in made.stages) == stages_for(event, config)[0]
    text = json.dumps(made.to_json())
    assert text == json.dumps(plan(event, target, edits, config).to_json())
    assert HARD not in text
    assert json.dumps(HARD)[1:-1] not in text
    known: set[str] = set()
    for step in made.steps:
        assert step.id not in known
        assert known.issuperset(step.needs)
        known.add(step.id)
