"""Starting the development stack: what is looked at before, what changes, and what a person is told in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.commands import development as commands
from shiplane.commands.stack import DEVELOPMENT
from shiplane.development import owner, rows
from shiplane.doctor import ports
from shiplane.errors import TimeLimit, UsageError
from shiplane.facts import dotenv_file, listeners

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.development.rows import Port, Row
    from shiplane.development.stack import Stack
    from shiplane.model import Command

_LAST_PORT = 65535
_LOGS = "see why: invoke dev.logs, invoke dev.status"


@dataclass(frozen=True, slots=True)
class Wish:
    """Say what is to be started and how: no services named means all but those of a profile.

    `debugger` is the port on which the backend waits for one; empty: it does not.
    """

    services: tuple[str, ...] = ()
    celery: bool = False
    debugger: str = ""
    seed: bool = True

    def commands(self, config: Config) -> tuple[Command, ...]:
        """Give what starts it, in order."""
        start = commands.up(self.services, celery=self.celery, debugger=self.debugger)
        return (
            (start, commands.inside(config.release_service, config.development.seed))
            if self._seeds(config)
            else (start,)
        )

    def _seeds(self, config: Config) -> bool:
        """Tell whether example data belong to it: not where one service is started by name."""
        wanted = not self.services or config.release_service in self.services
        return self.seed and wanted and bool(config.development.seed)


@dataclass(frozen=True, slots=True)
class Started:
    """Tell what a start did, and where what runs is reached."""

    changes: dict[str, list[str]]
    addresses: dict[str, str]


def debugger_port(environ: Mapping[str, str], checkout: Path) -> str:
    """Give the port for a debugger: what the environment or `.env` says, else the usual one; raises `UsageError`."""
    name, written = commands.DEBUGGER_VARIABLE, dotenv_file.values(dotenv_file.read(checkout))
    given = environ.get(name) or written.get(name) or str(commands.DEBUGGER_PORT)
    if not given.isdecimal() or not 0 < int(given) <= _LAST_PORT:
        raise UsageError(f"{commands.DEBUGGER_VARIABLE} {given!r} is no port", "unset it, or set it to a number")
    return given


def start(stack: Stack, wish: Wish) -> Started:
    """Start what is wished; raises `UsageError` where a port is held, `StepFailed` where something does not start."""
    stack.check(wish.services)
    before = stack.own_rows()
    refuse_held_ports(stack, wish)
    if other := owner.other(stack, before):
        own = f"invoke dev.down, then in .env: {stack.another_name}"
        stack.say(f"the data are those of {other}, and this checkout goes on with them; to have its own: {own}")
    up, *seed = wish.commands(stack.config)
    stack.build(up, "the development stack did not start", _LOGS)
    owner.take(stack)
    for command in seed:
        stack.do(command, "the example data could not be added", "leave them out: invoke dev.up --no-seed")
    after = stack.rows()
    return Started(rows.differences(before, after), addresses(stack, after))


def anew(stack: Stack, services: Sequence[str], *, cached: bool | None = None) -> Started:
    """Make containers anew, with the configuration as it is now; `cached` says how to build before, None not to."""
    stack.check(services)
    before = stack.own_rows()
    if cached is not None:
        stack.build(commands.build(services, cached=cached), "the images were not built", "see the lines above")
    wanted = tuple(services or dict.fromkeys(row.service for row in before if row.service in stack.services))
    refuse_held_ports(stack, Wish(wanted))
    stack.do(commands.up(wanted, build=False, anew=True), "the development stack did not start", _LOGS)
    after = stack.rows()
    return Started(rows.differences(before, after), addresses(stack, after))


def addresses(stack: Stack, found: Iterable[Row]) -> dict[str, str]:
    """Say where the services that run are reached: the application by its proxy first, then each on its own."""
    config = stack.config
    named: dict[str, str] = {}
    for row in sorted(found, key=lambda row: row.service != config.proxy):
        for port in row.ports if row.runs else ():
            if row.service == config.proxy:
                base = f"http://{port.address}"
                named |= {"application": base, "status": f"{base}{config.status_path}"}
            else:
                named |= _address(config, row.service, port)
    return named


def _address(config: Config, service: str, port: Port) -> dict[str, str]:
    """Name the port of a service; a debugger's counts where it was asked for, and so is the same on both sides."""
    components = {one.name: one.port for one in config.components}
    if service == config.release_service and components.get(service, 0) not in (0, port.target):
        return {"debugger": port.address} if port.port == port.target else {}
    return {service: f"http://{port.address}" if service in components else port.address}


def refuse_held_ports(stack: Stack, wish: Wish) -> None:
    """Raise `UsageError` where something else holds a port that is to be published, naming what holds it."""
    text = (stack.checkout / DEVELOPMENT[0]).read_text(encoding="utf-8")
    services = {name: stack.services[name] for name in needed(stack.services, wish)}
    wanted = list(ports.of_stack({"services": services}, text))
    if wish.debugger and not any(one.port == int(wish.debugger) for one in wanted):
        purpose, otherwise = (
            "the debugger of the development stack",
            f"set {commands.DEBUGGER_VARIABLE} to another port",
        )
        wanted.append(ports.Wanted(int(wish.debugger), "127.0.0.1", purpose, otherwise))
    try:
        held = listeners.survey(stack.runner)
    except TimeLimit:
        return  # a machine too busy to tell; Compose says in its way what it cannot have
    found = list(ports.judge(wanted, held, lambda one: one.project == stack.project))
    if found:
        more = tuple(f"{one.cause} (fix: {one.fix})" for one in found[1:])
        raise UsageError(found[0].cause, found[0].fix, more)


def needed(services: Mapping[str, Mapping[str, Any]], wish: Wish) -> list[str]:
    """Name the services that start: the wished ones, and what they wait for."""
    roots = wish.services or [
        name
        for name, one in services.items()
        if not one.get("profiles") or (wish.celery and commands.WITH_CELERY in one["profiles"])
    ]
    found: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop(0)
        if name in services and name not in found:
            found[name] = None
            waiting += _waits_for(services[name])
    return list(found)


def _waits_for(service: Mapping[str, Any]) -> Iterator[str]:
    yield from service.get("depends_on") or {}
