"""What past runs tell, by whole commands: nothing is started for it."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest

import journals
from samples import COMMIT, HARD, REMOTE
from shiplane.cli.bundles import secret_variables
from shiplane.deploy.bundle import environment_secrets
from shiplane.model import Host, Secret, Site

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Project


SITE = Site("staging", Host("staging", "", 22, "", "", ""), "", "https://staging.example.com", "")


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
    assert (ended.code, ended.err) == (
        2,
        "nothing has run in this checkout yet\nfix: run: invoke pipeline\nsee: docs/errors.md#no-run\n",
    )
    journals.passed().write(project.folder / ".shiplane" / "runs")
    ended = project.invoke("report --run 99")
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "no run '99' is known in this checkout",
        "fix: see which there are: invoke history",
        "see: docs/errors.md#no-run",
    ]


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


def test_a_dry_run_names_the_files(project: Project, runs: Path) -> None:
    words = "report --run 41 --junit all.xml --markdown - --bundle --dry-run"
    told = project.invoke(words).out.splitlines()
    assert told[0] == "would write all.xml"
    assert told[1].startswith("## ✓ Run 41")
    assert told[-1] == f"would write {runs}/41/shiplane-run-41.tar.gz"
    assert project.invoke("report --open --dry-run").out == f"would write {runs}/42/report.html\n"
    assert not (project.folder / "all.xml").exists()


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


def test_a_bundle_for_a_colleague(project: Project, runs: Path) -> None:
    project.answers(("git show", "[tool.shiplane]\nname = 'as it was'\n", 0), ("git --version", "git version 2.47", 0))
    ended = project.invoke("report --bundle", DB_PASSWORD=HARD)
    file = runs / "42/shiplane-run-42.tar.gz"
    assert (ended.code, ended.out, ended.err) == (0, f"{file}\n", "")
    with tarfile.open(file) as archive:
        read = {member.name: archive.extractfile(member) for member in archive.getmembers() if member.isfile()}
        texts = {name.partition("/")[2]: part.read().decode() for name, part in read.items() if part is not None}
    assert texts["configuration.toml"] == "[tool.shiplane]\nname = 'as it was'\n"
    assert "git: git version 2.47\n" in texts["versions.txt"]
    assert [line for line in project.transcript if " git show " in line] == [
        f"local$ GIT_OPTIONAL_LOCKS=0 git show {COMMIT}:pyproject.toml"
    ]
    [diff] = [line for line in project.transcript if " git diff " in line]
    assert diff.endswith(
        f"/diff {COMMIT} {COMMIT} -- . ':(exclude,glob)**/.env*' ':(exclude,glob)**/*.pem' ':(exclude,glob)**/*.key'"
    )
    assert sorted(each.name for each in (project.folder / ".shiplane").iterdir()) == ["runs"]


def test_a_bundle_holds_no_secret_that_this_machine_knows(project: Project, runs: Path) -> None:
    derived = environment_secrets(SITE, {name: Secret(name, HARD) for name in ("DB_PASSWORD", "REDIS_PASSWORD")})
    board = derived["BOARD_TOKEN"].value
    hidden = {"DB_PASSWORD": HARD, "MY_API_TOKEN": "tok-12345678", "STAGING_REDIS_PASSWORD": "other p)$'"}
    log = runs / "42/logs/test.backend.log"
    log.write_text("\n".join([*hidden.values(), f"token {board}"]))
    journal = runs / "42/journal.jsonl"
    journal.write_text(journal.read_text().replace('"target":"lab"', '"target":"remote"'))
    project.invoke("report --bundle", **REMOTE | hidden)
    with tarfile.open(runs / "42/shiplane-run-42.tar.gz") as archive:
        part = archive.extractfile("shiplane-run-42/logs/test.backend.log")
        assert part is not None
        assert part.read().decode() == "***\n***\n***\ntoken ***\n"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *(("REGISTRY_PASSWORD", True), ("GITHUB_TOKEN", True), ("TS_OAUTH_SECRET", True), ("tls_key", True)),
        *(("SSH_PRIVATE_KEY", True), ("KEY", True), ("KEYBOARD", False), ("MONKEY", False), ("PATH", False)),
    ],
)
def test_variables_that_are_secret_by_their_name(name: str, secret: bool) -> None:  # noqa: FBT001 - a parameter
    assert secret_variables({name: "long enough"}) == ([Secret(name, "long enough")] if secret else [])
    assert secret_variables({name: "true"}) == []


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
