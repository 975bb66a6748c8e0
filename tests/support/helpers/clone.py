"""A clone of this checkout, as somebody has it who has just fetched the project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.engine import docker, image_names
from shiplane.lab.layout import Layout
from shiplane.model.identity import checkout_id
from shiplane.planning.naming import own_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 900
_MADE: set[Path] = set()
_ROW = re.compile(r"^\S (\w+) +(passed|failed|skipped|cancelled|pending) +(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finished:
    """Hold the end of a command: both streams as they came, and the time it took."""

    code: int
    output: str
    seconds: float

    @property
    def table(self) -> dict[str, str]:
        """Give the result of each stage, as the table at the end of a run shows it."""
        return {name: result for name, result, _ in _ROW.findall(self.output)}


class Started:
    """Hold a command that runs; its output goes to a file."""

    def __init__(self, process: subprocess.Popen[bytes], file: Path, told: list[str]) -> None:
        self.process = process
        self.file = file
        self._told = told
        self._since = time.monotonic()

    @property
    def output(self) -> str:
        """Give what it has printed so far."""
        return self.file.read_text(encoding="utf-8", errors="replace")

    def finish(self) -> Finished:
        """Wait for the end."""
        try:
            code = self.process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            code = self.process.wait(60)
        self._told.append(self.output)
        return Finished(code, self.output, time.monotonic() - self._since)


def remove_own_images() -> None:
    """Remove the images that the clones of this process alone have a name for: nobody will build in them again."""
    endings = tuple(own_name("", checkout_id(folder)) for folder in _MADE)
    left = [name for name in image_names() if name.endswith(endings)] if _MADE else []
    if left:
        docker("rmi", "--force", *left)


class Clone:
    """Run commands in a clone, as its user would; `told` is everything that they printed."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        _MADE.add(folder)
        self.told: list[str] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "REGISTRY_"))}
        # The clone's own sources are what runs: the commands of a commit belong to its files.
        self.environ = {**kept, "PYTHONPATH": str(folder / "src"), **environ}

    @classmethod
    def make(cls, folder: Path, **environ: str) -> Clone:
        """Clone what is committed here, on a branch main, with this checkout's Python environment."""
        clone = cls(folder, **environ)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, capture_output=True)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        (folder / ".git" / "info" / "exclude").write_text("/.venv\n")
        clone.git("checkout", "--quiet", "-B", "main")
        clone.git("config", "user.name", "Test")
        clone.git("config", "user.email", "test@example.com")
        return clone

    @property
    def id(self) -> str:
        """Give what names of containers and runs are derived from."""
        return checkout_id(self.folder)

    @property
    def lab_name(self) -> str:
        """Give the beginning of the names of all that belongs to this clone's lab."""
        return Layout.of(self.folder).name

    @property
    def runs(self) -> Path:
        """Give the folder of all runs."""
        return self.folder / ".shiplane" / "runs"

    def start(self, *argv: str, environ: Mapping[str, str] | None = None) -> Started:
        """Start a program of the Python environment, or a script that is here by its path, and go on."""
        file = self.folder.parent / f"output-{self.folder.name}-{len(list(self.folder.parent.iterdir()))}.txt"
        with file.open("wb") as output:
            process = subprocess.Popen(
                [argv[0] if "/" in argv[0] else f".venv/bin/{argv[0]}", *argv[1:]],
                cwd=self.folder,
                env={**self.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return Started(process, file, self.told)

    def run(self, *argv: str, code: int = 0, environ: Mapping[str, str] | None = None) -> Finished:
        """Run a program to its end, which has to be `code`."""
        done = self.start(*argv, environ=environ).finish()
        assert done.code == code, f"{' '.join(argv)} ended with {done.code} instead of {code}:\n{done.output[-6000:]}"
        return done

    def invoke(self, *words: str, code: int = 0, environ: Mapping[str, str] | None = None) -> Finished:
        """Run an Invoke task to its end, which has to be `code`."""
        return self.run("invoke", *words, code=code, environ=environ)

    def nox(self, *words: str, code: int = 0) -> Finished:
        """Run Nox sessions to their end, which has to be `code`."""
        return self.run("nox", *words, code=code)

    def json(self, *words: str) -> Any:  # noqa: ANN401 - what the command prints
        """Run a task with --json and read what it prints."""
        return json.loads(self.invoke(*words, "--json").output)

    def git(self, *words: str) -> str:
        """Run git."""
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str, edit: Callable[[Path], None]) -> str:
        """Edit and commit; give the commit."""
        edit(self.folder)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def last_run(self) -> Path:
        """Give the folder of the newest run."""
        return max(self.runs.iterdir(), key=lambda folder: int(folder.name))

    def ends(self, run: Path) -> dict[str, tuple[str, str]]:
        """Give how each step of a run passed and by which run's result; (status, "") where it did not."""
        found = (record for record in self.journal(run) if record["kind"] == "step_ended")
        return {
            each["step"]: (each["how"] if each["status"] == "passed" else each["status"], each["reused_from"])
            for each in found
        }

    def journal(self, run: Path) -> list[dict[str, Any]]:
        """Read a run's journal, each line of which has to be whole."""
        return [json.loads(line) for line in (run / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
