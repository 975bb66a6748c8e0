"""From another CI and from cron, by the lines of the documentation: what GitHub shows needs no GitHub Actions."""

from __future__ import annotations

import fcntl
import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import documented
import journals
from acting import program
from projects import NAMESPACE
from samples import HARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub import Hub
    from hub.jobs import Workflow

PAGE = "docs/github.md"
SHIP = "pipeline --target remote --event push"
AFTER = ["vpn.leave", "github.deployments", "github.report-failure", "github.close-fixed"]
# In the place of `invoke`: what was typed, and what was there for it to find.
_INVOKE = f"""\
#!{sys.executable}
import json, os, pathlib, sys
names = ("GITHUB_TOKEN", "DB_PASSWORD")
told = {{"line": " ".join(sys.argv[1:]), "found": {{name: os.environ.get(name) for name in names}}}}
told["files"] = sorted(each.name for each in pathlib.Path().iterdir() if not each.name.startswith("."))
with (pathlib.Path.home() / "asked").open("a") as log:
    log.write(json.dumps(told) + "\\n")
print("" if "--quiet" in sys.argv else "nothing had to be changed", end="")
sys.exit(3 if sys.argv[1] == "pipeline" else 0)
"""


def block(start: str) -> str:
    [text] = [text for page, _, _, text in documented.blocks() if page == PAGE and text.startswith(start)]
    return text


class Machine:
    """Play a machine with a clone at ~/shop and the files that the page names."""

    def __init__(self, home: Path) -> None:
        self.home, self.shop, self.origin = home, home / "shop", home.with_name("origin")
        program(self.origin / "scripts" / "bootstrap", "#!/bin/bash\necho ready\n")
        self.git(self.origin, "init", "-q", "-b", "main")
        self.commit(self.origin, "one")
        home.mkdir()
        self.git(home, "clone", "-q", str(self.origin), "shop")
        program(self.shop / ".venv" / "bin" / "invoke", _INVOKE)
        (self.shop / ".venv" / "bin" / "activate").write_text('PATH="$PWD/.venv/bin:$PATH"\n')
        (home / "ship.sh").write_text(block("#!/bin/bash"))
        (home / "ship.env").write_text(f"GITHUB_TOKEN=token\nDB_PASSWORD={shlex.quote(HARD)}\n")

    def commit(self, folder: Path, name: str) -> None:
        (folder / name).touch()
        self.git(folder, "add", "-A", ":!.venv")
        self.git(folder, "commit", "-q", "-m", name)

    def git(self, folder: Path, *words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *who, *words], cwd=folder, env=self.environ, check=True)

    @property
    def environ(self) -> dict[str, str]:
        """Give what cron gives."""
        return {"HOME": str(self.home), "LOGNAME": "ada", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}

    def quarter(self) -> subprocess.CompletedProcess[str]:
        """Let a quarter of an hour be over."""
        line = block("*/15 ").split(maxsplit=5)
        assert line[:5] == ["*/15", "*", "*", "*", "*"]
        words = ["/bin/sh", "-c", line[5].rstrip("\n")]
        return subprocess.run(words, cwd=self.home, env=self.environ, capture_output=True, text=True, check=False)

    @property
    def asked(self) -> list[dict[str, Any]]:
        log = self.home / "asked"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "home")


def test_each_quarter_of_an_hour_brings_what_is_new_and_tells_of_it(machine: Machine) -> None:
    """Also where the pipeline failed; and cron has nothing to send to anybody that the pipeline does not say."""
    machine.commit(machine.origin, "two")
    done = machine.quarter()
    assert (done.stdout, done.stderr) == ("", "")
    assert [each["line"] for each in machine.asked] == [f"{SHIP} --quiet", *AFTER]
    for each in machine.asked:
        assert each["found"] == {"GITHUB_TOKEN": "token", "DB_PASSWORD": HARD}
        assert each["files"] == ["one", "scripts", "two"]


def test_the_next_one_waits_for_its_turn(machine: Machine) -> None:
    with (machine.home / "ship.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = machine.quarter()
        assert (done.returncode, done.stdout, done.stderr, machine.asked) == (1, "", "", [])
    machine.quarter()
    assert len(machine.asked) == 1 + len(AFTER)


def test_a_checkout_that_cannot_go_forward_is_told_and_nothing_is_shipped(machine: Machine) -> None:
    machine.commit(machine.origin, "theirs")
    machine.commit(machine.shop, "ours")
    done = machine.quarter()
    assert done.returncode
    assert "fast-forward" in done.stderr
    assert machine.asked == []


def lines(job: dict[str, Any], *parts: str) -> Iterator[str]:
    for part in parts:
        for line in job[part]:
            if "invoke " in line:
                yield line.partition("invoke ")[2].replace(' --link "$CI_JOB_URL"', "")


def test_gitlab_s_job_types_the_same() -> None:
    job = yaml.safe_load(block("ship:"))["ship"]
    assert list(lines(job, "script", "after_script")) == [f'{SHIP} --branch "$CI_COMMIT_BRANCH"', *AFTER]
    assert set(AFTER) < set(NAMESPACE.task_names)


@pytest.mark.parametrize("line", AFTER[1:])
def test_the_repository_is_that_of_the_checkout(workflow: Workflow, hub: Hub, line: str) -> None:
    """Neither of the run's numbers and addresses that GitHub Actions sets is there."""
    story = journals.failing() if line == "github.report-failure" else journals.passed()
    story.fields["target"] = "remote"
    workflow.ran(story)
    workflow.origin = "git@github.com:acme/app.git"
    without = dict.fromkeys(("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_SERVER_URL"), "")
    ended = workflow.invoke(line, **without)
    assert (ended.code, ended.err) == (0, "")
    assert hub.asked
    assert all(" /repos/acme/app/" in asked for asked in hub.asked)
