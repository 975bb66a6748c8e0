"""Health and status, with a database and a Redis that answer, refuse or hang."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import OperationalError, connections

from config import __version__
from health import checks, views

pytestmark = pytest.mark.django_db

PASSWORD = "pass-word-that-nobody-may-see"


@pytest.fixture(autouse=True)
def fresh_checks(monkeypatch) -> None:
    """Let no test join a question that another left unanswered."""
    fresh = tuple(checks.Check(check.name, check.ask) for check in views.CHECKS)
    monkeypatch.setattr(views, "CHECKS", fresh)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def move_database(monkeypatch, **changes: str) -> None:
    for name, value in changes.items():
        monkeypatch.setitem(connections.settings["default"], name, value)


def test_all_answer(api):
    response = api.get("/api/v1/health/")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "ok")
    assert {name: check["status"] for name, check in body["checks"].items()} == {
        "process": "ok",
        "database": "ok",
        "redis": "ok",
    }
    assert 0 < body["checks"]["database"]["milliseconds"] < 2000
    assert 0 < body["checks"]["redis"]["milliseconds"] < 2000
    assert response["Cache-Control"] == "no-store"


def test_status_names_the_release(api, settings):
    settings.RELEASE, settings.RELEASE_COMMIT = "r-17", "abc1234"
    settings.ENVIRONMENT_NAME = "staging"
    body = api.get("/api/v1/status/").json()
    assert body.pop("checks").keys() == {"process", "database", "redis"}
    assert body == {
        "status": "ok",
        "version": __version__,
        "commit": "abc1234",
        "release": "r-17",
        "environment": "staging",
    }


def test_database_down(api, monkeypatch, closed_port):
    move_database(monkeypatch, HOST="127.0.0.1", PORT=str(closed_port), PASSWORD=PASSWORD)
    for path in ("health", "status"):
        response = api.get(f"/api/v1/{path}/")
        found = response.json()["checks"]
        assert (response.status_code, response.json()["status"]) == (503, "error")
        assert found["database"]["error"] == "connection refused"
        assert (found["redis"]["status"], found["process"]["status"]) == ("ok", "ok")


def test_redis_down(api, settings, closed_port):
    settings.REDIS_URL = f"redis://:{PASSWORD}@127.0.0.1:{closed_port}/0"
    response = api.get("/api/v1/health/")
    found = response.json()["checks"]
    assert response.status_code == 503
    assert found["redis"]["error"] == "connection refused"
    assert found["database"]["status"] == "ok"
    assert PASSWORD not in response.content.decode()


def test_two_that_hang_are_given_up_together(api, settings, monkeypatch, silent_port):
    move_database(monkeypatch, HOST="127.0.0.1", PORT=str(silent_port))
    settings.REDIS_URL = f"redis://:{PASSWORD}@127.0.0.1:{silent_port}/0"
    started = time.monotonic()
    response = api.get("/api/v1/health/")
    # One after the other would take 4 s.
    assert time.monotonic() - started < 3.9
    found = response.json()["checks"]
    assert response.status_code == 503
    for name in ("database", "redis"):
        assert "no answer" in found[name]["error"]
        assert found[name]["milliseconds"] <= 2000


def test_a_wrong_password_is_named_and_not_shown(api, monkeypatch, caplog):
    move_database(monkeypatch, PASSWORD=PASSWORD)
    response = api.get("/api/v1/health/")
    assert response.json()["checks"]["database"]["error"] == "authentication failed"
    assert PASSWORD not in response.content.decode() + caplog.text


def test_a_database_that_does_not_exist(api, monkeypatch):
    move_database(monkeypatch, NAME="nowhere")
    found = api.get("/api/v1/health/").json()["checks"]["database"]
    assert found["error"] == "database or user does not exist"


def test_an_unknown_error_is_not_quoted():
    assert checks.reason(OSError(f"redis://:{PASSWORD}@x")) == "unavailable (OSError)"


def test_at_most_one_question_is_under_way():
    asked = []

    def ask() -> None:
        asked.append(1)
        time.sleep(0.3)

    slow = checks.Check("slow", ask)
    late = [checks.run((slow,), limit=0.05)["slow"] for _ in range(3)]
    assert [answer["error"] for answer in late] == ["no answer within 0.05 s"] * 3
    assert len(asked) == 1
    assert checks.run((slow,), limit=2)["slow"]["status"] == "ok"
    assert checks.run((slow,), limit=2)["slow"]["status"] == "ok"
    assert len(asked) == 2


def test_without_redis_the_board_still_answers(api, monkeypatch, closed_port):
    pool = cache.client.get_client().connection_pool
    monkeypatch.setitem(pool.connection_kwargs, "port", closed_port)
    pool.disconnect()
    assert api.get("/api/v1/metrics/").status_code == 200
    assert cache.get("anything") is None


def test_without_the_database_reading_says_so(api, monkeypatch):
    def refuse(*args, **options):
        raise OperationalError(f"connection to {PASSWORD} failed")

    monkeypatch.setattr("board.views.history.environments", refuse)
    response = api.get("/api/v1/environments/")
    assert response.status_code == 503
    assert response.json() == {"detail": "the database does not answer: try again in a moment"}
