"""A lab of its own, with an application small enough that each deploy takes seconds."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker_build
from shiplane.commands.login import RegistryLogin
from shiplane.deploy.bundle import bundle
from shiplane.deploy.context import Context
from shiplane.deploy.phases import Options, recreate, rolling
from shiplane.deploy.rollout import Deployer
from shiplane.errors import Unreachable
from shiplane.lab import lifecycle as lab
from shiplane.model import Command, Image, Release, Secret, Site
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.http import HttpRunner
from shiplane.runners.local import LocalRunner
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.deploy.phases import Rollout
    from shiplane.lab.state import LabState

HARD = "p)$'\"#\\ ü"
SECRETS = {name: Secret(name, f"{name} {HARD}") for name in ("DB_PASSWORD", "REDIS_PASSWORD", "BOARD_TOKEN")}
OPTIONS = Options(
    release_command=("sh", "-c", "test ! -e /refuse-migration || { echo no such column; exit 1; }"),
    release_service="web",
    upstreams=(("web", 8000),),
    assets=None,
    health_seconds=30,
    verify_tries=2,
    verify_seconds=0.5,
)
SERVER = """
import http.server, json, os, pathlib, signal, threading
kind = pathlib.Path("/kind").read_text().strip()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        release = "another" if kind == "wrong" else os.environ.get("RELEASE")
        self.send_response(503 if kind == "unhealthy" else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"release": release}).encode())
print("this is", kind, flush=True)
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
server.daemon_threads = False
# What is under way is finished.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
"""
WORKER = """
import os, signal, time
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
while not ended:
    name = f"{os.uname().nodename}-{time.monotonic()}"
    for word in ("begin", "end"):
        with open("/data/tasks", "a") as file:
            file.write(f"{word} {name}\\n")
        if word == "begin":
            time.sleep(1.5)  # which a signal does not shorten
"""
DOCKERFILE = """
FROM python:3.13-slim
VOLUME /scratch
COPY server.py worker.py /
ARG KIND
RUN echo $KIND >/kind; if [ $KIND = migration ]; then touch /refuse-migration; fi
CMD ["python", "/server.py"]
"""
# Two servers ask it all the time: without a start of Python.
PROBE = (
    r'exec 3<>/dev/tcp/127.0.0.1/8000 || exit 1; printf "GET / HTTP/1.0\r\n\r\n" >&3; '
    r'read -r _ code _ <&3; while read -r _ <&3; do :; done; test "$$code" = 200 || '
    r'{ echo "HTTP Error $$code"; exit 1; }'
)
COMPOSE = b"""
services:
  db: &data
    image: nginx:1.30
    command: [sleep, infinity]
    init: true
    environment: {PASSWORD: "${DB_PASSWORD:?}"}
    volumes: [{type: volume, source: data, target: /data}]
    healthcheck: {test: [CMD, "true"], start_period: 5s, start_interval: 0.2s}
  redis: *data
  web:
    image: ${WEB_IMAGE:?}
    restart: unless-stopped
    env_file: [.env.docker, .env.staging]
    environment: {RELEASE: "${RELEASE:?}"}
    depends_on: {db: {condition: service_healthy}, redis: {condition: service_healthy}}
    healthcheck:
      test: [CMD, bash, -c, 'PROBE']
      start_period: 8s
      start_interval: 0.3s
      interval: 10s
      retries: 1
  worker:
    image: ${WEB_IMAGE:?}
    command: [python, -u, /worker.py]
    labels: {dev.shiplane.rolls: "true"}
    restart: unless-stopped
    volumes: [{type: volume, source: data, target: /data}]
    stop_grace_period: 15s
  edge:
    image: nginx:1.30
    command: [sleep, infinity]
    init: true
    restart: unless-stopped
    ports: ["${PROXY_BIND:?}:${PROXY_PORT:?}:80"]
    healthcheck: {test: [CMD, "true"], start_period: 5s, start_interval: 0.2s}
  proxy:
    image: nginx:1.30
    restart: unless-stopped
    network_mode: service:edge
    volumes: ["./proxy/nginx.conf:/etc/nginx/nginx.conf:ro", "./served:/etc/nginx/served:ro"]
    depends_on: {web: {condition: service_healthy}}
    healthcheck:
      test: [CMD, curl, -fsS, --unix-socket, /tmp/health.sock, "http://localhost/"]
      start_period: 5s
      start_interval: 0.2s
volumes: {data: {}}
""".replace(b"PROBE", PROBE.encode())
PROXY = b"""
events {}
http {
    resolver 127.0.0.11 valid=1s ipv6=off;
    upstream web {
        zone web 64k;
        include /etc/nginx/served/upstreams/web*.conf;
        server web:8000 resolve backup;
    }
    keepalive_min_timeout 8s;
    server { listen 80 reuseport; location / { proxy_pass http://web; proxy_connect_timeout 2s; } }
    server { listen unix:/tmp/health.sock; location / { return 200; } }
}
"""
KINDS = ("one", "two", "unhealthy", "wrong", "migration")


class Place:
    """Hold an environment of the lab and what deploys to it."""

    compose, proxy, options = COMPOSE, PROXY, OPTIONS

    def __init__(self, state: LabState, environment: str, login: RegistryLogin, images: dict[str, Image]) -> None:
        server = state.server(environment)
        self.host = server.to_host()
        # The small application has no proxy before it.
        url = f"http://{server.host}:{server.http_port}"
        self.other_url = f"http://{server.host}:{server.https_port}"
        self.site = Site("staging", self.host, "deployments/app-staging", url, "compose.staging.yml")
        self.login = login
        self.images = images
        self.masker = Masker()
        self.runner = SshRunner(self.host, self.masker)
        self.looker = SshRunner(self.host)
        self.reports: list[str] = []
        self.secrets = SECRETS
        self.options = OPTIONS
        self.rollout: Rollout = rolling
        self.local = LocalRunner(Path(server.to_host().key_file).parent, os.environ, self.masker)

    def deployer(self, cancel: Cancel | None = None, report: Callable[[str], None] | None = None) -> Deployer:
        context = Context(
            runner=self.runner,
            http=HttpRunner(),
            site=self.site,
            masker=self.masker,
            run="r1",
            who="me@here",
            report=report or self.reports.append,
            cancel=cancel or Cancel(),
            options=self.options,
            rollout=self.rollout,
            local=self.local,
        )
        return Deployer(context)

    def release(self, kind: str) -> Release:
        return Release(kind, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("web", self.images[kind]),))  # noqa: FBT003

    def deploy(
        self,
        kind: str,
        cancel: Cancel | None = None,
        overlay: bytes = b"services: {}\n",
        report: Callable[[str], None] | None = None,
    ) -> float:
        """Deploy and give the seconds that it took."""
        release, started = self.release(kind), time.monotonic()
        files = {"docker-compose.yml": COMPOSE, "compose.staging.yml": overlay, "proxy/nginx.conf": PROXY}
        made = bundle(self.site, release, files, "DB_NAME=app\n", SECRETS)
        self.deployer(cancel, report).deploy(release, made, self.login)
        return time.monotonic() - started

    def serves(self) -> str | None:
        try:
            answer = HttpRunner().request("GET", f"{self.site.url}/api/v1/status/", timeout=2.0)
        except Unreachable:
            return None
        return str(answer.json()["release"])

    def ask(self, line: str) -> str:
        """Run a line on the server; what comes back is not masked."""
        return self.looker.run(Command(("sh", "-c", line))).stdout

    def as_root(self, *words: str) -> None:
        """Run a program in the server's container, as root, whether or not ssh leads there."""
        subprocess.run(("docker", "exec", self.host.name, *words), check=True, capture_output=True, timeout=20)

    def leftovers(self) -> str:
        """List what no deploy may leave: hidden work files, credentials, one-off containers, volumes of nobody."""
        names = "-name '.incoming' -o -name '.login' -o -name '.replaced-*' -o -name '*.new' -o -name .job"
        once = "docker ps -aq --filter label=com.docker.compose.oneoff=True"
        unused = "docker volume ls -q --filter dangling=true"
        return self.ask(f"find deployments {names}; {once}; {unused}")


@pytest.fixture(scope="package")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LabState, RegistryLogin, dict[str, Image]]]:
    checkout = tmp_path_factory.mktemp("deploy-lab")
    try:
        up = lab.up(checkout, lambda _: None)
        secrets = lab.secrets(checkout)["staging"]
        login = RegistryLogin(up.registry, secrets["REGISTRY_USER"], Secret("P", secrets["REGISTRY_PASSWORD"]))
        yield up, login, build(checkout, login)
    finally:
        lab.down(checkout)


def build(checkout: Path, login: RegistryLogin) -> dict[str, Image]:
    """Build and push one image of each kind."""
    (checkout / "server.py").write_text(SERVER)
    (checkout / "worker.py").write_text(WORKER)
    (checkout / "Dockerfile").write_text(DOCKERFILE)
    client = ("docker", "--config", str(checkout / "docker"))
    enter = (*client, "login", "--username", login.user, "--password-stdin", login.registry)
    subprocess.run(enter, input=login.password.value, text=True, check=True, capture_output=True)
    images = {}
    for kind in KINDS:
        name = f"{login.registry}/deploy/app-web:{kind}"
        docker_build("--build-arg", f"KIND={kind}", "--tag", name, checkout)
        pushed = subprocess.run((*client, "push", name), check=True, capture_output=True, text=True).stdout
        digest = next(word for word in pushed.split() if word.startswith("sha256:"))
        images[kind] = Image(name, digest)
        subprocess.run(("docker", "image", "rm", name), check=True, capture_output=True)
    return images


@pytest.fixture(scope="package")
def staging(state: tuple[LabState, RegistryLogin, dict[str, Image]]) -> Iterator[Place]:
    yield from opened(Place(state[0], "staging", state[1], state[2]))


@pytest.fixture(scope="package")
def fresh(state: tuple[LabState, RegistryLogin, dict[str, Image]]) -> Iterator[Place]:
    """Give a server on which nothing was ever deployed."""
    yield from opened(Place(state[0], "production", state[1], state[2]))


def opened(place: Place) -> Iterator[Place]:
    with place.runner, place.looker:
        yield place


@pytest.fixture
def serving(staging: Place) -> Place:
    """Let release `one` serve on staging."""
    staging.options = OPTIONS
    staging.deploy("one")
    return staging


@pytest.fixture
def recreating(serving: Place) -> Iterator[Place]:
    """Let releases take the place of others by the specification's rollout."""
    serving.rollout = recreate
    yield serving
    serving.rollout = rolling
