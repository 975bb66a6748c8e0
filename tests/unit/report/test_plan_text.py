import shlex
from dataclasses import replace

import pytest

from shiplane.model import Command, Plan, Retry, Stage, Step
from shiplane.report.plan_text import render_plan, style_plan

WHOLE = """\
push on main at 664a230c1f2e, target lab
release 1.0.0-664a230c1f2e
note: base images are stand-ins made from Debian packages

build · at most 45 min, one clock with test and publish
  build.images  development images
    $ .venv/bin/nox -s images

test · at most 45 min, one clock with build and publish
  test.backend  backend tests
  test.frontend  frontend tests

publish · at most 45 min, one clock with build and test
  publish.push  push
    $ docker login --password-stdin registry < <REGISTRY_PASSWORD>

staging · at most 20 min
  staging.rollout  recreate  (on staging)
    needs publish.push
    staging$ docker compose up -d --force-recreate
    undo: staging$ ln -sfn releases/1.0.0-aaaaaaaaaaaa current
  staging.verify  the public address answers
    needs staging.rollout

e2e · at most 30 min
  e2e.playwright  Playwright against staging
    needs staging.verify

production · at most 20 min
  production.rollout  recreate  (on production)"""


def with_command(plan: Plan, *argv: str) -> Plan:
    return replace(plan, stages=(Stage("build", 2700, "build", (Step("s", "", commands=(Command(argv),)),)),))


def test_a_whole_plan(plan: Plan) -> None:
    assert render_plan(plan) == WHOLE
    assert style_plan(plan).plain == render_plan(plan)


def test_an_empty_plan_says_why(plan: Plan) -> None:
    empty = replace(plan, stages=(), notes=(), release="", reason="branch docs leads to nothing")
    assert render_plan(empty).splitlines()[1:] == ["nothing to do: branch docs leads to nothing"]


def test_long_commands_are_broken_between_arguments(plan: Plan) -> None:
    argv = ("docker", "buildx", "build", *(f"--build-arg=NAME_{n}=it's value {n}" for n in range(9)), ".")
    lines = render_plan(with_command(plan, *argv)).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("    $ "))
    command = lines[begin:]
    assert max(map(len, command)) <= 100
    assert [line.endswith(" \\") for line in command] == [True] * (len(command) - 1) + [False]
    assert all(line.startswith("        '--build-arg") for line in command[1:])
    joined = " ".join(line.removesuffix("\\") for line in command)
    assert tuple(shlex.split(joined.removeprefix("    $ "))) == argv


@pytest.mark.parametrize("argument", ["a b " * 40, 'it\'s "x" ' * 20, "x" * 300, ""])
def test_what_is_quoted_is_never_broken(plan: Plan, argument: str) -> None:
    lines = render_plan(with_command(plan, "echo", argument, "end")).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("    $ "))
    joined = " ".join(line.removesuffix(" \\").strip() for line in lines[begin:])
    assert shlex.split(joined.removeprefix("$ ")) == ["echo", argument, "end"]


def test_the_lines_of_a_script_stay_lines(plan: Plan) -> None:
    lines = render_plan(with_command(plan, "sh", "-c", "set -e\necho done")).splitlines()
    assert lines[-2:] == ["    $ sh -c 'set -e", "        echo done'"]


def test_limits_and_tries_of_a_step_are_told(plan: Plan) -> None:
    retry = Retry(3, 5, "the network")
    steps = (
        Step("a.1", "one", timeout_seconds=600),
        Step("a.2", "two", retry=retry),
        Step("a.3", "three", ("a.1",), timeout_seconds=90, retry=retry),
    )
    told = render_plan(replace(plan, stages=(Stage("a", 60, "a", steps),))).splitlines()
    assert told[-7:] == [
        "  a.1  one",
        "    at most 10 min a try",
        "  a.2  two",
        "    up to 3 tries from 5 s apart: the network",
        "  a.3  three",
        "    at most 1 min 30 s a try, up to 3 tries from 5 s apart: the network",
        "    needs a.1",
    ]
