"""What past runs tell, by whole commands: nothing is started for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import journals

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Project


@pytest.fixture
def runs(project: Project) -> Path:
    folder = project.folder / ".shiplane" / "runs"
    journals.passed().write(folder)
    journals.undone().write(folder)
    return folder


def test_the_page_of_the_last_run(project: Project, runs: Path) -> None:
    ended = project.invoke("report")
    assert (ended.code, ended.out, ended.err) == (0, f"{runs}/42/report.html\n", "")
    assert "Run 42" in (runs / "42/report.html").read_text(encoding="utf-8")
    assert not (runs / "41/report.html").exists()
    assert project.transcript == []


@pytest.mark.parametrize("name", ["41", "run-41"])
def test_a_run_by_its_number_or_id(project: Project, runs: Path, name: str) -> None:
    assert project.invoke(f"report --run {name}").out == f"{runs}/41/report.html\n"


def test_runs_that_are_not_known(project: Project) -> None:
    ended = project.invoke("report")
    assert (ended.code, ended.err) == (2, "nothing has run in this checkout yet\nfix: run: invoke pipeline\n")
    journals.passed().write(project.folder / ".shiplane" / "runs")
    ended = project.invoke("report --run 99")
    assert ended.code == 2
    assert ended.err == "no run '99' is known in this checkout\nfix: see which there are: invoke history\n"


def test_a_run_as_json(project: Project, runs: Path) -> None:
    found = project.invoke("report --json").json
    assert (found["run"], found["status"], found["exit_code"], found["folder"]) == ("42", "failed", 6, f"{runs}/42")
    steps = {step["id"]: step for stage in found["stages"] for step in stage["steps"]}
    failed = steps["production.promote"]
    assert (failed["status"], failed["seconds"], failed["critical"]) == ("failed", 133.0, True)
    assert failed["repeat"] == ".venv/bin/nox -s production_promote"
    assert found["critical_path"][-1] == "production.promote"
    assert steps["test.backend"]["tests"]["coverage"]["lines_covered"] == 941
    assert [each["outcome"] for each in found["deployments"]] == ["deployed", "undone"]
    assert not (runs / "42/report.html").exists()


def test_tests_and_summary_as_files(project: Project, runs: Path) -> None:
    (runs / "41/tests").mkdir()
    (runs / "41/tests/test.backend.json").write_text(json.dumps([{"suite": "a", "name": "test_it"}]))
    ended = project.invoke("report --run 41 --junit all.xml --markdown summary.md")
    assert (ended.code, ended.out) == (0, "all.xml\nsummary.md\n")
    assert '<testcase classname="a" name="test_it" time="0.000"/>' in (project.folder / "all.xml").read_text()
    assert (project.folder / "summary.md").read_text().startswith("## ✓ Run 41: passed in 3 min 31 s\n")
    assert project.invoke("report --run 41 --junit -").out == (project.folder / "all.xml").read_text()


def test_a_file_that_cannot_be_written(project: Project, runs: Path) -> None:
    ended = project.invoke(f"report --junit {runs}/none/all.xml")
    assert ended.code == 2
    assert ended.err.startswith(f"{runs}/none/all.xml cannot be written: No such file or directory\n")


@pytest.mark.parametrize(
    ("shown", "said"), [(True, ""), (False, "there is no browser here: open it from another place\n")]
)
def test_the_page_in_a_browser(
    project: Project,
    runs: Path,
    shown: bool,  # noqa: FBT001 - a parameter
    said: str,
) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return shown

    project.patch.setattr("webbrowser.open", browser)
    assert project.invoke("report --open").out == f"{runs}/42/report.html\n{said}"
    assert opened == [f"file://{runs}/42/report.html"]


def test_past_runs(project: Project, runs: Path) -> None:
    ended = project.invoke("history")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines()[1:3]] == ["42", "41"]
    assert "flaky tests in the last 2 runs that ran tests" in ended.out
    assert project.transcript == []
    assert not list(runs.glob("*/report.html"))


@pytest.mark.usefixtures("runs")
def test_past_runs_of_a_branch(project: Project) -> None:
    assert project.invoke("history --branch other").out == "nothing has run here yet\n"
    found = project.invoke("history --branch main --limit 1 --json").json
    assert [run["run"] for run in found["runs"]] == ["42"]


def test_a_limit_of_nothing(project: Project) -> None:
    assert project.invoke("history --limit 0").err.startswith("0 runs cannot be listed\n")
