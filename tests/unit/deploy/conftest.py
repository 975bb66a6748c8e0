from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.deploy.bundle import Bundle, bundle
from shiplane.deploy.context import Context
from shiplane.deploy.phases import Options
from shiplane.deploy.rollout import Deployer
from shiplane.deploy.survey import Entry
from shiplane.errors import ShiplaneError, Unreachable
from shiplane.model import Command, Deployment, Host, Image, Release, Secret, Site
from shiplane.runners.base import Cancel, Completed, Masker
from shiplane.runners.http import Answer
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST = Host("staging", "192.0.2.1", 22, "deploy", "/keys/staging", "/keys/known_hosts")
SITE = Site("staging", HOST, "deployments/app-staging", "https://staging.test", "compose.staging.yml")
SECRETS = {name: Secret(name, f"{name}-value") for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
COMPOSE = {"docker-compose.yml": b"services: {}\n", "compose.staging.yml": b"services: {}\n"}
OPTIONS = Options(release_command=("python", "manage.py", "migrate"), verify_tries=3, verify_seconds=0.0)


def make_release(name: str) -> Release:
    digest = "sha256:" + name.encode().hex().ljust(64, "0")[:64]
    image = Image(f"registry.test/owner/app-backend:{name}", digest)
    return Release(name, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("backend", image),))  # noqa: FBT003


def make_bundle(release: Release) -> Bundle:
    return bundle(SITE, release, COMPOSE, "DB_NAME=app\n", SECRETS)


class Server(RecordingRunner):
    """Play a server: surveys tell what the commands before them have made; `failures` answer with an exit code."""

    def __init__(self) -> None:
        super().__init__()
        self.current: str | None = None
        self.known: dict[str, Release] = {}
        self.checksums: dict[str, str] = {}
        self.sent: dict[str, Bundle] = {}
        self.audit: list[dict[str, Any]] = []
        self.running: Release | None = None
        self.failures: list[tuple[str, str, int]] = []
        self.raises: list[tuple[str, ShiplaneError]] = []
        self.adopts = "new"
        self.health = "healthy"
        self.runs_instead: dict[str, Release] = {}

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        del on_line
        if cancel is not None:
            cancel.check()
        self.commands.append(command)
        rendered = command.masked()
        for number, (pattern, error) in enumerate(self.raises):
            if re.search(pattern, rendered):
                del self.raises[number]
                raise error
        for number, (pattern, text, code) in enumerate(self.failures):
            if re.search(pattern, rendered):
                del self.failures[number]
                return Completed(code, text, text, 0.0)
        text = self._act(command)
        return Completed(0, text, text, 0.0)

    def _act(self, command: Command) -> str:
        words = command.argv[2:] if command.argv[:2] == ("bash", "-s") else ("",)
        match words:
            case ("survey", *_):
                return self.survey()
            case ("adopt", _, release_id):
                self.known[release_id] = self.sent[release_id].release
                self.checksums[release_id] = self.sent[release_id].checksum
                return self.adopts
            case ("activate", release_id):
                self.current = release_id
                self.running = self.runs_instead.get(release_id, self.known[release_id])
            case ("clear", *_):
                self.current = self.running = None
            case ("discard", _, release_id) if release_id != self.current:
                self.known.pop(release_id, None)
            case ("record", _, *outdated):
                self.audit.append(json.loads(str(command.input_text()).splitlines()[-1]))
                self.known = {name: release for name, release in self.known.items() if name not in outdated}
            case ("evidence", *_):
                return self.container("unhealthy", 1) + "\nlog\tbackend\tno such table"
        return ""

    def survey(self) -> str:
        lines = [f"release\t{json.dumps(release.to_json())}" for release in self.known.values()]
        lines += [f"audit\t{json.dumps(entry)}" for entry in self.audit]
        if self.current:
            lines += [f"current\t{self.current}", f"checksum\t{self.checksums.get(self.current, '')}"]
        if self.running:
            image = self.running.image("backend")
            digests = [f"registry.test/owner/app-backend@{image.digest}"]
            lines += [self.container(self.health, 0), f"image\t{json.dumps({'id': 'sha256:i', 'digests': digests})}"]
        return "\n".join([*lines, "volume\tapp-staging_old"])

    def container(self, health: str, code: int) -> str:
        log = [{"ExitCode": code, "Output": "HTTP Error 503"}]
        state = {"Status": "running", "ExitCode": 0, "Health": {"Status": health, "Log": log}}
        words = {"service": "backend", "once": "False", "id": "c1", "image": "sha256:i", "state": state}
        return "container\t" + json.dumps({**words, "reference": "r", "restarts": 0, "policy": "unless-stopped"})

    def deployed(self, *names: str, action: str = "deploy") -> None:
        """Let releases have been deployed, the last one serving."""
        for name in names:
            release = make_release(name)
            self.known[name], self.checksums[name] = release, make_bundle(release).checksum
            at = f"2026-01-01T00:00:{len(self.audit):02d}.000Z"
            ended = Deployment("d", "staging", SITE.url, name, release.commit, "r0", action, "deployed", at, at)
            self.audit.append(Entry(ended, "me@here", release.digests()).to_json())
            self.current, self.running = name, release

    @property
    def story(self) -> list[str]:
        """Give the transcript in short: scripts by name, Docker by its verb; surveys left out."""
        told = [_short(command) for command in self.commands]
        return [line for line in told if line != "survey"]


def _short(command: Command) -> str:
    if command.argv[:2] == ("bash", "-s"):
        names = [word for word in command.argv[3:] if word not in {SITE.folder, "app-staging"}]
        return " ".join((command.argv[2], *names))
    text = command.argv[-1] if command.argv[:2] == ("sh", "-c") else " ".join(command.argv)
    if "tar -x" in text:
        return f"unpack {command.stdin}"
    text = text.replace("docker compose -p app-staging -f docker-compose.yml -f compose.staging.yml ", "")
    return text.replace("--force-recreate --no-build --pull never", "--force-recreate")


class Public:
    """Play the public address: it answers with the release that is current on the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.wrong: set[str] = set()
        self.asked: list[str] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,  # noqa: ANN401 - as the protocol
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Answer:
        del body, headers, timeout
        self.asked.append(f"{method} {url}")
        current = self.server.current
        if current is None:
            raise Unreachable("nothing listens", "start it")
        return Answer(200, json.dumps({"release": "another" if current in self.wrong else current}))


class World:
    """Hold a deployer with the server, the public address and the report that it sees."""

    def __init__(self) -> None:
        self.server = Server()
        self.public = Public(self.server)
        self.reports: list[str] = []
        self.cancel = Cancel()
        self.masker = Masker()
        self.time = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        self.context = Context(
            self.server,
            self.public,
            SITE,
            self.masker,
            run="r1",
            who="me@here",
            report=self.reports.append,
            cancel=self.cancel,
            options=OPTIONS,
            clock=self._clock,
        )
        self.deployer = Deployer(self.context)

    def _clock(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def deploy(self, name: str, **words: Any) -> Deployment:  # noqa: ANN401 - handed on
        release = make_release(name)
        self.server.sent[name] = make_bundle(release)
        return self.deployer.deploy(release, self.server.sent[name], **words)

    def with_taken(self, error: ShiplaneError, where: str) -> None:
        """Let another holder have the environment: told by the lock's renewal, or only when asked."""

        def confirm() -> None:
            if where == "confirm":
                raise error

        self.context = replace(self.context, confirm=confirm)
        if where == "taken":
            self.context.taken.set(error)
        self.deployer = Deployer(self.context)

    def with_options(self, **words: Any) -> None:  # noqa: ANN401 - handed on
        self.context = replace(self.context, options=replace(OPTIONS, **words))
        self.deployer = Deployer(self.context)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def site() -> Site:
    return SITE


@pytest.fixture
def options() -> Options:
    return OPTIONS


@pytest.fixture
def release() -> Release:
    return make_release("1.0.0-new")
