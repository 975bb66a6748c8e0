from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.commands.job import LOCK_LOST
from shiplane.deploy.bundle import Bundle, bundle
from shiplane.deploy.context import Context
from shiplane.deploy.phases import Options, recreate
from shiplane.deploy.rollout import Deployer
from shiplane.deploy.survey import Entry
from shiplane.errors import ConnectionLost, ShiplaneError, Unreachable
from shiplane.model import Command, Deployment, Host, Image, Release, Secret, Site
from shiplane.runners.base import Cancel, Completed, Masker
from shiplane.runners.http import Answer
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.deploy.backups import Backup
    from shiplane.deploy.tls import Certificate

HOST = Host("staging", "192.0.2.1", 22, "deploy", "/keys/staging", "/keys/known_hosts")
SITE = Site("staging", HOST, "deployments/app-staging", "https://staging.test", "compose.staging.yml")
SECRETS = {name: Secret(name, f"{name}-value") for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
COMPOSE = {"docker-compose.yml": b"services: {}\n", "compose.staging.yml": b"services: {}\n"}
DATA = {"db": {"image": "postgres:17"}, "redis": {"image": "redis:8"}}
OPTIONS = Options(release_command=("python", "manage.py", "migrate"), verify_tries=3, verify_seconds=0.0)


def make_release(name: str) -> Release:
    digest = "sha256:" + name.encode().hex().ljust(64, "0")[:64]
    image = Image(f"registry.test/owner/app-backend:{name}", digest)
    return Release(name, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("backend", image),))  # noqa: FBT003


def make_bundle(release: Release) -> Bundle:
    return bundle(SITE, release, COMPOSE, "DB_NAME=app\n", SECRETS)


class Server(RecordingRunner):
    """Play a server: surveys tell what the commands before them have made; `failures` answer with an exit code.

    What a job runs is played one by one and stands in the story as if it had been run alone. `more` are services that a
    release has beside the usual ones, or has otherwise; the answers to commands in `unheard` are lost, once each.
    """

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
        self.hooks: list[tuple[str, Callable[[], object]]] = []
        self.adopts = "new"
        self.health = "healthy"
        self.evidence = "unhealthy"
        self.heals = ""
        self.untidy: list[str] = []
        self.missing = True
        self.runs_instead: dict[str, Release] = {}
        self.played: list[str] = []
        self.job: dict[str, list[str]] = {}
        self.job_code = 0
        self.job_lines: list[str] = []
        self.job_survives = False
        self.away = False
        self.certificate = ""
        self.backups: list[Backup] = []
        self.restore: set[str] = set()
        self.restored = ""
        self.urls: dict[str, str] = {}
        self.damaged: set[str] = set()
        self.secrets: list[str] = []
        self.more: dict[str, dict[str, Any]] = {}
        self.unheard: list[str] = []
        self.refuses: list[str] = []

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        if cancel is not None:
            cancel.check()
        self.commands.append(command)
        if self.away and self.job_lines:
            raise Unreachable("gone", "look")
        match command.argv:
            case ("bash", "-s", "job", "start", *_):
                self.job, self.job_lines = job_commands(str(command.input_text())), []
                self._play_job(on_line, cancel)
                return self._told(self.job_code, self.job_lines)
            case ("bash", "-s", "job", "stop", *_):
                self.job_code = self._undo(on_line) if self.job["undo"] else 143
                return self._told(self.job_code, self.job_lines)
            case ("bash", "-s", "job", "follow", *_):
                for line in self.job_lines:
                    on_line(line) if on_line else None
                return self._told(self.job_code, self.job_lines)
        code, text = self._play(command.masked(), command)
        for number, pattern in enumerate(self.unheard):
            if re.search(pattern, command.masked()):
                del self.unheard[number]
                raise ConnectionLost("the answer was lost", "look")
        for line in text.splitlines():
            on_line(line) if on_line else None
        return self._told(code, text.splitlines())

    def _told(self, code: int, lines: list[str]) -> Completed:
        text = "\n".join(lines)
        return Completed(code, text, text, 0.0)

    def _play_job(self, on_line: Callable[[str], None] | None, cancel: Cancel | None) -> None:
        """Play a job; what raises does so after it: the connection is lost, the job is not."""
        lost = None
        try:
            self.job_code = LOCK_LOST if self._refuses() else self._run_all("commands", on_line, cancel)
            if self.job_code and self.job_code != LOCK_LOST:
                self._run_all("evidence", on_line)
                self.job_code = self._undo(on_line) if self.job["undo"] else self.job_code
        except ShiplaneError as error:
            lost = error
            self.job_code = self._run_all("commands", None) if self.job_survives else self.job_code
        self._run_all("always", on_line)
        if lost:
            raise lost

    def _refuses(self) -> bool:
        """Tell whether another holder took the lock before the job began."""
        return any(re.search(pattern, rendered) for pattern in self.refuses for rendered in self.job["commands"])

    def _undo(self, on_line: Callable[[str], None] | None) -> int:
        return 7 if self._run_all("undo", on_line) else 6

    def _run_all(self, group: str, on_line: Callable[[str], None] | None, cancel: Cancel | None = None) -> int:
        for number, rendered in enumerate(self.job[group]):
            self._say(f"@@ {group} {number}", on_line)
            code, text = self._play(rendered, None)
            for line in text.splitlines():
                self._say(line, on_line)
            if cancel is not None:
                cancel.check()
            if code:
                return code
        return 0

    def _say(self, line: str, on_line: Callable[[str], None] | None) -> None:
        self.job_lines.append(line)
        if on_line is not None:
            on_line(line)

    def _play(self, rendered: str, command: Command | None) -> tuple[int, str]:
        self.played.append(rendered)
        for pattern, hook in self.hooks:
            if re.search(pattern, rendered):
                hook()
        for number, (pattern, error) in enumerate(self.raises):
            if re.search(pattern, rendered):
                del self.raises[number]
                raise error
        for number, (pattern, text, code) in enumerate(self.failures):
            if re.search(pattern, rendered):
                del self.failures[number]
                return code, text
        if found := re.search(r"bash -s database (\w+)", rendered):
            self._mark(found[1])
        return 0, self._act(rendered, command)

    def _mark(self, verb: str) -> None:
        """Keep what a change of the database that is cut off would leave."""
        self.restore |= {"load": {"beside"}, "stop": {"stopped"}}.get(verb, set())
        self.restore -= {"back": {"beside"}, "finish": {"beside"}, "open": {"stopped"}}.get(verb, set())

    def _act(self, rendered: str, command: Command | None) -> str:
        words = shlex.split(rendered.partition(" < (")[0])
        match words[2:] if words[:2] == ["bash", "-s"] else []:
            case ["survey", *_]:
                return self.survey()
            case ["adopt", _, release_id, *_]:
                self.known[release_id] = self.sent[release_id].release
                self.checksums[release_id] = self.sent[release_id].checksum
                return f"adopted\t{self.adopts}\n{self.described(release_id)}"
            case ["model", folder, *_]:
                return self.described(folder.rpartition("/")[2])
            case ["roll" | "recreate", _, _, _, release_id, *_]:
                self._serve(release_id)
            case ["activate", release_id]:
                self._serve(release_id)
            case ["clear", *_]:
                self.current = self.running = None
            case ["discard", _, release_id] if release_id != self.current:
                self.known.pop(release_id, None)
            case ["record", _, *tidy]:
                assert command
                self.audit.append(json.loads(str(command.input_text()).splitlines()[-1]))
                self.known = {name: release for name, release in self.known.items() if name not in tidy[2:]}
                return "\n".join(["recorded", *self.untidy])
            case ["evidence", *_]:
                return self.container(self.evidence, 1) + "\nlog\tc1\tno such table"
        return ""

    def _serve(self, release_id: str) -> None:
        self.health = self.heals or self.health
        self.current = release_id
        self.running = self.runs_instead.get(release_id, self.known[release_id])

    def described(self, release_id: str) -> str:
        """Tell of the services of a release, as Compose resolves them."""
        image = self.known[release_id].image("backend").pinned
        services = {"backend": {"image": image, "depends_on": {"db": {}}}, **DATA, **self.more.get(release_id, {})}
        told = f"root\t/home/deploy/{SITE.folder}/releases/{release_id}\nmodel\t{json.dumps({'services': services})}"
        return f"{told}\nmissing\t{image}" if self.missing else told

    def survey(self) -> str:
        urls = self.urls
        lines = [
            f"release\t{json.dumps({**r.to_json(), 'url': urls.get(r.id, SITE.url)})}"
            for r in self.known.values()
            if r.id not in self.damaged
        ]
        lines += [f"folder\t{name}" for name in self.known]
        lines += [f"secret\t{line}" for line in self.secrets]
        lines += [f"audit\t{json.dumps(entry)}" for entry in self.audit]
        if self.current:
            lines += [f"current\t{self.current}", f"checksum\t{self.checksums.get(self.current, '')}"]
            lines += self.described(self.current).splitlines()[:2]
        lines += [f"restore\t{word}" for word in sorted(self.restore)]
        lines += [f"restored\t{self.restored}"] if self.restored and "beside" in self.restore else []
        lines += [f"backup\t{json.dumps(backup.to_json())}" for backup in self.backups]
        if self.certificate:
            lines.append(f"certificate\t{self.certificate}")
        if self.running:
            image = self.running.image("backend")
            digests = [f"registry.test/owner/app-backend@{image.digest}"]
            plain = json.loads(self.container("healthy", 0).partition("\t")[2]) | {"image": "sha256:p"}
            others = sorted({*DATA, *self.more.get(self.running.id, {})})
            lines += [f"container\t{json.dumps({**plain, 'service': name})}" for name in others]
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
            ended = Deployment(
                f"d{len(self.audit)}", "staging", SITE.url, name, release.commit, "r0", action, "deployed", at, at
            )
            self.audit.append(Entry(ended, "me@here", release.digests()).to_json())
            self.current, self.running = name, release

    @property
    def story(self) -> list[str]:
        """Give what was played in short: scripts by name, Docker by its verb; surveys left out."""
        told = [_short(rendered) for rendered in self.played]
        return [line for line in told if line != "survey"]


def job_commands(text: str) -> dict[str, list[str]]:
    """Read which commands a job's text runs, as they are named above each, by the function that they stand in."""
    found = {}
    for group in ("commands", "evidence", "always", "beat", "undo"):
        block = re.search(rf"^{group}\(\) {{\n(.*?)^:\n}}", text, re.MULTILINE | re.DOTALL)
        found[group] = re.findall(r"^# (.*)\necho '@@ \w+ \d+'$", block[1], re.MULTILINE) if block else []
    return found


def _short(rendered: str) -> str:
    words = shlex.split(rendered.partition(" < (")[0])
    if words[:2] == ["bash", "-s"]:
        names = [word.removeprefix(SITE.folder) for word in words[3:] if word not in {"app-staging", SITE.overlay}]
        return " ".join((words[2], *filter(None, names)))
    text = words[-1] if words[:2] == ["sh", "-c"] else " ".join(words)
    return text.replace("docker compose -p app-staging -f docker-compose.yml -f compose.staging.yml ", "")


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
        if current is None or not url.startswith(f"{self.server.urls.get(current, SITE.url)}/"):
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
        self.certificate: Certificate | None = None
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
        self.server.sent[name] = replace(make_bundle(release), certificate=self.certificate)
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

    def recreating(self) -> None:
        """Deploy by the specification's rollout from here on."""
        self.context = replace(self.context, rollout=recreate)
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
