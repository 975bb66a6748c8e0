"""Whole runs on recordings: what ran where, the journal, the table, the exit code."""

from __future__ import annotations

import gzip
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from checkouts import PLAN_QUESTIONS, git_answers
from machines import BASES, sessions
from registries import RegistryMachine
from samples import HARD
from shiplane.facts import machine_tools
from shiplane.model import STEP_NAMES
from shiplane.pipeline.journal import read
from shiplane.pipeline.store import Store
from workflows import obeyed
from worlds import RecordedWorld

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Project

NOX = "SHIPLANE_RUN=664a230c1f2e .venv/bin/nox -s"
PROJECT = "lint -- project"
"""What needs no image: it runs beside the build."""
IN_IMAGES = ("tests_backend", "tests_frontend", "lint -- frontend", "lint -- backend")
CHECKS = tuple(f"test.{name}" for name in STEP_NAMES["test"])


def test_a_pull_request_is_built_and_tested(project: Project) -> None:
    project.answers(*BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert (ended.code, ended.err) == (0, "")
    in_order = [name for name in sessions(project) if name != PROJECT]
    assert in_order[:2] == ["clean", "images -- development"]
    assert sorted(in_order[2:]) == sorted(IN_IMAGES)
    assert {f"local$ {NOX} {name}" for name in (*IN_IMAGES, PROJECT)} <= set(project.transcript)
    assert project.world.servers == {}
    [folder] = project.runs
    records = read(folder)
    assert (records[0]["kind"], records[-1]["kind"]) == ("run_started", "run_ended")
    assert (records[-1]["status"], records[-1]["exit_code"]) == ("passed", 0)
    stages = {record["stage"]: record["status"] for record in records if record["kind"] == "stage_ended"}
    assert stages == {"build": "passed", "test": "passed"}


def test_old_runs_go_but_those_whose_results_count(project: Project) -> None:
    for _ in range(2):
        project.answers(*BASES)
        assert project.invoke("pipeline --event pull_request --plain").code == 0
    first, second = sorted(project.runs)
    shutil.copytree(first, first.with_name("0"))
    for path in (project.folder / ".shiplane/runs").rglob("*"):
        os.utime(path, (0, 0))
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --plain", SHIPLANE_SET_KEEP_RUNS="1").code == 0
    assert sorted(folder.name for folder in project.runs) == [first.name, str(int(second.name) + 1)]


def test_what_a_run_built_is_tested_whatever_the_names_mean_by_then(project: Project) -> None:
    names = ("backend-dev:1.0.0", "frontend-dev:1.0.0")
    rows = "\n".join(f'sha256:{name[0]}\t["{name}"]' for name in names)
    held = (f"image inspect .*Id.* {' '.join(names)}$", rows, 0)
    told = """SHIPLANE_IMAGES='{"backend-dev:1.0.0": "sha256:b", "frontend-dev:1.0.0": "sha256:f"}'"""
    for code, built in ((3, 1), (0, 0)):  # the second goes by the images of the first
        project.answers(held, ("nox -s lint -- frontend", "no", code), *BASES)
        assert project.invoke("pipeline --event pull_request --plain").code == code
        tests = [line for line in project.transcript if "SHIPLANE_RUN=" in line and not line.endswith(PROJECT)]
        assert tests != []
        assert [line for line in tests if told not in line] == []
        assert sessions(project).count("images -- development") == built


def test_in_a_workflow_steps_are_groups_and_the_job_has_a_summary(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("what stood there before\n")
    project.answers(("nox -s tests_backend", "::add-mask::x\n##[error]no", 1), *BASES)
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page), "GITHUB_RUN_NUMBER": "7"}
    ended = project.invoke("pipeline --event pull_request", **variables)
    assert ended.code == 3
    orders = obeyed(ended.out)
    groups = {each.split(":")[4] for each in orders if each.startswith("::group::")}
    built = {f"build.{name}" for name in ("bases", "clean", "images")}
    assert groups == {*built, *CHECKS}
    assert orders.count("::endgroup::") == len(groups)
    others = [each for each in orders if not each.startswith(("::group::", "::endgroup::"))]
    assert others == ["::error title=backend tests::backend tests failed with exit code 1"]
    assert "::add-mask::x" in ended.out
    assert page.read_text().startswith("what stood there before\n## ✗ Run 7: failed in ")


def test_what_a_build_prints_gives_a_workflow_no_orders(project: Project) -> None:
    project.answers(("docker info", "29.1|overlayfs", 0), ("nox -s images", "::add-mask::x\nbuilt", 0))
    ended = project.invoke("build", GITHUB_ACTIONS="true")
    assert (ended.code, obeyed(f"{ended.out}::notice::after")) == (0, ["::notice::after"])
    assert ended.out.splitlines()[1:-1] == ["$ .venv/bin/nox -s images", "::add-mask::x", "built"]
    project.patch.delenv("GITHUB_ACTIONS")
    assert project.invoke("build").out == "$ .venv/bin/nox -s images\n::add-mask::x\nbuilt\n"


def test_every_failure_of_the_tests_is_told_and_nothing_is_published(project: Project) -> None:
    failures = [(f"nox -s {name}", f"{name} says no", 1) for name in ("tests_backend", "lint -- frontend")]
    project.answers(*failures, *BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 3
    for title, name in (("backend tests", "tests_backend"), ("code quality: frontend", "lint -- frontend")):
        assert f"{title} failed with exit code 1" in ended.out
        assert f"{name} says no" in ended.out
        assert f".venv/bin/nox -s {name}" in ended.out
    assert "tests_frontend" in sessions(project)
    ends = {record["step"]: record["status"] for record in read(project.runs[0]) if record["kind"] == "step_ended"}
    assert ends == {
        **dict.fromkeys(("build.clean", "build.bases", "build.images", *CHECKS), "passed"),
        **dict.fromkeys(("test.backend", "test.lint-frontend"), "failed"),
    }


def test_a_build_that_fails_skips_the_rest(project: Project) -> None:
    project.answers(("nox -s images", "ERROR: no space left on device", 1), *BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 3
    assert set(sessions(project)) == {"clean", "images -- development", PROJECT}
    assert "ERROR: no space left on device" in ended.out
    records = read(project.runs[0])
    assert [(r["stage"], r["status"]) for r in records if r["kind"] == "stage_ended"] == [
        ("build", "failed"),
        ("test", "skipped"),
    ]


def test_steps_run_side_by_side_as_they_may(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --parallel 1 --plain").code == 0
    assert sessions(project)[2:] == [*IN_IMAGES[:2], PROJECT, *IN_IMAGES[2:]]
    ended = project.invoke("pipeline --parallel -1")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("-1 steps cannot run side by side")


def test_a_failure_ends_the_run_at_once_where_that_is_asked(project: Project) -> None:
    project.answers(("nox -s tests_backend", "no", 1), *BASES)
    ended = project.invoke("pipeline --event pull_request --parallel 1 --fail-fast --plain")
    assert ended.code == 3
    assert sessions(project)[2:] == ["tests_backend"]
    ends = {record["step"]: record["status"] for record in read(project.runs[0]) if record["kind"] == "step_ended"}
    assert ends == {
        **dict.fromkeys(("build.clean", "build.bases", "build.images"), "passed"),
        **dict.fromkeys(CHECKS, "cancelled"),
        "test.backend": "failed",
    }


def test_a_step_that_may_is_tried_again(project: Project) -> None:
    with (project.folder / "pyproject.toml").open("a") as config:
        config.write('\n[tool.shiplane.steps.test.lint]\ntries = 2\nwait_seconds = 1\nreason = "the moon"\n')
    project.answers(("nox -s lint", "no", 1), *BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 3
    assert sessions(project).count(PROJECT) == 2
    [told] = [record for record in read(project.runs[0]) if record["kind"] == "step_retried"]
    assert (told["step"], told["of"], told["reason"], told["wait_seconds"]) == ("test.lint", 2, "the moon", 1)


REMOTE = {
    "REPOSITORY_OWNER": "acme",
    "CONTAINER_REGISTRY": "registry.test",
    "REGISTRY_USER": "me",
    "REGISTRY_PASSWORD": HARD,
}


def ends(project: Project, run: int) -> dict[str, tuple[str, str, str]]:
    """Give how each step of a run ended: status, how, and from which run."""
    folder = project.folder / ".shiplane" / "runs" / str(run)
    found = (record for record in read(folder) if record["kind"] == "step_ended")
    return {each["step"]: (each["status"], each["how"], each["reused_from"]) for each in found}


def test_what_passed_for_the_same_inputs_is_not_repeated(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    first = len(sessions(project))
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 0
    assert "test.backend reused from run 1: nothing that it depends on changed since run 1" in ended.out
    assert len(sessions(project)) == first
    assert ends(project, 2) == {
        **dict.fromkeys(("build.clean", "build.bases", "build.images"), ("passed", "not needed", "")),
        **dict.fromkeys(CHECKS, ("passed", "reused", "1")),
    }
    assert project.invoke("pipeline --event pull_request --no-reuse --plain").code == 0
    assert len(sessions(project)) == 2 * first
    assert set(ends(project, 3).values()) == {("passed", "ran", "")}


def test_what_failed_is_repeated_and_what_changed_runs_alone(project: Project) -> None:
    project.answers(("nox -s lint -- project", "no", 1), *BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 3
    edited = ("git ls-files --modified", "frontend/package.json\0", 0)
    (project.folder / "frontend/package.json").write_text('{"version": "1.0.0", "name": "x"}\n')
    project.answers(edited, *BASES)
    ended = project.invoke("plan --event pull_request")
    assert "reused: nothing that it depends on changed since run 1" in ended.out
    assert "runs: frontend/package.json changed since run 1" in ended.out
    assert "runs: no result of it is known" in ended.out
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    assert ends(project, 2) == {
        **dict.fromkeys(("build.clean", "build.bases", "build.images", *CHECKS), ("passed", "ran", "")),
        **dict.fromkeys(("test.backend", "test.lint-backend"), ("passed", "reused", "1")),
    }


def test_what_needs_no_image_has_none_built(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    (project.folder / "noxfile.py").write_text("# new\n")
    project.answers(("git ls-files --modified", "noxfile.py\0", 0), *BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    assert sessions(project) == [PROJECT]
    assert ends(project, 2) == {
        **dict.fromkeys(("build.clean", "build.bases", "build.images"), ("passed", "not needed", "")),
        **dict.fromkeys(CHECKS, ("passed", "reused", "1")),
        "test.lint": ("passed", "ran", ""),
    }


def test_tools_that_changed_repeat_what_they_were_used_for(project: Project) -> None:
    def ran(ruff: str, compose: str) -> set[str]:
        project.answers(("docker info", f"26.1|[]|buildx v0.13 compose {compose}", 0), *BASES)
        project.patch.setattr(machine_tools, "installed", lambda: {"python": "3.11.2", "python/ruff": ruff})
        ended = project.invoke("pipeline --event pull_request --plain")
        assert ended.code == 0, ended
        return set(sessions(project))

    tests = {"tests_backend", "tests_frontend"}
    assert ran("0.14.5", "v2.26") == {"clean", "images -- development", *IN_IMAGES, PROJECT}
    assert ran("0.14.5", "v2.26") == set()
    project.answers(*BASES)
    project.patch.setattr(machine_tools, "installed", lambda: {"python": "3.11.2", "python/ruff": "0.14.6"})
    assert "runs: tool python/ruff changed since run 1" in project.invoke("plan --event pull_request").out
    assert set(project.transcript) <= set(PLAN_QUESTIONS), "no engine is asked by a plan"
    assert ran("0.14.6", "v2.26") == {PROJECT}
    assert ran("0.14.6", "v2.26") == set()
    assert ran("0.14.6", "v2.27") == {"clean", *tests, PROJECT}


@pytest.fixture
def published(project: Project) -> Project:
    """Play an engine that holds the production images and a registry that is empty."""
    local = {f"{name}:1.0.0-664a230c1f2e": f"sha256:{name}" for name in ("backend", "frontend")}
    project.world = RecordedWorld()
    project.world.machine = RegistryMachine([*BASES, *git_answers()], local)
    return project


def test_a_publish_to_a_remote_registry(published: Project) -> None:
    ended = published.invoke("publish --target remote --plain", **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    tags = ("1.0.0-664a230c1f2e", "1.0.0", "main", "latest")
    references = [f"registry.test/acme/app-{name}:{tag}" for name in ("backend", "frontend") for tag in tags]
    assert [c.argv[-1] for c in published.world.machine.commands if c.argv[1] == "push"] == references
    assert sessions(published) == ["images -- production"]
    assert published.world.servers == {}
    release = Store(published.folder).release("remote", "664a230c1f2e")
    assert release is not None
    assert release.digests() == {"backend": "sha256:backend", "frontend": "sha256:frontend"}


def test_a_release_that_is_published_again_stays_the_same(published: Project) -> None:
    for number in (1, 2):
        assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
        assert len(published.runs) == number
    one, two = (
        next(each["release"] for each in read(run) if each["kind"] == "release_published") for run in published.runs
    )
    assert one == two


def test_another_commit_of_the_same_inputs_is_not_built_again(published: Project) -> None:
    assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
    other = "f" * 40
    published.world.machine.answers.insert(0, ("git log -1 --format=%H%x00%an", f"{other}\0Ada\0Docs\0HEAD -> main", 0))
    published.world.machine.commands.clear()
    assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
    assert sessions(published) == []
    release = Store(published.folder).release("remote", other[:12])
    assert release is not None
    assert release.digests() == {"backend": "sha256:backend", "frontend": "sha256:frontend"}
    assert published.world.machine.remote["registry.test/acme/app-backend:1.0.0-ffffffffffff"] == "sha256:backend"


def test_a_registry_that_was_emptied_is_filled_from_the_engine(published: Project) -> None:
    machine = published.world.machine
    assert isinstance(machine, RegistryMachine)
    assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
    held = dict(machine.remote)
    machine.remote.clear()
    machine.local |= {
        f"registry.test/acme/app-{name}@sha256:{name}": f"sha256:{name}" for name in ("backend", "frontend")
    }
    machine.commands.clear()
    assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
    assert sessions(published) == []
    assert machine.remote == held
    machine.remote.clear()
    del machine.local["registry.test/acme/app-frontend@sha256:frontend"]
    assert published.invoke("publish --target remote --plain", **REMOTE).code == 0
    assert sessions(published) == ["images -- production"]


def test_what_is_built_anew_has_to_be_what_is_published(published: Project) -> None:
    machine = published.world.machine
    assert isinstance(machine, RegistryMachine)
    assert published.invoke("publish --target remote --rebuild --plain", **REMOTE).code == 0
    held = dict(machine.remote)
    assert published.invoke("publish --target remote --rebuild --plain", **REMOTE).code == 0
    assert sessions(published) == ["images -- production --no-cache"] * 2
    machine.local["frontend:1.0.0-664a230c1f2e"] = "sha256:other"
    ended = published.invoke("publish --target remote --rebuild --plain", **REMOTE)
    assert ended.code == 8
    told = "registry.test/acme/app-frontend:1.0.0-664a230c1f2e is sha256:frontend in the registry, and built anew it is"
    assert f"{told} sha256:" in ended.out
    assert machine.remote == held


def test_no_secret_leaves_a_publish(published: Project) -> None:
    ended = published.invoke("publish --target remote --plain", **REMOTE)
    files = [file.read_bytes() for file in published.folder.rglob("*") if file.is_file()]
    written = [(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode() for data in files]
    argv = [word for command in published.world.machine.commands for word in command.argv]
    logins = [command for command in published.world.machine.commands if command.argv[:2] == ("docker", "login")]
    assert [command.input_text() for command in logins] == [HARD] * len(logins) != []
    for text in (ended.out, ended.err, *written, *argv, *published.transcript):
        assert HARD not in text


def test_a_registry_that_refuses_the_login_ends_before_anything_is_built(published: Project) -> None:
    published.world.machine.answers.insert(0, ("docker login", "unauthorized: incorrect username or password", 1))
    ended = published.invoke("publish --target remote --plain", **REMOTE)
    assert ended.code == 4
    assert "registry registry.test refuses the login of 'me'" in ended.out
    assert sessions(published) == []
    assert Store(published.folder).release("remote", "664a230c1f2e") is None
