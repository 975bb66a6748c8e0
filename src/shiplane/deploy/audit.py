"""Who did what on an environment: deployments as they were recorded, and what else was done there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shiplane.commands import remote
from shiplane.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shiplane.model import Site
    from shiplane.runners.base import Runner

_SECONDS = 30.0
KEPT = 1000
"""So many of the latest lines are read."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Record something done on an environment that put no release there; `at` is ISO 8601 in UTC.

    `detail` says what in a few words and never holds a secret.
    """

    action: str
    at: str
    who: str
    run: str
    detail: str

    def line(self) -> str:
        """Give the audit's line; its beginning tells it from a deployment."""
        return json.dumps({"kind": "deed", **asdict(self)}, separators=(",", ":"))


def audit(runner: Runner, site: Site) -> list[dict[str, Any]]:
    """Read the audit, newest first; raises `Unreachable`."""
    completed = runner.run(remote.script("audit", site.folder, str(KEPT), timeout=_SECONDS).on(site.host.name))
    if not completed.ok:
        cause = f"the audit of {site.environment} cannot be read on {site.host.name}"
        raise Unreachable(cause, f"look at ~/{site.folder}/audit.jsonl there", completed.tail())
    return history(completed.stdout.split("\n"))


def history(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Give what was done, newest first: each deployment with the release that served before it."""
    return list(_told(lines))[::-1]


def _told(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    serving: dict[str, Any] = {}
    found = list(_objects(lines))
    last = {data["id"]: number for number, data in enumerate(found) if data.get("id")}
    for number, data in enumerate(found):
        if data.get("kind"):
            yield _deed(data, serving)
        elif last.get(data.get("id"), number) == number:  # the last word about a deployment counts
            yield _deployment(data, serving)
            serving = data if data.get("outcome") == "deployed" else serving


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        # A disk that was full may have left half a line.
        with suppress(ValueError):
            data = json.loads(line)
            if isinstance(data, dict):
                yield data


def _deployment(data: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    started, finished = data.get("started_at", ""), data.get("finished_at", "")
    return {
        **_common(data, started),
        "outcome": data.get("outcome", ""),
        "seconds": seconds_between(started, finished),
        "from_release": before.get("release"),
        "from_commit": before.get("commit"),
        "release": data.get("release"),
        "commit": data.get("commit"),
        "detail": data.get("detail") or _database(data),
    }


def _database(data: dict[str, Any]) -> str:
    """Say what a deployment did to the database."""
    ran = f"migrations {', '.join(data['migrations'])}" if data.get("migrations") else ""
    back = f"database of backup {data['restored']}" if data.get("restored") else ""
    kept = f"backup {data['backup']}" if data.get("backup") else ""
    return "; ".join(part for part in (ran, back, kept) if part)


def _deed(data: dict[str, Any], serving: dict[str, Any]) -> dict[str, Any]:
    release, commit = serving.get("release"), serving.get("commit")
    same = {"from_release": release, "from_commit": commit, "release": release, "commit": commit}
    told = {"outcome": data.get("outcome", ""), "seconds": None}
    return {**_common(data, data.get("at", "")), **told, **same, "detail": data.get("detail", "")}


def _common(data: dict[str, Any], at: str) -> dict[str, Any]:
    return {"at": at, "who": data.get("who", ""), "run": data.get("run", ""), "action": data.get("action", "")}


def seconds_between(started: str, finished: str) -> float | None:
    """Give the time between two stamps; None where one cannot be read."""
    try:
        passed = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    except (ValueError, TypeError):
        return None
    return round(passed.total_seconds(), 3)
