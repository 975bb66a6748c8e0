"""A checkout of the small application with a lab of its own, and whole commands that are typed in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from shutil import copy, copytree
from typing import TYPE_CHECKING, Any, Self

import httpx

from helpers.clone import ROOT
from helpers.engine import docker
from shiplane.commands.login import RegistryLogin
from shiplane.lab import lifecycle as lab
from shiplane.lab.layout import Layout
from shiplane.model import Release, Secret
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.store import Store
from shiplane.runners.http import trust
from yard.images import BROKEN, GOOD, Builder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.model import Image

_BEGIN, _END = "[tool.shiplane]\n", "# ----"
_PATIENCE = "health_seconds = 90\nverify_tries = 3\nverify_interval_seconds = 1\n"
_VERSIONS = ("backend/config/__init__.py", "frontend/package.json")
_COMMAND_SECONDS = 300
_PROXY = "image: ${NGINX_IMAGE:-nginx:1.30}"
CALLER = ROOT / "tests" / "support" / "yard" / "caller.py"


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold the end of a command; the code is negative where a signal ended it."""

    code: int
    output: str
    seconds: float

    def story(self) -> str:
        """Say it, for a test that fails."""
        return f"ended with {self.code} after {self.seconds:.1f} s:\n{self.output[-5000:]}"


class Yard:
    """Hold the checkout in `folder`: its lab, its releases and its commands."""

    builder_class = Builder
    kinds: tuple[str, ...] = (*GOOD, *BROKEN)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder)
        self.state = lab.up(folder, lambda _: None)
        secrets = lab.secrets(folder)["staging"]
        self.password = Secret("REGISTRY_PASSWORD", secrets["REGISTRY_PASSWORD"])
        self.login = RegistryLogin(self.state.registry, secrets["REGISTRY_USER"], self.password)
        self.builder = self.builder_class(folder.parent / f"{folder.name}-images", self.login, "lab")
        self.images = self.builder.all(self.kinds)
        self.numbers: dict[str, int] = {}

    @classmethod
    def compose(cls, text: str) -> str:
        """Give the base compose file of the application, made of the project's."""
        return quick(text)

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Lay the checkout out and bring its lab up."""
        folder.mkdir(parents=True)
        for name in ("docker-compose.yml", "compose.staging.yml", "compose.production.yml", ".env.docker", "tasks.py"):
            copy(ROOT / name, folder / name)
        copytree(ROOT / "proxy", folder / "proxy")
        compose = folder / "docker-compose.yml"
        compose.write_text(cls.compose(compose.read_text()))
        settings = (ROOT / "pyproject.toml").read_text().partition(_BEGIN)[2].partition(_END)[0]
        (folder / "pyproject.toml").write_text(f"{_BEGIN}{_PATIENCE}{settings}")
        for name in _VERSIONS:
            (folder / name).parent.mkdir(parents=True)
            copy(ROOT / name, folder / name)
        (folder / ".gitignore").write_text("/.shiplane/\n")
        cls.lay_out(folder)
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-q", "-m", "Begin")):
            subprocess.run(("git", *words), cwd=folder, check=True, capture_output=True, timeout=60)
        return cls(folder)

    @classmethod
    def lay_out(cls, folder: Path) -> None:
        """Add files of its own to the checkout, before the first commit."""

    @property
    def url(self) -> str:
        """Give the public address of staging."""
        return self.state.server("staging").url

    @property
    def port(self) -> int:
        """Give the public port of staging."""
        return self.state.server("staging").https_port

    def part(self, name: str) -> str:
        """Give the name of a container of the lab."""
        return Layout.of(self.folder).part(name)

    def release(
        self, kind: str, name: str = "", edit: Callable[[str], str] | None = None, *, fresh: bool = False
    ) -> str:
        """Publish a release of a kind under a name of its own, with images that are `fresh` or those of the kind.

        `edit` changes its base compose file.
        """
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        name = name or f"{kind}-{self.numbers[kind]}"
        commit = subprocess.run(
            ("git", "rev-parse", "HEAD"), cwd=self.folder, check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()
        images: Mapping[str, Image] = self.builder.fresh(kind, self.numbers[kind]) if fresh else self.images[kind]
        made = Release(name, commit, "main", "1.0.0", False, "2026-01-01T00:00:00.000Z", tuple(sorted(images.items())))  # noqa: FBT003
        # What is called `still-…` has the migrations of all that is called so, each other one its own.
        made = replace(made, schema=name.partition("-")[0] if name.startswith("still") else name)
        files = in_checkout(self.folder)
        if kind.startswith("unhealthy"):
            files["docker-compose.yml"] = impatient(files["docker-compose.yml"].decode()).encode()
        if edit is not None:
            files["docker-compose.yml"] = edit(files["docker-compose.yml"].decode()).encode()
        self.store.save_release_files("lab", name, files)
        self.store.save_release("lab", made)
        return name

    def other_proxy(self, compose: str) -> str:
        """Give the compose file with another image for the proxy alone."""
        image = self.builder.make("proxy", "other").pinned
        before, proxy, after = compose.partition("\n  proxy:\n")
        assert _PROXY in after
        return before + proxy + after.replace(_PROXY, f"image: {image}", 1)

    def environ(self) -> dict[str, str]:
        """Give the variables of a command: this checkout's sources, and nothing of a pipeline around the test."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "REGISTRY_"))}
        return {**kept, "PYTHONPATH": str(ROOT / "src")}

    def invoke(self, *words: str, code: int | None = 0) -> Ended:
        """Type a command; it has to end with `code`, unless that is None."""
        started = time.monotonic()
        argv = (sys.executable, "-m", "invoke", *words)
        done = subprocess.run(
            argv, cwd=self.folder, env=self.environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=_COMMAND_SECONDS,
        )  # fmt: skip
        ended = Ended(done.returncode, done.stdout + done.stderr, time.monotonic() - started)
        assert code is None or ended.code == code, f"{' '.join(words)} {ended.story()}"
        return ended

    def deploy(self, release: str, code: int | None = 0, *more: str) -> Ended:
        """Deploy to staging."""
        return self.invoke("deploy", "--env", "staging", "--release", release, "--plain", *more, code=code)

    def serves(self) -> str | None:
        """Give the release that the public address names; None where it does not answer, or not well."""
        try:
            answer = httpx.get(
                f"{self.url}/api/v1/status/", timeout=3, trust_env=False, verify=trust(self.state.ca_file)
            )
            return str(answer.json()["release"]) if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, KeyError):
            return None

    def on_server(self, script: str, timeout: int = 60) -> str:
        """Run a script on staging's server, as root."""
        words = ("exec", self.part("staging"), "timeout", str(timeout), "sh", "-c", script)
        return docker(*words).decode().strip()

    def redis(self, *words: str) -> str:
        """Ask the environment's Redis."""
        line = " ".join(words)
        inner = f'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli --raw {line}'
        return self.on_server(f"docker exec app-staging-redis-1 sh -c '{inner}'")

    def rows(self) -> set[str]:
        """Give the rows that are stored."""
        return set(self.redis("LRANGE", "rows", "0", "-1").split())

    def status(self) -> Any:  # noqa: ANN401 - JSON
        """Ask what runs."""
        return json.loads(self.invoke("status", "--env", "staging", "--json").output)

    @staticmethod
    def remove(folder: Path) -> None:
        """Take the lab of a checkout down, whatever of it was made."""
        if folder.is_dir():
            lab.down(folder)


def quick(compose: str) -> str:
    """Let probes be many and cheap: the real images need longer to start than the pause between two."""
    before, backend, after = compose.replace("start_interval: 1s", "start_interval: 200ms").partition("\n  backend:\n")
    own, test, rest = after.partition("      test:\n        - CMD\n        - python\n")
    _, frontend, others = rest.partition("\n  frontend:\n")
    assert test
    assert frontend
    return f"{before}{backend}{own}      test: [CMD, probe]\n{frontend}{others}"


def impatient(compose: str) -> str:
    """Let the backend's probe give up after seconds: nobody wants to wait a minute for what never gets healthy.

    It is rare from then on: each one costs the engine more than the application.
    """
    before, backend, after = compose.partition("\n  backend:\n")
    mark = "      <<: *health\n"
    return before + backend + after.replace(mark, f"{mark}      start_period: 8s\n      retries: 1\n", 1)
