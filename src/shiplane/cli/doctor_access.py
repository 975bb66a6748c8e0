"""The group of `invoke doctor` about a target: registry, secrets, keys, servers, locks."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shiplane.cli.remote_target import named
from shiplane.cli.text import nowhere
from shiplane.commands import vpn
from shiplane.doctor import Check, access, network, project
from shiplane.errors import HostKeyChanged, RegistryRefused, ShiplaneError, Unreachable
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.cli.app import App
    from shiplane.commands.login import RegistryLogin
    from shiplane.doctor import Finding
    from shiplane.model import Host
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Cancel

_SECONDS = 2.0
_LOGIN_QUESTIONS = 3
"""So many has a login at most: what is wanted, a token, and whether it is taken."""
_KEY = "SSH_PRIVATE_KEY"


def of_target(app: App, cancel: Cancel, target: Target) -> list[Check[Any]]:
    """Tell what a deploy to the target's environments needs; a pipeline on the lab brings the lab up by itself."""
    found = _of_remote(app, target) if target.name == "remote" else []
    return [
        *found,
        Check("keys", lambda: list(_keys(app, target)), access.keys),
        Check("host-keys", lambda: list(_untrusted(app, target)), project.refused),
        *([Check("servers", lambda: _silent(app, target), project.refused)] if target.name == "remote" else []),
        *(
            Check(f"lock.{e.name}", partial(_held, app, target, e.name, cancel), access.lock)
            for e in app.config.environments
        ),
    ]


def _of_remote(app: App, target: Target) -> list[Check[Any]]:
    registry = app.environ.get("CONTAINER_REGISTRY") or app.config.registry
    return [
        Check("addresses", lambda: _addresses(app), network.names),
        *([] if target.carried else [Check("registry", lambda: _asked(app, registry), network.registry)]),
        Check("vpn", lambda: _has_vpn(app), access.vpn),
        *([] if target.carried else [Check("credentials", lambda: _login(app, target, registry), lambda found: found)]),
        Check("secrets", lambda: _refusals(app, target), project.refused),
    ]


def _addresses(app: App) -> list[network.Name]:
    from shiplane.cli.doctor_groups import resolved  # noqa: PLC0415 - which gives this group

    hosts = {one.name: urlsplit(one.url).hostname or "" for one in app.config.environments}
    return [resolved(app, host, f"{name} cannot be verified after a deploy") for name, host in hosts.items()]


def _asked(app: App, registry: str) -> network.Asked:
    try:
        answer = app.world.http().request("GET", f"https://{registry}/v2/", timeout=_SECONDS)
    except Unreachable as error:
        return network.Asked(registry, time.time(), problem=error.cause)
    return network.Asked(registry, time.time(), answer.status, answer.date)


def _has_vpn(app: App) -> bool:
    from shiplane.facts.machine import has_program  # noqa: PLC0415 - this check alone

    return app.config.vpn.provider == "none" or has_program(app.config.vpn.provider, app.environ)


def _login(app: App, target: Target, registry: str) -> list[Finding]:
    from shiplane.facts.machine import docker_config  # noqa: PLC0415 - this check alone

    kept, given = docker_config(app.environ), target.login()
    lacking = list(access.login(registry, given=given is not None, logins=kept.logins, stored=kept.stored))
    if lacking:
        return lacking
    known = {(one.user, one.password.value): one for one in (given, target.server_login()) if one is not None}
    tried = [one.user for one in known.values() if one.password.value and _is_refused(app, one)]
    return list(access.refused(registry, tried))


def _is_refused(app: App, login: RegistryLogin) -> bool:
    """Try a login; a registry that does not answer is another check's."""
    from shiplane.facts.registry_api import RegistryApi  # noqa: PLC0415 - this check alone

    try:
        RegistryApi(app.world.http(), login.registry, login, _SECONDS / _LOGIN_QUESTIONS).check_login()
    except RegistryRefused:
        return True
    except Unreachable:
        return False
    return False


def _refusals(app: App, target: Target) -> list[ShiplaneError]:
    """Ask what a deploy asks before it begins."""
    names = tuple(environment.name for environment in app.config.environments)
    asked: list[Callable[[], object]] = [target.naming, partial(target.require, names)]
    return [error for ask in asked if (error := _refusal(ask)) is not None]


def _refusal(ask: Callable[[], object]) -> ShiplaneError | None:
    try:
        ask()
    except ShiplaneError as error:
        return error
    return None


def _hosts(app: App, target: Target) -> Iterator[tuple[str, Host]]:
    """Give the hosts of each environment, the jump hosts first; what is missing for it is told as a secret."""
    for environment in app.config.environments:
        try:
            host: Host | None = target.site(environment.name).host
        except (ShiplaneError, KeyError):
            continue
        chain: list[Host] = []
        while host is not None:
            chain.insert(0, host)
            host = host.jump
        yield from ((environment.name, one) for one in chain)


def _keys(app: App, target: Target) -> Iterator[access.Key]:
    from shiplane.runners.keys import public_key  # noqa: PLC0415 - this check alone

    seen = set()
    for environment, host in _hosts(app, target):
        for file in filter(None, (host.key_file, *host.identities)):
            path = Path(file)
            if file in seen or not path.is_file():
                continue
            seen.add(file)
            # One that ssh's configuration names may wait in the agent behind its passphrase.
            usable = file != host.key_file or bool(public_key(file))
            given = named(app.environ, environment, _KEY)
            shown = file if given in ("", file) else f"{_KEY} of {environment}"
            yield access.Key(shown, path.stat().st_mode & 0o777, usable)


def _untrusted(app: App, target: Target) -> Iterator[ShiplaneError]:
    """Look for the pinned key of each host, and whether those that can be asked at once still show it."""
    from shiplane.runners.connection import pinned_keys  # noqa: PLC0415 - this check alone

    reached = _reached(app, target)
    for host in dict.fromkeys((*(host for _, host in _hosts(app, target)), *reached)):
        error = _refusal(partial(pinned_keys, host))
        if error is None and host in reached:
            error = _refusal(partial(_check_shown, app, host, _SECONDS / len(reached)))
        if error is not None:
            yield error


def _check_shown(app: App, host: Host, seconds: float) -> None:
    """Raise `HostKeyChanged` where a server shows another key; one that shows none is another check's."""
    from shiplane.runners.connection import pinned_keys  # noqa: PLC0415 - this check alone

    pinned = pinned_keys(host)
    try:
        # Whoever connects asks for a key of the first kind that is pinned.
        shown = app.world.network().host_key(host.address, host.port, pinned[0][0], seconds)
    except Unreachable:
        return
    if shown not in [f"{key.get_name()} {key.get_base64()}" for _, key in pinned]:
        raise HostKeyChanged(host.place, host.known_hosts)


def _reached(app: App, target: Target) -> list[Host]:
    """Give a host of each place that can be reached at once; behind a VPN that a run joins itself none can."""
    if app.config.vpn.provider != "none" and not _is_joined(app):
        return []
    first = dict(reversed(list(_hosts(app, target))))
    return list({(host.address, host.port): host for host in first.values()}.values())


def _is_joined(app: App) -> bool:
    return _has_vpn(app) and vpn.is_joined(app.runner.run(vpn.status()).stdout)


def _silent(app: App, target: Target) -> list[ShiplaneError]:
    """Try the servers that can be reached."""
    found = _reached(app, target)
    connect = app.world.network().connect
    asked = (partial(connect, host.address, host.port, _SECONDS / len(found)) for host in found)
    return [error for ask in asked if (error := _refusal(ask)) is not None]


def _held(app: App, target: Target, environment: str, cancel: Cancel) -> access.Held | None:
    """Ask a server who holds its environment; one that cannot be asked is told by other checks."""
    if not any(name == environment for name, _ in _hosts(app, target)):
        return None
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - this check alone

    environments = open_environments(app, target, "doctor")
    try:
        holder = environments.lock(environment, nowhere, cancel).holder()
    except (ShiplaneError, KeyError, ValueError):
        return None
    finally:
        environments.close()
    if holder is None:
        return None
    program = str(Path(sys.executable).with_name("invoke"))
    unlock = Command((program, "unlock", "--env", environment, "--target", target.name, "--yes"))
    return access.Held(environment, str(holder), holder.is_gone, unlock)
