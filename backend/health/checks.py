"""Ask the database and Redis, each within its own time limit and none waiting for another."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

import redis
from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)

LIMIT_SECONDS = 1.8

# Only these words are ever shown: an exception's own text may hold an address or a password.
REASONS = (
    ("authentication", "authentication failed"),
    ("invalid username-password", "authentication failed"),
    ("wrongpass", "authentication failed"),
    ("noauth", "authentication failed"),
    ("does not exist", "database or user does not exist"),
    ("refused", "connection refused"),
    ("resolve", "host name unknown"),
    ("translate host name", "host name unknown"),
    ("name or service", "host name unknown"),
    ("name resolution", "host name unknown"),
    ("timeout", "no answer in time"),
    ("timed out", "no answer in time"),
    ("starting up", "starting up"),
    ("loading", "starting up"),
    ("too many", "too many connections"),
)


def reason(error: BaseException) -> str:
    """Say in fixed words why a check failed."""
    text = f"{type(error).__name__} {error}".lower()
    known = (words for pattern, words in REASONS if pattern in text)
    return next(known, f"unavailable ({type(error).__name__})")


def ask_database() -> None:
    """Open a connection as a next request would, and run a query."""
    connection = connections.create_connection("default")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def ask_redis() -> None:
    """Open a connection and send PING."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=LIMIT_SECONDS,
        socket_timeout=LIMIT_SECONDS,
        retry=None,
    )
    with client:
        client.ping()


class Check:
    """One dependency; at most one question to it is under way, however often we are asked."""

    def __init__(self, name: str, ask: Callable[[], None]) -> None:
        self.name = name
        self.ask = ask
        self._lock = threading.Lock()
        self._pending: Future[dict] | None = None

    def start(self) -> "Future[dict]":
        """Ask, or join the question that is still unanswered."""
        with self._lock:
            if self._pending is None or self._pending.done():
                self._pending = Future()
                # A daemon, so that a host that never answers cannot delay the process's end.
                threading.Thread(target=self._answer, args=(self._pending,), daemon=True).start()
            return self._pending

    def _answer(self, future: "Future[dict]") -> None:
        future.set_result(self._timed())

    def _timed(self) -> dict:
        started = time.perf_counter()
        answer: dict[str, object] = {"status": "ok"}
        try:
            self.ask()
        except Exception as error:  # whatever it is, the dependency cannot be used
            answer = {"status": "error", "error": reason(error)}
            logger.warning("%s: %s", self.name, answer["error"])
        return answer | {"milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def run(checks: tuple[Check, ...], limit: float = LIMIT_SECONDS) -> dict[str, dict]:
    """Return what each check answered; one that is late counts as failed."""
    futures = {check.name: check.start() for check in checks}
    wait(futures.values(), timeout=limit)
    late = {
        "status": "error",
        "error": f"no answer within {limit:g} s",
        "milliseconds": limit * 1000,
    }
    return {
        name: future.result() if future.done() else dict(late) for name, future in futures.items()
    }
