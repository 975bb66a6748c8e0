"""Runs that leave out what passed before, and what they refuse to leave out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from machines import BASES, sessions
from shiplane.cli import place
from shiplane.errors import StillRunning
from shiplane.facts.junit import Case
from shiplane.model import STEP_NAMES
from shiplane.pipeline import register
from shiplane.pipeline.journal import Journal, read
from shiplane.pipeline.register import Entry
from shiplane.pipeline.store import Store
from shiplane.runners import process

if TYPE_CHECKING:
    from pathlib import Path

    from checkouts import Answer
    from projects import Project

CHECKED = ("build.clean", "build.bases", "build.images", *(f"test.{name}" for name in STEP_NAMES["test"]))


@pytest.fixture
def checked(project: Project) -> Project:
    """Give a checkout in which a pull request was built and tested."""
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    return project


def ends(run: Path) -> dict[str, tuple[str, str, str]]:
    """Give for each step how it ended, how it passed and in which run."""
    ended = [record for record in read(run) if record["kind"] == "step_ended"]
    return {record["step"]: (record["status"], record["how"], record["reused_from"]) for record in ended}


def started(run: Path) -> dict[str, Any]:
    return read(run)[0]


@pytest.mark.parametrize("words", ["--from test", "--only test", "--from test --until test"])
def test_the_stages_before_are_left_out_where_they_passed(checked: Project, words: str) -> None:
    before = len(sessions(checked))
    ended = checked.invoke(f"pipeline --event pull_request --no-reuse {words} --plain")
    assert (ended.code, ended.err) == (0, "")
    linted = [f"lint -- {part}" for part in ("backend", "frontend", "project")]
    assert sorted(sessions(checked)[before:]) == [*linted, "tests_backend", "tests_frontend"]
    assert ends(checked.runs[1]) == {
        **dict.fromkeys(CHECKED[:3], ("passed", "not needed", "1")),
        **dict.fromkeys(CHECKED[3:], ("passed", "ran", "")),
    }


def held(**images: str) -> Answer:
    rows = "".join(f'{image}\t["{name}-dev:1.0.0"]\n' for name, image in images.items())
    return ("image inspect .*Id.* backend-dev:1.0.0 frontend-dev:1.0.0$", rows, 0)


def test_what_a_stage_that_is_left_out_made_is_what_runs_later(project: Project) -> None:
    made, word = held(backend="sha256:b", frontend="sha256:f"), "pipeline --event pull_request --no-reuse"
    project.answers(made, *BASES)
    assert project.invoke(f"{word} --plain").code == 0
    assert project.invoke(f"{word} --only test --plain").code == 0
    told = """SHIPLANE_IMAGES='{"backend-dev:1.0.0": "sha256:b", "frontend-dev:1.0.0": "sha256:f"}'"""
    assert sum("nox -s tests_backend" in line and told in line for line in project.transcript) == 2
    # Whatever has the name now, it is not what passed.
    project.answers(held(backend="sha256:other", frontend="sha256:f"), *BASES)
    refused = project.invoke(f"{word} --only test --plain")
    assert refused.code == 8
    assert "backend-dev:1.0.0 of run 1 is not in the engine any more, so build.images cannot be left out" in refused.out
    assert "tests_backend" not in sessions(project)


def test_what_no_step_that_runs_needs_may_be_gone(project: Project) -> None:
    project.answers(held(backend="sha256:b", frontend="sha256:f"), *BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    project.answers(held(), *BASES)
    assert project.invoke("pipeline --event pull_request --only test --plain").code == 0


def test_a_dry_run_shows_what_is_left_out(checked: Project) -> None:
    ended = checked.invoke("pipeline --event pull_request --no-reuse --from test --dry-run")
    assert ended.code == 0
    assert "    left out: it passed in run 1\n" in ended.out
    assert len(checked.runs) == 1


def test_what_was_tested_for_other_files_does_not_count(checked: Project) -> None:
    name = "frontend/package.json"
    (checked.folder / name).write_text('{"version": "2.0.0"}\n')
    checked.answers(("git ls-files --modified", f"{name}\0", 0), ("git diff", "an edit", 0), *BASES)
    ended = checked.invoke("pipeline --event pull_request --from test --plain")
    assert (ended.code, ended.out) == (8, "")
    assert ended.err.startswith("build.images has not passed for what is here now, so it cannot be left out")
    assert "invoke pipeline" in ended.err
    assert len(checked.runs) == 1


def test_a_stage_that_never_ran_cannot_be_left_out(checked: Project) -> None:
    ended = checked.invoke("pipeline --from publish --dry-run")
    assert (ended.code, ended.out) == (8, "")
    assert ended.err.startswith("build.test-runner has not passed for what is here now")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--only test --until test", "--only names the one stage that runs"),
        ("--resume --from test", "--resume begins where the last run ended"),
        ("--from tests", "unknown stage 'tests'"),
        ("--from production", "stage production is not in this plan"),
        ("--from test --until build", "stage build comes before test"),
        ("--resume", "no run of the pipeline is known in this checkout"),
    ],
)
def test_what_cannot_be_asked_for(project: Project, words: str, told: str) -> None:
    project.answers(*BASES)
    ended = project.invoke(f"pipeline --event pull_request {words} --plain")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(told)
    assert project.runs == []


@pytest.fixture
def cut_off(project: Project) -> Project:
    """Give a checkout whose run was killed while the linters ran: what it had begun is not told, nor its end."""
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --no-reuse --plain").code == 0
    file = project.runs[0] / "journal.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"step_ended"' not in line or b'"test.lint"' not in line]
    kept = [line for line in kept if json.loads(line)["kind"] not in ("stage_ended", "run_ended")]
    file.write_bytes(b"".join(kept) + b'{"kind":"step_ended","stage":"test","step":"test.lint","sta')
    return project


@pytest.mark.parametrize("reuse", ["", "--no-reuse"])
def test_a_run_goes_on_where_it_was_cut_off(cut_off: Project, reuse: str) -> None:
    kept_of_lint = cut_off.folder / ".shiplane" / "results" / "test.lint"
    for file in kept_of_lint.rglob("*"):
        if file.is_file():
            file.unlink()
    before = len(sessions(cut_off))
    ended = cut_off.invoke(f"pipeline --event pull_request --resume {reuse} --plain")
    assert (ended.code, ended.err) == (0, "")
    assert [name for name in sessions(cut_off)[before:] if name != "clean"] == ["lint -- project"]
    found = ends(cut_off.runs[1])
    assert {found[name] for name in CHECKED[2:] if name != "test.lint"} <= {
        ("passed", "reused", "1"),
        ("passed", "not needed", ""),
    }
    assert found["test.lint"] == ("passed", "ran", "")
    assert started(cut_off.runs[1])["plan"]["notes"][-1] == "goes on with run 1"
    again = cut_off.invoke("pipeline --event pull_request --resume --no-reuse --plain")
    assert again.code == 0
    assert ends(cut_off.runs[2])["test.backend"] == ("passed", "reused", "1")
    assert ends(cut_off.runs[2])["test.lint"] == ("passed", "reused", "2")


def of_clean(project: Project) -> tuple[str, str]:
    """Give what a plan says of `build.clean`, and why."""
    stages = project.invoke("plan --event pull_request --json").json["stages"]
    [found] = [step["decision"] for stage in stages for step in stage["steps"] if step["id"] == "build.clean"]
    return found["choice"], found["why"]


def test_what_a_run_that_was_cut_off_left_is_removed_whatever_ran_since(cut_off: Project) -> None:
    journal = Journal(Store(cut_off.folder).new_run({})[1])
    journal.write("run_started", command="deploy")
    journal.write("run_ended", status="passed", exit_code=0, seconds=1.0)
    assert of_clean(cut_off) == ("run", "run 1 was cut off and may have left something")
    before = len(sessions(cut_off))
    assert cut_off.invoke("pipeline --event pull_request --plain").code == 0
    assert sessions(cut_off)[before:] == ["clean"]
    assert of_clean(cut_off) == ("skip", "nothing that needs it runs")


def test_a_result_is_found_by_what_its_run_s_folder_is_called(project: Project) -> None:
    project.answers(*BASES)
    (project.folder / ".shiplane/runs/5").mkdir(parents=True)  # another command of the same run
    proof = project.folder / ".shiplane/runs/5-2"
    assert project.invoke("pipeline --event pull_request --plain", GITHUB_RUN_NUMBER="5").code == 0
    (proof / "tests").mkdir(exist_ok=True)
    (proof / "tests/test.backend.json").write_text(json.dumps([asdict(Case("tests.a", "it counts"))]))
    for words in ("", "--resume --no-reuse"):
        assert project.invoke(f"pipeline --event pull_request {words} --plain").code == 0
        last = Store(project.folder).run_folders()[0]
        assert ends(last)["test.backend"] == ("passed", "reused", "5-2")
        assert 'name="it counts"' in project.invoke(f"report --run {last.name} --junit -").out


@pytest.mark.parametrize(
    ("words", "differs"),
    [
        ("--event push --until test", "event pull_request (now push)"),
        ("--event pull_request --branch feature/x", "branch main (now feature/x)"),
    ],
)
def test_a_run_of_another_plan_is_not_gone_on_with(cut_off: Project, words: str, differs: str) -> None:
    ended = cut_off.invoke(f"pipeline {words} --resume --plain")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"run 1 had another plan: {differs}")
    assert len(cut_off.runs) == 1


def test_a_run_of_another_plan_in_between_is_passed_over(cut_off: Project) -> None:
    assert cut_off.invoke("pipeline --event pull_request --branch feature/x --no-reuse --plain").code == 0
    ended = cut_off.invoke("pipeline --event pull_request --resume --no-reuse --plain")
    assert (ended.code, ended.err) == (0, "")
    assert started(cut_off.runs[2])["plan"]["notes"][-1] == "goes on with run 1"


class Older:
    """Play an older run of the same branch, whose process ends when it has been looked at for a while."""

    def __init__(self, project: Project, **changes: Any) -> None:  # noqa: ANN401 - fields of an entry
        self.asked: list[int] = []
        self.looks = 3
        group = f"{project.folder} lab pull request main"
        whose = {"run": "41", "id": "x-41", "group": group, "checkout": str(project.folder)}
        here = {"pid": 2**22 - 1, "machine": process.machine(), "started": "7"}
        self.entry = Entry(**{**whose, **here, **changes})
        folder = project.folder.with_name(f"{project.folder.name}-state") / "shiplane" / "running"
        self.register = register.Register(folder)
        lives = process.lives

        def played(pid: int, where: str, since: str) -> bool:
            if pid != self.entry.pid or where != process.machine():
                return lives(pid, where, since)
            self.looks -= 1
            return self.looks > 0

        project.patch.setattr(process, "lives", played)
        gone = self.entry.name.removesuffix(".json")
        project.patch.setattr(process, "is_marked_gone", lambda mark: mark == gone and self.looks <= 0)
        project.patch.setattr(process, "terminate", self.asked.append)
        self.register.enter(self.entry)


def test_a_newer_run_takes_the_place_of_an_older(project: Project) -> None:
    older = Older(project)
    project.answers(*BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert (ended.code, ended.err) == (0, "")
    assert older.asked == [older.entry.pid]
    assert older.register.superseded_by(older.entry) == "1"
    assert f"run 41 (process {older.entry.pid}) goes on: it is asked to end" in ended.out
    notes = [record["text"] for record in read(project.runs[0]) if record["kind"] == "note"]
    assert notes == [f"took the place of run 41 (process {older.entry.pid})"]


def test_who_does_not_want_to_cancel_waits(project: Project) -> None:
    older = Older(project)
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --no-cancel --plain").code == 0
    assert older.asked == []


@pytest.mark.parametrize("changes", [{"group": "another"}, {"machine": "another"}])
def test_others_are_let_be(project: Project, changes: dict[str, str]) -> None:
    older = Older(project, **changes)
    project.answers(*BASES)
    assert project.invoke("pipeline --event pull_request --plain").code == 0
    assert older.asked == []


def test_a_run_that_never_had_its_turn_says_so(project: Project) -> None:
    def stuck(_turn: object, *, cancel: bool) -> None:
        assert cancel
        raise StillRunning("41", 7)

    project.patch.setattr(place.Turn, "take", stuck)
    project.answers(*BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 5
    assert ended.err.startswith("run 41 (process 7) does not end")
    records = read(project.runs[0])
    assert [record["kind"] for record in records] == ["run_started", "note", "run_ended"]
    assert (records[-1]["status"], records[-1]["exit_code"]) == ("failed", 5)
    assert sessions(project) == []


def test_a_run_that_is_interrupted_while_it_waits(project: Project) -> None:
    def interrupted(_turn: object, *, cancel: bool) -> None:
        assert cancel
        raise KeyboardInterrupt

    project.patch.setattr(place.Turn, "take", interrupted)
    project.answers(*BASES)
    ended = project.invoke("pipeline --event pull_request --plain")
    assert ended.code == 130
    assert ended.err.startswith("interrupted while: waiting for an older run")
    assert read(project.runs[0])[-1]["status"] == "cancelled"
