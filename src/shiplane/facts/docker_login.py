"""The login for a registry that this machine's Docker client has, in its file or in the program that keeps it."""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.commands import login as registry_login
from shiplane.commands.login import RegistryLogin
from shiplane.errors import CredentialHelperFailed, UsageError
from shiplane.model import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.runners.base import Runner

_HUB = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TOKEN = "<token>"  # noqa: S105 - what stands in the place of a user, where the password is one that only Docker uses
_OF_THE_CLIENT = ("currentContext", "cliPluginsExtraDirs", "proxies")
_NONE = "credentials not found"


def find(
    runner: Runner, environ: Mapping[str, str], registry: str, learn: Callable[[Secret], None]
) -> RegistryLogin | None:
    """Give the login; None where there is none. `learn` is told the password before anything can show it.

    Raises `CredentialHelperFailed` where the program that keeps it does not give it.
    """
    settings = _settings(environ)
    names = _names(registry)
    helpers = _table(settings.get("credHelpers"))
    helper = str(
        next(filter(None, (helpers.get(name) for name in (registry, *names))), settings.get("credsStore") or "")
    )
    found = _kept(runner, helper, names[0], registry) if helper else _written(settings, names)
    if found is None or found[0] in ("", _TOKEN):
        return None
    password = Secret("REGISTRY_PASSWORD", found[1])
    learn(password)
    return RegistryLogin(registry, found[0], password)


def without(settings: object, registry: str) -> dict[str, Any]:
    """Give what a client's file holds for a client that logs in to a registry itself: all but its login there.

    A program that keeps all logins is asked for those of the registries that the file names, and for no other.
    """
    told = _table(settings)
    ours = {registry, *_names(registry)}
    auths = {name: one for name, one in _table(told.get("auths")).items() if name not in ours}
    helpers = {name: one for name, one in _table(told.get("credHelpers")).items() if name not in ours}
    if store := told.get("credsStore"):
        helpers = {**dict.fromkeys(auths, store), **helpers}
    kept: dict[str, Any] = {key: told[key] for key in _OF_THE_CLIENT if key in told}
    return {**kept, **({"auths": auths} if auths else {}), **({"credHelpers": helpers} if helpers else {})}


def _names(registry: str) -> tuple[str, ...]:
    """Name a registry as the client's file may."""
    return (_HUB,) if registry == "docker.io" else (registry, f"https://{registry}")


def _settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read the client's file; one that cannot be read holds nothing, which `invoke doctor` tells."""
    folder = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    try:
        return _table(json.loads((Path(folder) / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _kept(runner: Runner, helper: str, name: str, registry: str) -> tuple[str, str] | None:
    """Ask the program that keeps the logins, by Docker's protocol."""
    if not _HELPER.fullmatch(helper):
        raise CredentialHelperFailed(registry, (f"{helper!r} cannot be the name of one",))
    try:
        done = runner.run(registry_login.ask(helper, name))
    except UsageError as error:
        raise CredentialHelperFailed(registry, (error.cause,)) from error
    if not done.ok:
        if _NONE in done.output.lower():
            return None
        raise CredentialHelperFailed(registry, done.tail())
    try:
        told = json.loads(done.stdout)
        return str(told["Username"]), str(told["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        # What it printed may hold the password.
        raise CredentialHelperFailed(registry, ("what it prints is no login",)) from error


def _written(settings: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, str] | None:
    logins = _table(settings.get("auths"))
    entry = _table(next((logins[name] for name in names if name in logins), None))
    if entry.get("identitytoken"):
        return None
    with suppress(ValueError):
        user, colon, password = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode().partition(":")
        if colon:
            return user, password
    return None


def _table(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
