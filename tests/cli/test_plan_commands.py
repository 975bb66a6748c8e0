"""`plan` and every dry run: what is printed, and that nothing but questions to git is run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkouts import PLAN_QUESTIONS, QUESTIONS, git_answers, make_checkout, without_hashes
from samples import CONFIG_TEXT, make_release
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from projects import Project

CASE = Path(__file__).parents[1] / "cases" / "plans" / "push-main-lab.json"
REMOTE = {"REPOSITORY_OWNER": "acme"}


def test_plan_as_json_has_the_fields_of_the_commands_page(project: Project) -> None:
    ended = project.invoke("plan --json")
    assert (ended.code, ended.err) == (0, "")
    assert set(ended.json) == {"event", "target", "release", "reason", "notes", "stages"}
    assert set(ended.json["event"]) == {"name", "branch", "commit"}
    assert [stage["name"] for stage in ended.json["stages"]] == [
        *("build", "test", "publish", "staging", "e2e", "production")
    ]
    for stage in ended.json["stages"]:
        assert set(stage) == {"name", "timeout_seconds", "steps"}
        for step in stage["steps"]:
            assert {"id", "title", "needs", "host", "commands", "undo", "decision", "estimate_seconds"} <= set(step)
    limits = {stage["name"]: stage["timeout_seconds"] for stage in ended.json["stages"]}
    assert limits == {"build": 2700, "test": 2700, "publish": 2700, "staging": 1200, "e2e": 1800, "production": 1200}
    assert project.transcript == PLAN_QUESTIONS


def test_plan_as_json_is_the_plan_of_the_case(project: Project) -> None:
    text = json.dumps(project.invoke("plan --json").json)
    assert json.loads(without_hashes(text)) == json.loads(CASE.read_text())["plan"]


def test_the_same_command_prints_the_same_bytes(project: Project) -> None:
    assert project.invoke("plan --json").out == project.invoke("plan --json").out
    assert project.invoke("plan").out == project.invoke("plan").out


def test_plan_for_people(project: Project) -> None:
    lines = project.invoke("plan --event pull_request --branch feature/x").out.splitlines()
    assert lines[0] == "pull_request on feature/x at 664a230c1f2e, target lab"
    assert "  test.backend  backend tests" in lines
    assert not [line for line in lines if "staging" in line]
    assert project.transcript == PLAN_QUESTIONS


def test_a_plan_as_a_drawing(project: Project) -> None:
    lines = project.invoke("plan --graph").out.splitlines()
    assert lines[0] == "flowchart LR"
    assert '  subgraph production["production"]' in lines
    for more in ("--json", "--survey"):
        refused = project.invoke(f"plan --graph {more}")
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("--graph prints a drawing alone\nfix: leave --json and --survey out\n")


def test_a_plan_shows_what_is_built_from_what(project: Project) -> None:
    platforms = CONFIG_TEXT.replace('context = "backend"', 'context = "backend"\nplatforms = ["linux/arm64"]')
    make_checkout(project.folder, {"pyproject.toml": platforms})
    lines = [line.strip() for line in project.invoke("plan").out.splitlines() if line.startswith("    builds ")]
    assert lines == [
        "builds backend-dev:1.0.0 from backend, target development, for linux/arm64",
        "builds frontend-dev:1.0.0 from frontend, target development",
        "builds test-runner:local from testing",
        "builds backend:1.0.0-664a230c1f2e from backend, target production, for linux/arm64",
        "builds frontend:1.0.0-664a230c1f2e from frontend, target production",
    ]
    assert project.transcript == PLAN_QUESTIONS


def test_an_empty_plan_says_why_and_succeeds(project: Project) -> None:
    project.answers(*git_answers(branch="fix/y"))
    for command in ("plan", "pipeline", "pipeline --dry-run"):
        ended = project.invoke(command)
        assert ended.code == 0
        assert "nothing to do: branch fix/y is none of main, feature/*: nothing to do" in ended.out
    assert project.transcript == QUESTIONS * 3
    assert project.runs == []


@pytest.mark.parametrize(
    ("environ", "event"),
    [
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_HEAD_REF": "feature/y"}, ("pull_request", "feature/y")),
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "feature/y"}, ("push", "feature/y")),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF_NAME": "main"}, ("manual", "main")),
        ({}, ("push", "main")),
    ],
)
def test_github_tells_the_event(project: Project, environ: dict[str, str], event: tuple[str, str]) -> None:
    told = project.invoke("plan --json", **environ).json["event"]
    assert (told["name"], told["branch"]) == event


DRY = [
    "pipeline --dry-run",
    "pipeline --dry-run --target remote",
    "pipeline --dry-run --until test",
    "pipeline --dry-run --event pull_request",
    "publish --dry-run",
    "publish --dry-run --target remote",
    "rollback --env production --dry-run",
    "rollback --env staging --to abc --dry-run --target remote",
    "e2e --env staging --dry-run",
]


@pytest.mark.parametrize("line", DRY)
def test_a_dry_run_asks_git_alone(project: Project, line: str) -> None:
    ended = project.invoke(line, **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.strip() != ""
    assert set(project.transcript) <= set(PLAN_QUESTIONS)
    assert project.world.servers == {}
    assert project.runs == []


@pytest.mark.parametrize("line", ["plan --target remote", "pipeline --target remote --dry-run"])
def test_a_plan_asks_no_source_of_secrets(project: Project, line: str) -> None:
    source = '[tool.shiplane.secrets]\ncommand = ["op", "inject"]\nfile = "gone.env"\n'
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + source)
    project.answers(("op inject", "it needs your finger", 1))
    ended = project.invoke(line, REPOSITORY_OWNER="acme")
    assert (ended.code, ended.err) == (0, "")
    assert "login --username REGISTRY_USER --password-stdin ghcr.io" in re.sub(r" \\\n +", " ", ended.out)
    assert "[tool.shiplane.secrets] is asked by the run alone" in re.sub(r"\s+", " ", ended.out)
    assert set(project.transcript) <= set(PLAN_QUESTIONS)


def test_a_deploy_with_its_tests_is_two_stages_one_after_the_other(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    Store(project.folder).save_release("remote", make_release("r1"))
    line = "deploy --env staging --release r1 --e2e --strategy recreate --target remote --dry-run"
    ended = project.invoke(line, **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    steps = [words for words in (re.match(r"  (\w+\.[\w-]+)  ", each) for each in lines) if words]
    names = ["staging.vpn", "staging.deploy", "staging.verify", "e2e.bases", "e2e.runner", "e2e.tests"]
    assert [found[1] for found in steps] == names
    # Each waits for the one before, so that the limit of the second stage begins when the first has ended.
    needs = [each.strip() for each in lines if each.startswith("    needs ")]
    assert needs == [f"needs {name}" for name in names[:-1]]
    assert [each for each in lines if each.startswith(("staging", "e2e"))] == [
        "staging · at most 20 min",
        "e2e · at most 30 min",
    ]
    assert project.world.servers == {}


def test_a_dry_run_shows_the_undo_and_its_host(project: Project) -> None:
    out = project.invoke("pipeline --dry-run").out
    assert "  staging.deploy  put the release on staging  (on staging)" in out
    assert "    undo: staging$ bash -s roll deployments/app-staging" in out


HOOKS = """
[[tool.shiplane.hooks.pre-deploy]]
command = ["./scripts/announce", "a b"]

[[tool.shiplane.hooks.post-deploy]]
command = ["python", "manage.py", "check"]
on = "host"

[[tool.shiplane.hooks.on-failure]]
command = ["./scripts/alert"]
"""


@pytest.mark.parametrize("line", ["plan", "rollback --env staging --dry-run"])
def test_hooks_are_shown_where_they_run(project: Project, line: str) -> None:
    make_checkout(project.folder, {"pyproject.toml": CONFIG_TEXT + HOOKS})
    lines = project.invoke(line).out.splitlines()
    once = "--no-deps --label dev.shiplane.once=1 backend python manage.py check"
    shown = [
        next(number for number, told in enumerate(lines) if part in told)
        for part in ("    $ ./scripts/announce 'a b'", "bash -s roll", once, "undo: $ ./scripts/alert")
    ]
    assert shown == sorted(shown)
    assert lines[shown[2]].startswith(("    staging$ docker compose", "        "))


def test_until_ends_the_plan_after_its_stage(project: Project) -> None:
    out = project.invoke("pipeline --dry-run --until test").out
    stages = [line.partition(" · ")[0] for line in out.splitlines() if " · " in line]
    assert stages == ["build", "test"]


def test_publish_plans_the_tags_of_its_own_branch(project: Project) -> None:
    """A branch's publish moves the branch's tag; latest is main's alone."""
    project.answers(*git_answers(branch="feature/x"))
    out = project.invoke("publish --dry-run --target remote", **REMOTE).out
    pushed = re.findall(r"docker push --quiet ghcr\.io/acme/app-backend:(\S+)", out)
    assert pushed == ["1.0.0-664a230c1f2e", "1.0.0", "feature-x"]
    assert "push on feature/x" in out


@pytest.mark.parametrize(
    ("branch", "tags"), [("main", ["main", "latest"]), ("fix/y", ["fix-y"]), ("feature/x", ["feature-x"])]
)
def test_publish_takes_any_branch(project: Project, branch: str, tags: list[str]) -> None:
    out = project.invoke(f"publish --dry-run --branch {branch}").out
    pushed = re.findall(r"docker push --quiet registry\.lab/lab/app-frontend:(\S+)", out)
    assert pushed == ["1.0.0-664a230c1f2e", "1.0.0", *tags]
    stages = [line.partition(" · ")[0] for line in out.splitlines() if " · " in line]
    assert stages == ["build", "publish"]


@pytest.mark.parametrize("line", ["publish --rebuild --dry-run", "pipeline --rebuild --dry-run --until publish"])
def test_a_rebuild_shows_that_no_published_image_counts(project: Project, line: str) -> None:
    out = project.invoke(line).out
    assert "  publish.images  production images, built anew\n    runs: no published image shall count\n" in out
    assert "    $ .venv/bin/nox -s images -- production --no-cache\n" in out
    assert set(project.transcript) <= set(PLAN_QUESTIONS)


@pytest.mark.parametrize("words", ["--event pull_request", "--until test"])
def test_a_rebuild_of_nothing_is_refused(project: Project, words: str) -> None:
    ended = project.invoke(f"pipeline --rebuild {words} --plain")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("--rebuild has nothing to build anew: this plan publishes no images")


def test_build_dry_run(project: Project) -> None:
    assert project.invoke("build --dry-run").out == "$ .venv/bin/nox -s images\n"
    assert project.transcript == []


def test_versions(project: Project) -> None:
    found = {"backend": "backend/config/__init__.py", "frontend": "frontend/package.json"}
    shown = {name: {"version": "1.0.0", "file": file} for name, file in found.items()}
    assert project.invoke("version.show --json").json == shown
    assert project.transcript == QUESTIONS
