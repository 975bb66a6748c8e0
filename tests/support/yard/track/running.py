"""Runs of the pipeline in a yard, which can be cut off at any moment, and what must hold after the last of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from shutil import copy, copytree
from typing import TYPE_CHECKING, Any

import httpx

from helpers.clone import ROOT
from helpers.engine import docker, images, traces
from helpers.processes import kill_all_in, working_in
from shiplane.lab.layout import Layout
from shiplane.model.identity import checkout_id
from shiplane.pipeline.journal import read
from shiplane.runners.http import trust
from yard.checkout import Ended, Yard
from yard.images import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENTS = ("staging", "production")
_OURS = Path(__file__).parent
_SECONDS = 300
_DOCKERFILE = {
    "FROM python:3.13-slim\n": "FROM python:3.13-slim AS production\n",
    "FROM nginx:1.30\n": "FROM nginx:1.30 AS production\n",
    'ARG KIND\nRUN echo "$KIND" >/kind\n': "COPY kind /kind\n",
    "ARG KIND\n": "COPY kind /kind\nARG KIND=one\n",
}


class Pipeline:
    """Run `invoke pipeline` with more words, as a process of its own; its output goes to a file."""

    def __init__(self, track: Track, *words: str) -> None:
        self.track = track
        self.earlier = frozenset(track.runs())
        self.file = track.folder.parent / f"output-{time.monotonic_ns()}.txt"
        self.began = time.monotonic()
        argv = (".venv/bin/python", "-m", "invoke", "pipeline", "--plain", *words)
        with self.file.open("wb") as output:
            self.process = subprocess.Popen(
                argv, cwd=track.folder, env=track.environ(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def finish(self, code: int | None = 0) -> Ended:
        """Wait for the end, which has to be `code`, unless that is None."""
        found = self.process.wait(_SECONDS)
        ended = Ended(found, self.file.read_text(errors="replace"), time.monotonic() - self.began)
        assert code is None or found == code, ended.story()
        return ended

    def kill(self, after: float, *, whole: bool) -> bool:
        """Kill it after so many seconds, `whole` with all that it started; tell whether it went on until then."""
        try:
            self.process.wait(after)
        except subprocess.TimeoutExpired:
            if whole:
                kill_all_in(self.track.folder)
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(_SECONDS)
            return True
        return False


class Track(Yard):
    """Ship commit after commit of the small application through the whole pipeline."""

    kinds = ()
    commits = 0

    @classmethod
    def version(cls) -> str:
        """Give a version that no other checkout has: development images are called after it, machine-wide."""
        return f"8.{int(checkout_id(ROOT), 16) % 1_000_000}.1"

    @classmethod
    def lay_out(cls, folder: Path) -> None:
        """Add what building and testing need."""
        for name in ("backend", "frontend"):
            copytree(HERE / name, folder / name, dirs_exist_ok=True)
            file = folder / name / "Dockerfile"
            text = file.read_text()
            for old, new in _DOCKERFILE.items():
                text = text.replace(old, new)
            file.write_text(f"{text}FROM production AS development\n")
            (folder / name / "kind").write_text("0\n")
        copy(ROOT / "frontend/nginx.conf", folder / "frontend")
        copy(ROOT / "compose.test.yml", folder)
        copy(_OURS / "noxfile.py", folder)
        (folder / "backend/config/__init__.py").write_text(f'__version__ = "{cls.version()}"\n')
        (folder / "frontend/package.json").write_text(f'{{"version": "{cls.version()}"}}\n')
        (folder / ".venv").symlink_to(ROOT / ".venv")
        (folder / ".gitignore").write_text("/.shiplane/\n/.venv\n__pycache__/\n")

    @property
    def outside(self) -> Path:
        """Give the folder for what is not of the checkout: temporary files and the register of runs."""
        return self.folder.with_name(f"{self.folder.name}-outside")

    def environ(self) -> dict[str, str]:
        """Give the variables of a command, with the browser's stand-in before the engine's client."""
        programs, temporary = self.outside / "bin", self.outside / "tmp"
        if not programs.exists():
            programs.mkdir(parents=True)
            copy(_OURS / "docker", programs)
            real = shutil.which("docker", path=os.environ["PATH"])
            assert real is not None
            (programs / "real-docker").symlink_to(real)
        temporary.mkdir(exist_ok=True)
        return {
            **super().environ(),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CA_AUTHORITY": self.state.ca_file,
            "TMPDIR": str(temporary),
            "XDG_STATE_HOME": str(self.outside / "state"),
        }

    def commit(self) -> str:
        """Change both components and commit; give the release that this makes."""
        Track.commits += 1
        for name in ("backend", "frontend"):
            (self.folder / name / "kind").write_text(f"{Track.commits}\n")
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        self._git(*who, "commit", "--quiet", "--all", "--message", f"Change {Track.commits}")
        return self._git("rev-parse", "HEAD")[:12]

    def _git(self, *words: str) -> str:
        done = subprocess.run(("git", *words), cwd=self.folder, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def runs(self) -> list[Path]:
        """Give the folders of the runs, oldest first."""
        return list(reversed(self.store.run_folders()))

    def await_step(self, step: str, run: Pipeline) -> None:
        """Wait until a run has begun a step; those from before it do not count, though it may have no journal yet."""
        end = time.monotonic() + _SECONDS
        while not any(
            record["kind"] == "step_started" and record["step"] == step
            for folder in self.runs()
            if folder not in run.earlier
            for record in read(folder)
        ):
            assert run.process.poll() is None, run.finish(None).story()
            assert time.monotonic() < end, f"{step} did not begin"
            time.sleep(0.02)

    def serving(self, environment: str) -> str | None:
        """Give the release that an environment's public address names."""
        url = self.state.server(environment).url
        try:
            answer = httpx.get(f"{url}/api/v1/status/", timeout=3, trust_env=False, verify=trust(self.state.ca_file))
            return str(answer.json()["release"]) if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, KeyError):
            return None

    def problems(self, run: Path, release: str) -> list[str]:
        """Say in what the end of a run differs from that of one that nothing disturbed."""
        return list(self._problems(run, release))

    def _problems(self, run: Path, release: str) -> Iterator[str]:
        records = read(run)
        steps = {r["step"]: r["status"] for r in records if r["kind"] == "step_ended"}
        planned = [step["id"] for stage in records[0]["plan"]["stages"] for step in stage["steps"]]
        yield from (f"{name} ended {steps.get(name)}" for name in planned if steps.get(name) != "passed")
        if (records[-1]["kind"], records[-1].get("status")) != ("run_ended", "passed"):
            yield f"the journal ends with {records[-1]}"
        made = self.store.release("lab", release)
        for environment in ENVIRONMENTS:
            if (served := self.serving(environment)) != release:
                yield f"{environment} serves {served}"
            running = self._status(environment)
            digests = {name: running["services"][name]["digest"] for name in ("backend", "frontend")}
            if made is None or digests != made.digests():
                yield f"{environment} runs {digests}"
        if reported := [n for n in ("backend", "frontend") if self._report(n) != str(Track.commits)]:
            yield f"the reports of {reported} are of another commit"
        yield from self.left()

    def left(self) -> Iterator[str]:
        """Say what is left of runs that have ended."""
        yield from (f"process {argv!r}" for argv in working_in(self.folder).values())
        yield from (f"temporary {path.name}" for path in (self.outside / "tmp").iterdir())
        yield from traces(f"app-test-{checkout_id(self.folder)}")
        yield from traces(f"{checkout_id(self.folder)}-e2e")
        yield from (f"registered {path.name}" for path in self.outside.glob("state/**/*.json"))
        for environment in ENVIRONMENTS:
            holder = docker("exec", self.part(environment), "sh", "-c", "ls /home/deploy/deployments/*/.lock")
            yield from (f"{environment} is locked: {name}" for name in holder.decode().split() if name != "guard")

    def _status(self, environment: str) -> Any:  # noqa: ANN401 - JSON
        import json  # noqa: PLC0415 - here alone

        return json.loads(self.invoke("status", "--env", environment, "--json").output)

    def _report(self, name: str) -> str:
        file = self.folder / ".shiplane" / "reports" / name / "report.txt"
        return file.read_text().strip() if file.exists() else ""

    @staticmethod
    def remove(folder: Path) -> None:
        """Take its lab down, and the images that only it has."""
        if folder.is_dir():
            kill_all_in(folder)
            registry = Layout.of(folder).name
            Yard.remove(folder)
            assert traces(registry) == []
        kinds = [f"{name}{kind}:{Track.version()}" for name in ("backend", "frontend") for kind in ("", "-dev")]
        if ours := images(*kinds):
            docker("rmi", "--force", *ours)
