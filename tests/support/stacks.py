"""A development stack that is told by recordings: its model, its containers, what the engine says of both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from samples import CONFIG_TEXT, HARD
from shiplane.config import parse
from shiplane.config.load import table_of
from shiplane.development import backups
from shiplane.development.stack import Stack
from shiplane.lab.images.catalogue import OFFICIAL_NAMES, ROOT_IMAGE
from shiplane.lab.images.ensure import server_image
from shiplane.runners.base import Masker
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checkouts import Answer

DEVELOPMENT_TEXT = CONFIG_TEXT.replace('context = "backend"', 'context = "backend"\nport = 8000')
DEVELOPMENT_TEXT += """
[tool.shiplane.development]
seed = ["python", "manage.py", "seed"]
login = "take the token"
media = "/srv/media"
static = "/srv/static"
"""
_HEALTHY = {"condition": "service_healthy"}
_BACKEND = {
    "image": "backend-dev:local",
    "build": {"context": "backend"},
    "environment": {"BOARD_TOKEN": HARD, "DB_PASSWORD": "development", "DB_NAME": "app"},
    "depends_on": {"db": _HEALTHY, "redis": _HEALTHY},
    "volumes": [
        {"type": "bind", "source": "/checkout/backend", "target": "/app"},
        {"type": "volume", "source": "media", "target": "/srv/media"},
        {"type": "volume", "source": "static", "target": "/srv/static"},
    ],
}


def published(port: int, target: int) -> list[dict[str, object]]:
    return [{"published": str(port), "target": target, "host_ip": "127.0.0.1"}]


MODEL: dict[str, Any] = {
    "name": "app-dev",
    "services": {
        "db": {"image": "postgres:17", "ports": published(5432, 5432)},
        "redis": {"image": "redis:8", "ports": published(6379, 6379)},
        "backend": {**_BACKEND, "ports": published(8000, 8000)},
        "frontend": {"image": "frontend-dev:local", "build": {}, "depends_on": {"backend": _HEALTHY}},
        "proxy": {"image": "nginx:1", "ports": published(8080, 80), "depends_on": {"frontend": _HEALTHY}},
        "celery": {**_BACKEND, "profiles": ["with-celery"]},
    },
}


def container(service: str, *ports: tuple[int, int], state: str = "running", **more: object) -> str:
    """Give a line of `docker compose ps --format json`."""
    told = [{"URL": url, "PublishedPort": p, "TargetPort": t} for p, t in ports for url in ("0.0.0.0", "::")]  # noqa: S104
    row = {"ID": f"{service}-1", "Service": service, "State": state, "Health": "healthy" if state == "running" else ""}
    return json.dumps({**row, "Image": MODEL["services"][service]["image"], "ExitCode": 0, "Publishers": told, **more})


RUNNING = "\n".join((
    container("backend", (8000, 8000), (40123, 5678)),
    container("db", (5432, 5432)),
    container("frontend", (5173, 5173)),
    container("proxy", (8080, 80)),
    container("redis", (6379, 6379)),
))  # fmt: skip


def answers(running: str = RUNNING, *first: Answer) -> list[Answer]:
    """Give what engine and Compose say of the stack; `first` are answers before these."""
    held = {"id": "sha256:0", "labels": {}, "tags": [*OFFICIAL_NAMES, ROOT_IMAGE, server_image()]}
    return [
        *first,
        ("config --format json", json.dumps(MODEL), 0),
        ("ps --all --format json", running, 0),
        ('docker image inspect --format \'{"id"', json.dumps(held), 0),
    ]


def make_stack(folder: Path, running: str = RUNNING, first: Sequence[Answer] = ()) -> tuple[Stack, RecordingRunner]:
    """Give a stack in a folder and the recording that it acts on; what it says is not kept."""
    runner = RecordingRunner(answers(running, *first))
    (folder / "docker-compose.yml").write_text("services: {}\n")
    return Stack(runner, folder, parse(table_of(DEVELOPMENT_TEXT)), lambda _line: None, Masker()), runner


def kept(folder: Path, name: str, *parts: str) -> None:
    """Let a backup of these parts be there."""
    for part in parts:
        file = folder / backups.file_of(name, part)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("12345")
        about = {"name": name, "part": part, "made_at": "2026-01-01T00:00:00Z", "size": 5}
        file.with_suffix(".json").write_text(json.dumps(about))
