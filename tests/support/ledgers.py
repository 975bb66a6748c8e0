"""An application with migrations on a server of a lab: what it has to release, and what a test asks of it."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.engine import docker_build
from shiplane.deploy.bundle import bundle
from shiplane.deploy.context import Context
from shiplane.deploy.phases import Options
from shiplane.deploy.rollout import Deployer
from shiplane.errors import Unreachable
from shiplane.model import Command, Image, Release, Secret, Site
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.http import Answer
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.commands.login import RegistryLogin
    from shiplane.lab.state import LabState
    from shiplane.model import Deployment

FOLDER = Path(__file__).with_name("ledger")
HARD = "p)$'\"#\\ ü"
SECRETS = {name: Secret(name, f"{name} {HARD}") for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
DROPS = {"rule": "DROP_COLUMN", "message": "DROPPING columns", "table": "rows", "column": "note", "breaking": True}
FIRST = {"name": "app.1", "sql": "CREATE TABLE rows (id text, note text)"}
SAFE = {"name": "app.2", "sql": "ALTER TABLE rows ADD COLUMN more text"}
BROKEN = {"name": "app.3", "sql": "ALTER TABLE rows ADD COLUMN also text; ALTER TABLE nowhere ADD COLUMN x text"}
BREAKING = {"name": "app.3_drop", "sql": "ALTER TABLE rows DROP COLUMN note", "findings": [DROPS]}
KINDS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "one": ([FIRST], "id, note"),
    "two": ([FIRST, SAFE], "id, note, more"),
    "broken": ([FIRST, SAFE, BROKEN], "id, note"),
    "drop": ([FIRST, SAFE, BREAKING], "id, more"),
    "sick": ([FIRST, SAFE], "id, nothing"),
}
OPTIONS = Options(
    release_command=("python", "/app.py", "migrate"),
    pending_command=("python", "/app.py", "pending"),
    release_service="web",
    data_services=("db",),
    proxy_service="none",
    upstreams=(),
    assets=None,
    health_seconds=120,
    verify_tries=3,
    verify_seconds=0.5,
)


def build(login: RegistryLogin, folder: Path) -> dict[str, Image]:
    """Build and push one image of each kind."""
    client = ("docker", "--config", str(folder / "docker-ledger"))
    enter = (*client, "login", "--username", login.user, "--password-stdin", login.registry)
    subprocess.run(enter, input=login.password.value, text=True, check=True, capture_output=True)
    images = {}
    for kind, (migrations, columns) in KINDS.items():
        name = f"{login.registry}/deploy/ledger-web:{kind}"
        arguments = ("--build-arg", f"MIGRATIONS={json.dumps(migrations)}", "--build-arg", f"COLUMNS={columns}")
        docker_build(*arguments, "--tag", name, FOLDER)
        pushed = subprocess.run((*client, "push", name), check=True, capture_output=True, text=True).stdout
        images[kind] = Image(name, next(word for word in pushed.split() if word.startswith("sha256:")))
        subprocess.run(("docker", "image", "rm", name), check=True, capture_output=True)
    return images


class Ledger:
    """Hold the application on a server, beside whatever else runs there."""

    def __init__(self, state: LabState, login: RegistryLogin, images: dict[str, Image]) -> None:
        self.server = state.server("staging").name
        host = state.server("staging").to_host()
        folder = "deployments/ledger-staging"
        self.site = Site("staging", host, folder, "http://127.0.0.1:8077", "compose.staging.yml", proxy_port=8077)
        self.login = login
        self.images = images
        self.masker = Masker()
        self.runner = SshRunner(host, self.masker)
        self.looker = SshRunner(host)
        self.reports: list[str] = []
        self.options = OPTIONS

    def deployer(self, *allowed: str) -> Deployer:
        self.reports.clear()
        context = Context(
            runner=self.runner,
            http=self,
            site=self.site,
            masker=self.masker,
            run="r1",
            who="me@here",
            report=self.reports.append,
            cancel=Cancel(),
            options=self.options,
            allowed=allowed,
        )
        return Deployer(context)

    def deploy(self, kind: str, *allowed: str, name: str = "") -> Deployment:
        images = (("web", self.images[kind]),)
        release = Release(name or kind, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", images)  # noqa: FBT003
        files = {"docker-compose.yml": (FOLDER / "compose.yml").read_bytes(), "compose.staging.yml": b"services: {}\n"}
        made = bundle(self.site, release, files, "DB_NAME=ledger\n", SECRETS)
        return self.deployer(*allowed).deploy(release, made, self.login)

    def rollback(self, to: str | None = None, *, restore_database: bool = False) -> Deployment:
        return self.deployer().rollback(to, self.login, restore_database=restore_database)

    def request(self, method: str, url: str, **words: object) -> Answer:
        """Ask in the container itself: other tests have the server's public port."""
        del method, words, url
        ids = "$(docker ps -q --filter label=com.docker.compose.project=ledger-staging"
        ids += " --filter label=com.docker.compose.oneoff=False --filter label=com.docker.compose.service=web)"
        said = self.looker.run(Command(("sh", "-c", f"docker exec {ids} python /app.py ask")))
        status, _, text = said.stdout.partition(" ")
        if not said.ok:
            raise Unreachable(f"it does not answer: {said.output}", "look")
        return Answer(int(status), text)

    def serves(self) -> tuple[str, list[str]]:
        """Give the release that answers, and its rows."""
        answer = self.request("GET", self.site.url)
        assert answer.status == 200, answer.text
        return answer.json()["release"], answer.json()["rows"]

    def ask(self, line: str) -> str:
        """Run a line in the environment's folder; what comes back is not masked."""
        return self.looker.run(Command(("sh", "-c", line), cwd=self.site.folder)).stdout

    def sql(self, text: str) -> str:
        ids = "$(docker ps -q --filter label=com.docker.compose.project=ledger-staging"
        ids += " --filter label=com.docker.compose.service=db)"
        return self.ask(f'docker exec {ids} psql -qtAX -h 127.0.0.1 -U app ledger -c "{text}"')

    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ask("cat audit.jsonl").splitlines()]

    def backups(self) -> list[str]:
        return self.ask("ls -A backups 2>/dev/null").split()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Let there be no room for backups meanwhile."""
        folder = f"/home/{self.site.host.user}/{self.site.folder}/backups"
        enter = ("docker", "exec", self.server)
        owner = subprocess.run((*enter, "id", "-u", self.site.host.user), check=True, capture_output=True, text=True)
        options = f"size=64k,mode=700,uid={owner.stdout.strip()}"
        subprocess.run((*enter, "mount", "-t", "tmpfs", "-o", options, "tmpfs", folder), check=True)
        try:
            yield
        finally:
            subprocess.run((*enter, "umount", folder), check=True)

    def clear(self) -> None:
        """Remove it with its data."""
        down = "docker compose -p ledger-staging -f docker-compose.yml -f compose.staging.yml down -v -t 0"
        self.ask(f"{down}; cd ..; rm -rf ledger-staging")
