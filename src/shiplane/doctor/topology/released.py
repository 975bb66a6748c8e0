"""Rules for what runs on servers: nothing of development may get there."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from shiplane.doctor.topology.everywhere import is_door
from shiplane.doctor.topology.secret import is_secret
from shiplane.doctor.topology.stack import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shiplane.doctor.topology.stack import Roles, Stack

_LIMITS = ("cpus", "memory", "pids")
_RESTARTS = ("always", "unless-stopped")
_SETTINGS = re.compile(r"SETTINGS|(?:^|_)ENV(?:IRONMENT)?(?:_|$)|_MODE$", re.IGNORECASE)
_DEVELOPMENT = re.compile(r"(?:^|[._/-])(?:dev|development|test|testing|debug)$", re.IGNORECASE)
_HOSTS = re.compile(r"ALLOWED_HOSTS|CORS|TRUSTED_ORIGINS", re.IGNORECASE)
_YES = ("1", "true", "on", "yes")
_LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "")  # noqa: S104 - compared, not bound
_TAKE_OUT = "write `{key}: !override` before the overlay's own, or `{key}: !reset null`"


def published(stack: Stack, roles: Roles) -> Iterator[Flaw]:
    """Ask that nothing is published but the proxy, or what holds its ports."""
    for name, service in stack.services.items():
        if service.get("ports") and name != roles.proxy and not is_door(stack, name):
            ports = ", ".join(str(port.get("published") or port["target"]) for port in service["ports"])
            what, so = f"{name} is published at {ports}", "anybody reaches it past the proxy"
            yield Flaw("published", name, stack.place(name, "ports"), what, so, "ports: !override []")


def limits(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask for limits of processors, memory and processes."""
    for name, service in stack.services.items():
        given = service.get("deploy", {}).get("resources", {}).get("limits", {})
        given = {**given, **{limit: service[key] for limit, key in _OLD_LIMITS if service.get(key)}}
        lacking = [limit for limit in _LIMITS if limit not in given]
        if lacking:
            what = f"{name} has no limit of {' and '.join(lacking)}"
            fix = 'deploy: {resources: {limits: {cpus: "1.0", memory: 512M, pids: 200}}}'
            yield Flaw("limits", name, stack.place(name, "deploy"), what, "it can take the server from the others", fix)


_OLD_LIMITS = (("cpus", "cpus"), ("memory", "mem_limit"), ("pids", "pids_limit"))


def pinned(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask for images that do not change under their name, and are not built on a server."""
    for name, service in stack.services.items():
        image = str(service.get("image") or "")
        _, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
        if "build" in service:
            what, fix = f"{name} would be built on the server", "build: !reset null"
            yield Flaw("image", name, stack.place(name, "build"), what, "what runs is not what was tested", fix)
        elif "@" not in image and tag in ("", "latest"):
            what = f"{name} runs {image or 'no image'}, which is another one tomorrow"
            place, fix = (
                stack.place(name, "image"),
                "name a version that a release pins: image: ${DB_IMAGE:-postgres:17}",
            )
            yield Flaw("image", name, place, what, "nobody knows what runs", fix)


def mounts(stack: Stack, roles: Roles) -> Iterator[Flaw]:
    """Ask that no sources are mounted into what was released."""
    folders = {PurePosixPath(folder).parts[0] for folder in roles.components.values()}
    for name, service in stack.services.items():
        for mount in service.get("volumes") or ():
            if mount["type"] == "bind" and _is_within(mount["source"], folders):
                what = f"{name} mounts sources at {mount['target']}"
                fix = _TAKE_OUT.format(key="volumes")
                so = "it runs what lies on the server in the place of what was tested"
                yield Flaw("mounts", name, stack.place(name, "volumes"), what, so, fix)


def _is_within(source: str, folders: set[str]) -> bool:
    """Tell whether a path of the checkout is one of the folders, in one, or the whole checkout."""
    parts = PurePosixPath(source).parts
    return source.startswith(".") and (not parts or parts[0] in folders)


def commands(stack: Stack, roles: Roles, development: Stack) -> Iterator[Flaw]:
    """Ask that what is built here is started as its image says, not as for development."""
    for name in roles.components:
        mine, theirs = (each.services.get(name, {}).get("command") for each in (stack, development))
        if mine and mine == theirs:
            what = f"{name} is started by the command for development"
            so = "it serves with a development server"
            yield Flaw("command", name, stack.place(name, "command"), what, so, "command: !reset null")


def settings(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask that no setting is one for development."""
    for name, key, value in _variables(stack):
        is_development = _SETTINGS.search(key) and _DEVELOPMENT.search(value)
        if is_development or (key.upper().endswith("DEBUG") and value.lower() in _YES):
            what, fix = f"{name} has {key}={value}", _TAKE_OUT.format(key="environment")
            place = stack.place(name, "environment", key)
            yield Flaw("settings", name, place, what, "it runs with settings for development", fix)


def hosts(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask that lists of hosts name those of the environment."""
    for name, key, value in _variables(stack):
        if _HOSTS.search(key):
            listed = [entry.strip() for entry in value.split(",")]
            if any("*" in entry for entry in listed) or all(_host(entry) in _LOCAL for entry in listed):
                what, fix = (
                    f"{name} has {key}={value}",
                    f"leave {key} to the deploy, which knows the environment's address",
                )
                so = "it answers for every name" if "*" in value else "it refuses the environment's own name"
                yield Flaw("hosts", name, stack.place(name, "environment", key), what, so, fix)


def _host(entry: str) -> str:
    return entry.partition("://")[2].partition(":")[0] if "://" in entry else entry


def credentials(stack: Stack, _roles: Roles, development: Stack) -> Iterator[Flaw]:
    """Ask that no password of development opens anything on a server."""
    known = {
        (name, key): value for name, key, value in _variables(development) if is_secret(key, value) or "@" in value
    }
    for name, key, value in _variables(stack):
        if known.get((name, key)) == value:
            what, fix = f"{name} has the {key} of development", f"{key}: ${{{key}:?the deploy writes it}}"
            place = stack.place(name, "environment", key)
            yield Flaw("credentials", name, place, what, "whoever has the sources gets in", fix)


def restarts(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask that everything comes back by itself."""
    for name, service in stack.services.items():
        if service.get("restart") not in _RESTARTS:
            what, so = f"{name} has no restart policy", "it stays down when it fails, or when the server starts again"
            yield Flaw("restart", name, stack.place(name, "restart"), what, so, "restart: unless-stopped")


def _variables(stack: Stack) -> Iterator[tuple[str, str, str]]:
    for name, service in stack.services.items():
        given: Mapping[str, Any] = service.get("environment") or {}
        for key, value in given.items():
            yield name, key, "" if value is None else str(value)


RULES = (published, limits, pinned, mounts, settings, hosts, restarts)
BESIDE_DEVELOPMENT = (commands, credentials)
