"""The login to a registry: the password on standard input, the result in a folder that is removed after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from shiplane.model import Secret


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """Hold what opens a registry."""

    registry: str
    user: str
    password: Secret


def prepare(folder: str, cwd: str) -> Command:
    """Make the client's configuration folder; plugins that the user installed stay known in it."""
    line = f"umask 077 && rm -rf {folder} && mkdir {folder} && ln -s ~/.docker/cli-plugins {folder}/cli-plugins"
    return Command(("sh", "-c", line), cwd=cwd)


def login(login: RegistryLogin, folder: str, cwd: str, timeout: float) -> Command:
    """Log in; the credentials land in `folder` alone."""
    words = ("docker", "--config", folder, "login", "--username", login.user, "--password-stdin", login.registry)
    return Command(words, stdin=login.password, cwd=cwd, timeout=timeout)


def remove(folder: str, cwd: str) -> Command:
    """Remove the credentials."""
    return Command(("rm", "-rf", folder), cwd=cwd)
