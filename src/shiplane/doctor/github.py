"""Judgements of what GitHub holds for the workflows: names alone, for values are never told."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.config import Config, EnvironmentConfig

# What is a file rather than a word that one types.
_FILES = {"SSH_PRIVATE_KEY": "deploy_key", "SSH_KNOWN_HOSTS": "known_hosts"}


@dataclass(frozen=True, slots=True)
class Needed:
    """Name what a deploy from GitHub needs: `kind` is `secret` or `variable`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold the names of what an environment on GitHub sees, that of repository and organisation included."""

    environment: str
    exists: bool
    secrets: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()


def needed(config: Config, environment: EnvironmentConfig) -> tuple[Needed, ...]:
    """Say what an environment's jobs need; what the configuration tells, or a command of its own, is left out."""
    if config.secrets.command:
        return ()
    told = {"SERVER_HOST": environment.ssh_host, "SERVER_USER": environment.ssh_user}
    names = [*(name for name, value in told.items() if not value), "SSH_PRIVATE_KEY", "DB_PASSWORD", "REDIS_PASSWORD"]
    names += ["TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET"] if config.vpn.provider == "tailscale" else []
    return (*(Needed("secret", name) for name in names), Needed("variable", "SSH_KNOWN_HOSTS"))


def judge(repository: str, wanted: tuple[Needed, ...], found: Settings) -> Iterator[Finding]:
    """Judge an environment: whether it is there, and each name that is missing."""
    name = found.environment
    if not found.exists:
        make = shlex.join(("gh", "api", "--method", "PUT", f"repos/{repository}/environments/{name}"))
        yield Finding(f"{repository} has no environment {name}", "its jobs would run without protection", make, name)
    held = {"secret": found.secrets, "variable": found.variables}
    for one in wanted:
        if one.name not in held[one.kind]:
            words = ("gh", one.kind, "set", one.name, "--env", name, "--repo", repository)
            file = f" < {_FILES[one.name]}" if one.name in _FILES else ""
            what = f"{name} has no {one.kind} {one.name}"
            yield Finding(what, "a deploy from GitHub ends before anything runs", shlex.join(words) + file, one.name)
