"""The edge and the proxy of the staging overlay on this machine's engine, before stand-ins of the application."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.engine import docker, wait_for
from shiplane.commands.dotenv import render

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
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
Answer = tuple[int, str, dict[str, str]]
PROBE = "import urllib.request as r; [r.urlopen(f'http://127.0.0.1:{port}/') for port in (8000, 8080)]"


class Frontage:
    """Hold the edge and the proxy as a server has them; the folder's name is the project's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder.name
        self.served = folder / "served"
        self.applications: list[str] = []
        self.trust: ssl.SSLContext | None = None

    def compose(self, *words: str) -> str:
        """Run Compose, which has to succeed."""
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        argv = ["docker", "compose", "-p", self.project, *FILES, *words]
        done = subprocess.run(
            argv, cwd=self.folder, env=environ, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def port(self, inside: int = 80) -> int:
        """Give where a port of the edge is published."""
        return int(self.compose("port", "edge", str(inside)).rpartition(":")[2])

    def proxies(self) -> list[str]:
        """List the containers of the proxy."""
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
        """Stop and remove a container."""
        docker("stop", container)
        docker("rm", container)
        if container in self.applications:
            self.applications.remove(container)

    def keep_asset(self, name: str) -> None:
        """Keep the asset of an application, as a deploy does before its container goes."""
        folder = self.served / "assets"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.js").write_text(f"script of {name}")

    def lead_to(self, *containers: str) -> None:
        """Write the upstream files as a deploy does, for their owner alone, and wait until they count."""
        folder = self.served / "upstreams"
        folder.mkdir(exist_ok=True)
        for service, port in (("backend", 8000), ("frontend", 8080)):
            file = folder / f"{service}.conf"
            file.write_text("".join(f"server {name}:{port} resolve;\n" for name in containers))
            file.chmod(0o600)
        for proxy in self.proxies():
            self.anew(proxy, "nginx", "-s", "reload")

    def hand_on_to(self, *proxies: str) -> None:
        """Name the proxies to the edge, as a deploy does, and wait until it knows."""
        [edge] = self.compose("ps", "--quiet", "edge").split()
        names = [docker("inspect", "--format", "{{.Name}}", proxy).decode().strip("/\n") for proxy in proxies]
        file = self.served / "upstreams/proxy.conf"
        file.parent.mkdir(mode=0o755, exist_ok=True)
        file.write_text("".join(f"server {name}:81 resolve;\n" for name in names))
        self.anew(edge, "sh", "-c", "kill -HUP 1")

    def anew(self, container: str, *words: str) -> None:
        """Let a command tell the nginx of a container to read its files again, and wait until it has."""
        before = self.takers(container)
        docker("exec", container, *words)
        wait_for(f"nginx in {container}", lambda: not before & self.takers(container))

    @staticmethod
    def takers(container: str) -> set[str]:
        """Give the processes of an nginx that take new connections."""
        lines = docker("top", container, "-eo", "pid,args").decode().splitlines()
        return {line.split()[0] for line in lines if line.endswith("nginx: worker process")}

    def swap(self) -> None:
        """Replace the proxy by another one, which serves beside it for a while."""
        before = self.proxies()
        self.compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", "proxy=2", "--wait", "proxy")
        [new] = set(self.proxies()) - set(before)
        self.hand_on_to(new)
        for proxy in before:
            self.end(proxy)

    def client_of(self, path: str) -> str:
        """Give the address from which a path was asked for, as the proxies log it."""
        for proxy in self.proxies():
            for line in docker("logs", proxy).decode().splitlines():
                if line.startswith("{") and (logged := json.loads(line))["path"] == path:
                    return str(logged["client"])
        return ""

    def ask(self, path: str, method: str = "GET", *, tls: bool = False, forwarded_for: str = "") -> Answer:
        """Send one request and give status, text and headers, whose names are lower case."""
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port(443), timeout=20, context=self.trust)
            if tls
            else http.client.HTTPConnection("127.0.0.1", self.port(), timeout=20)
        )
        headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
        connection.request(method, path, body=b"x" if method == "POST" else None, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


@contextmanager
def standing(folder: Path, **variables: str) -> Iterator[Frontage]:
    """Lay out a server's folder below `folder`, and take down in the end what was started in it."""
    place = folder / f"proxy-{secrets.token_hex(4)}"
    place.mkdir()
    for name in ("docker-compose.yml", "compose.staging.yml", ".env.docker"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "proxy", place / "proxy")
    (place / ".env.staging").write_text("")
    root = {"BACKEND_IMAGE": "none", "FRONTEND_IMAGE": "none", "RELEASE": "one", "DB_PASSWORD": "d"}
    root |= {"REDIS_PASSWORD": "r", "PROXY_BIND": "127.0.0.1", "PROXY_PORT": "0", **variables}
    (place / ".env").write_text(render(root))
    frontage = Frontage(place)
    try:
        yield frontage
    finally:
        if frontage.applications:
            docker("rm", "--force", *frontage.applications)
        frontage.compose("down", "--volumes", "--remove-orphans", "--timeout", "1")
