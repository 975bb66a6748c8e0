"""The real server, as the production image starts it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction

from board import ingest
from board.models import Run

from .builders import make_report

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "token-that-no-log-may-hold"


def database_url() -> str:
    """Return the address of this worker's test database."""
    parts = connection.settings_dict
    user, password = quote(parts["USER"], safe=""), quote(parts["PASSWORD"], safe="")
    return f"postgresql://{user}:{password}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


class Server:
    """A gunicorn on a port of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        environ = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "DJANGO_SECRET_KEY": "k" * 50,
            "DJANGO_ALLOWED_HOSTS": "board.example.com",
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "BOARD_TOKEN": TOKEN,
            "GUNICORN_BIND": f"127.0.0.1:{self.port}",
            "GUNICORN_WORKERS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"],
            cwd=settings.BASE_DIR,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, dict]:
        """Send a request as the proxy would."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        client.request(method, f"/api/v1/{path}", body, headers | {"Connection": "close"})
        response = client.getresponse()
        return response.status, json.loads(response.read())

    def wait_ready(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + 60  # a busy machine starts it late
        while time.monotonic() < deadline:
            try:
                assert self.ask("GET", "health/")[0] == 200
                return
            except ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def stop(self) -> str:
        """Stop as a container engine does, and return what was logged."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=40)[0]


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a running server."""
    running = Server()
    try:
        running.wait_ready()
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def test_requests_in_flight_are_finished(server):
    body = json.dumps(make_report())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ingest.lock_reports()
            answer = pool.submit(server.ask, "POST", "reports/", body)
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert not answer.done()
        assert answer.result(timeout=30)[0] == 200
    assert server.process.wait(timeout=30) == 0
    assert Run.objects.count() == 1


def test_the_access_log_holds_paths_and_no_secrets(server):
    assert server.ask("GET", "runs/?branch=hidden%0Ax&limit=1")[0] == 200
    assert server.ask("GET", "ru%0Ans/")[0] == 404
    log = server.stop()
    assert '"GET /api/v1/runs/" 200' in log
    assert '"GET /api/v1/ru%0Ans/" 404' in log
    assert "hidden" not in log and TOKEN not in log
    assert "/api/v1/health/" not in log


def test_a_large_report_gets_its_answer(server):
    status, body = server.ask("POST", "reports/", "x" * 3_000_000)
    assert status == 413
    assert "3000000 bytes" in body["detail"]


def test_a_strange_host_is_one_line_in_the_log(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    client.request("GET", "/api/v1/runs/", headers={"Host": "evil.example.com"})
    assert client.getresponse().status == 400
    client.close()
    log = server.stop()
    assert "Invalid HTTP_HOST header: 'evil.example.com'" in log
    assert "Traceback" not in log
