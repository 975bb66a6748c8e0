"""Keys and secrets of a lab, made once and kept in files that only their owner may read."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING

from shiplane.errors import StepFailed
from shiplane.lab.files import write_private
from shiplane.lab.layout import ADDRESS, ENVIRONMENTS, Layout
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.runners.base import Runner

REGISTRY_USER = "shiplane"
# Every run carries what breaks careless quoting; the others go into HTTP headers, which hold ASCII alone.
_HARD = ")$'\"#\\ "
_HARDEST = f"{_HARD}ü"
_ROUNDS = 4  # the password is random: it needs no slow hash, and the registry checks it at each request


def ensure_keys(runner: Runner, layout: Layout, ports: Mapping[str, int]) -> None:
    """Make the client's key and a host key for each server, and pin the latter."""
    wanted = [layout.key_file, *(layout.host_key(name) for name in ENVIRONMENTS)]
    for file in wanted:
        if not file.is_file() or not public_key(file).is_file():
            _make_key(runner, file, layout.name)
    write_private(
        layout.known_hosts, known_hosts({n: public_key(layout.host_key(n)).read_text() for n in ENVIRONMENTS}, ports)
    )


def public_key(file: Path) -> Path:
    """Give the public half beside a private key."""
    return file.with_name(f"{file.name}.pub")


def known_hosts(keys: Mapping[str, str], ports: Mapping[str, int]) -> str:
    """Write the lines that pin each server's key to its address."""
    words = {name: " ".join(key.split()[:2]) for name, key in keys.items()}
    return "".join(f"[{ADDRESS}]:{ports[f'{name}-ssh']} {key}\n" for name, key in words.items())


def _make_key(runner: Runner, file: Path, comment: str) -> None:
    file.unlink(missing_ok=True)
    public_key(file).unlink(missing_ok=True)
    done = runner.run(
        Command(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file)), timeout=30)
    )
    if not done.ok:
        raise StepFailed(f"could not make the key {file}", "install the OpenSSH client", done.tail())


def ensure_secrets(layout: Layout) -> dict[str, dict[str, str]]:
    """Make the secrets of every environment where there are none, and give them."""
    if not layout.secrets_file.is_file():
        password = secrets.token_urlsafe(24) + _HARD + "x"
        made = {name: _environment_secrets(password) for name in ENVIRONMENTS}
        write_private(layout.secrets_file, json.dumps(made, indent=2) + "\n")
    return read_secrets(layout)


def read_secrets(layout: Layout) -> dict[str, dict[str, str]]:
    """Read the secrets by environment; FileNotFoundError where no lab was made."""
    found: dict[str, dict[str, str]] = json.loads(layout.secrets_file.read_text(encoding="utf-8"))
    return found


def _environment_secrets(registry_password: str) -> dict[str, str]:
    return {
        "DB_PASSWORD": secrets.token_urlsafe(16) + _HARDEST + secrets.token_urlsafe(4),
        "REDIS_PASSWORD": secrets.token_urlsafe(16) + _HARDEST + secrets.token_urlsafe(4),
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(40) + _HARDEST + secrets.token_urlsafe(8),
        "BOARD_TOKEN": secrets.token_urlsafe(32),
        "REGISTRY_USER": REGISTRY_USER,
        "REGISTRY_PASSWORD": registry_password,
    }


def htpasswd(user: str, password: str) -> str:
    """Write the line by which the registry knows a user."""
    import bcrypt  # noqa: PLC0415 - only a lab that is being made needs it

    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS, prefix=b"2a"))
    return f"{user}:{hashed.decode()}\n"


def client_login(registry: str, user: str, password: str) -> str:
    """Write the client's configuration that logs in to one registry."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return json.dumps({"auths": {registry: {"auth": token}}})
