"""The login to a registry: the password on standard input, the result in a folder that is removed after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from shiplane.model import Secret


KEPT = ".registry"
"""The folder of a login that a server keeps; one of before goes with the next that is not kept."""


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """Hold what opens a registry."""

    registry: str
    user: str
    password: Secret
    kept: bool = False
    """Whether a server keeps it; without a password it is the one that the server has."""


def ask(helper: str, name: str) -> Command:
    """Ask a program that keeps logins for the Docker client, as JSON; fails where it has none."""
    return Command((f"docker-credential-{helper}", "get"), stdin=name, timeout=30)


def prepare(folder: str, cwd: str, *, anew: bool = True) -> Command:
    """Make the client's configuration folder; plugins that the user installed stay known in it."""
    make = f"rm -rf {folder} {KEPT} && mkdir {folder}" if anew else f"mkdir -p {folder}"
    line = f"umask 077 && {make} && ln -sfn ~/.docker/cli-plugins {folder}/cli-plugins"
    return Command(("sh", "-c", line), cwd=cwd)


def login(login: RegistryLogin, folder: str, cwd: str, timeout: float) -> Command:
    """Log in; the credentials land in `folder` alone."""
    words = ("docker", "--config", folder, "login", "--username", login.user, "--password-stdin", login.registry)
    return Command(words, stdin=login.password, cwd=cwd, timeout=timeout)


def remove(folder: str, cwd: str) -> Command:
    """Remove the credentials."""
    return Command(("rm", "-rf", folder), cwd=cwd)
