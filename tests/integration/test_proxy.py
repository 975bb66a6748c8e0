"""The proxy of the overlays on the real engine: upstreams and proxies change under clients that never ask twice."""

import http.client
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.engine import docker, wait_for
from shiplane.commands.dotenv import render
from traffic.running import Traffic
from traffic.wanted import Flow, Wanted, mix

ROOT = Path(__file__).resolve().parents[2]
FILES = ("-f", "docker-compose.yml", "-f", "compose.staging.yml")
# Each container has a page with an asset of its own, as each release has.
SERVER = """
import http.server, os, signal, sys, threading
name = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, posts = "HTTP/1.1", 0
    def do_GET(self):
        pages = {"/": f"<script src=/assets/{name}.js>", "/api/posts": str(Handler.posts), "/api/name": name}
        pages |= {f"/assets/{name}.js": f"script of {name}", "/api/cut": ""}
        self.say(200 if self.path in pages else 404, pages.get(self.path, "missing"))
    def do_POST(self):
        Handler.posts += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.say(200, name)
    def say(self, status, text):
        if self.path == "/api/cut":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *words): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
for port in (8000, 8080):
    threading.Thread(target=Server(("", port), Handler).serve_forever).start()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
signal.pause()
"""
PROBE = "import urllib.request as r; [r.urlopen(f'http://127.0.0.1:{port}/') for port in (8000, 8080)]"


class Place:
    """Hold the edge and the proxy as a server has them, before stand-ins of the application."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = f"proxy-{secrets.token_hex(4)}"
        self.served = folder / "served"
        self.applications: list[str] = []

    def compose(self, *words: str) -> str:
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        argv = ["docker", "compose", "-p", self.project, *FILES, *words]
        done = subprocess.run(
            argv, cwd=self.folder, env=environ, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def port(self) -> int:
        return int(self.compose("port", "edge", "80").rpartition(":")[2])

    def proxies(self) -> list[str]:
        return self.compose("ps", "--quiet", "proxy").split()

    def start(self, name: str) -> str:
        """Start a container of the application; the services' own names stand for all of them."""
        full = f"{self.project}-{name}"
        self.applications.append(full)
        aliases = ("--network-alias", "backend", "--network-alias", "frontend")
        place = ("--network", f"{self.project}_edge", *aliases, "--name", full)
        docker("run", "--detach", "--init", *place, "python:3.13-slim", "python", "-c", SERVER, name)
        argv = ["docker", "exec", full, "python", "-c", PROBE]
        wait_for(full, lambda: subprocess.run(argv, capture_output=True, check=False).returncode == 0)
        return full

    def end(self, container: str) -> None:
        docker("stop", container)
        docker("rm", container)
        if container in self.applications:
            self.applications.remove(container)

    def keep_asset(self, name: str) -> None:
        folder = self.served / "assets"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.js").write_text(f"script of {name}")

    def lead_to(self, *containers: str) -> None:
        """Write the upstream files as a deploy does, for their owner alone, and reload."""
        folder = self.served / "upstreams"
        folder.mkdir(mode=0o700, exist_ok=True)
        for service, port in (("backend", 8000), ("frontend", 8080)):
            file = folder / f"{service}.conf"
            file.write_text("".join(f"server {name}:{port} resolve;\n" for name in containers))
            file.chmod(0o600)
        for proxy in self.proxies():
            docker("exec", proxy, "nginx", "-s", "reload")

    def swap(self) -> None:
        """Replace the proxy by another one, which serves beside it for a while."""
        before = self.proxies()
        self.compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", "proxy=2", "--wait", "proxy")
        assert len(self.proxies()) == len(before) + 1
        for proxy in before:
            self.end(proxy)

    def ask(self, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body=b"x" if method == "POST" else None)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("server")
    for name in ("docker-compose.yml", "compose.staging.yml", ".env.docker"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "proxy", folder / "proxy")
    (folder / ".env.staging").write_text("")
    variables = {"BACKEND_IMAGE": "none", "FRONTEND_IMAGE": "none", "RELEASE": "one"}
    variables |= {"DB_PASSWORD": "d", "REDIS_PASSWORD": "r", "PROXY_BIND": "127.0.0.1", "PROXY_PORT": "0"}
    (folder / ".env").write_text(render(variables))
    place = Place(folder)
    try:
        place.compose("up", "--detach", "--no-deps", "--wait", "edge", "proxy")
        yield place
    finally:
        if place.applications:
            docker("rm", "--force", *place.applications)
        place.compose("down", "--volumes", "--remove-orphans", "--timeout", "1")


@pytest.fixture
def one(place: Place) -> Iterator[str]:
    """Let one container serve, which no upstream file names; in the end all are gone."""
    shutil.rmtree(place.served / "upstreams", ignore_errors=True)
    place.lead_to()
    name = place.start("one")
    wait_for("an answer", lambda: place.ask("/api/name")[:2] == (200, "one"))
    yield name
    docker("rm", "--force", *place.applications)
    place.applications.clear()


def test_no_request_fails_while_containers_and_proxies_change(place: Place, one: str, tmp_path: Path) -> None:
    place.lead_to(one)
    place.keep_asset("one")
    write = Flow("write", 1, "/api/write", "POST", body="{id}")
    with Traffic(Wanted(place.port, mix("/api/name", write, rate=100)), tmp_path) as traffic:
        two = place.start("two")
        place.keep_asset("two")
        place.lead_to(two)
        time.sleep(1)
        place.end(one)
        # Whoever asks only now, on a connection from before, reaches none that is gone.
        time.sleep(5)
        place.swap()
        assert place.ask("/api/name")[1] == "two"
    assert traffic.met.failed == 0, traffic.met.story()
    assert traffic.met.pages == 2
    assert traffic.met.requests > 1000
    assert len(place.proxies()) == 1


def test_a_container_that_vanishes_costs_no_request_of_any_method(place: Place, one: str) -> None:
    two = place.start("two")
    place.lead_to(one)
    assert place.ask("/api/name")[1] == "one"
    # Gone without a word: until its name is forgotten, connections to its address wait.
    docker("rm", "--force", one)
    place.applications.remove(one)
    assert [place.ask("/api/write", "POST")[:2] for _ in range(4)] == [(200, "two")] * 4
    assert two in place.applications


def test_what_may_have_had_an_effect_is_not_sent_again(place: Place, one: str) -> None:
    place.start("two")
    place.lead_to(one)
    assert place.ask("/api/name")[1] == "one"
    before = int(place.ask("/api/posts")[1])
    status, text, _ = place.ask("/api/cut", "POST")
    assert (status, json.loads(text)) == (502, {"detail": "the backend does not answer: try again in a moment"})
    posts = []
    for name in place.applications:
        place.lead_to(name)
        wait_for(name, lambda name=name: place.ask("/api/name")[1] == name.rpartition("-")[2])
        posts.append(int(place.ask("/api/posts")[1]))
    assert posts == [before + 1, 0]


def test_the_service_is_found_where_no_file_names_its_containers(place: Place, one: str) -> None:
    shutil.rmtree(place.served / "upstreams")
    place.lead_to()
    docker("restart", "--time", "0", one)
    wait_for("an answer", lambda: place.ask("/api/name")[0] == 200, seconds=10)


def test_assets_of_releases_before_are_served_and_nothing_beside_them(place: Place, one: str) -> None:
    assert one
    place.keep_asset("zero")
    (place.served / "secret.js").write_text("nobody reads this")
    status, text, headers = place.ask("/assets/zero.js")
    assert (status, text) == (200, "script of zero")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("application/javascript")
    assert headers["x-content-type-options"] == "nosniff"
    status, _, headers = place.ask("/assets/never.js")
    assert (status, headers["cache-control"]) == (404, "no-cache")
    for path in ("/assets/../secret.js", "/assets/%2e%2e/secret.js", "/assets/..%2fsecret.js", "/assets//../secret.js"):
        assert "nobody" not in place.ask(path)[1], path
    assert "cache-control" not in place.ask("/assets/one.js")[2]
