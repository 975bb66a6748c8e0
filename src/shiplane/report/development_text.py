"""Tables of the development stack, from the same objects as their `--json`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from shiplane.report.text import SIGNS, columns, moment, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.development.start import Started
    from shiplane.development.watch import Event

_SERVICES = ("", "service", "state", "health", "version", "cpu", "memory", "ports")
_BACKUPS = ("backup", "made", "holds")
_REMOVALS = ("what", "name", "holds")
_MOST = 5
_RIGHT = (5, 6)


def render_started(started: Started, login: str) -> str:
    """Write what a start did, where what runs is reached, and how to log in."""
    changes = [f"{kind}: {', '.join(names)}" for kind, names in started.changes.items() if names]
    lines = ["; ".join(changes) or "nothing runs", *columns(list(started.addresses.items()))]
    return "\n".join([*lines, *([f"log in: {login}"] if login else [])])


def render_stack(status: Mapping[str, Any]) -> str:
    """Write what runs (`invoke dev.status`)."""
    services, left = status["services"], render_cut_off(status["cut_off"])
    if not services:
        return "\n".join([f"nothing of {status['project']} is there; start it: invoke dev.up", *left])
    lines = columns([_SERVICES, *(_service(name, one) for name, one in services.items())], right=_RIGHT)
    if status["addresses"]:
        lines += ["", *columns(list(status["addresses"].items()))]
    behind = {name: found for name, found in status["drift"].items() if found}
    for name, found in behind.items():
        more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
        lines += ["", f"the image of {name} is behind its lock: {'; '.join(found[:_MOST])}{more}"]
    lines += ["build it: invoke dev.up"] if behind else []
    return "\n".join([*lines, *(["", *left] if left else [])])


def render_cut_off(left: Mapping[str, str]) -> list[str]:
    """Write what a restore that was cut off has left, and how it is done again; `left` are backups by part."""
    lines = []
    for backup in dict.fromkeys(left.values()):
        parts = [part for part, name in left.items() if name == backup]
        again = shlex.join(["invoke", "dev.restore", backup, *(word for part in parts for word in ("--part", part))])
        what = f"the restore of {backup} was cut off: {', '.join(parts)} may be partly what was there before"
        lines += [what, f"do it again: {again}"]
    return lines


def _service(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    well = one["state"] == "running" and one["health"] in (None, "healthy")
    ended = f" ({one['exit_code']})" if one["exit_code"] is not None else ""
    ports = ", ".join(f"{port['port']}→{port['target']}" for port in one["ports"])
    told = (one["health"] or "-", one["version"], one["cpu"] or "-", one["memory"] or "-", ports or "-")
    return (SIGNS["passed" if well else "failed"], name, f"{one['state']}{ended}", *told)


def render_volumes(volumes: Mapping[str, str]) -> str:
    """Write the volumes with their sizes (`invoke dev.volumes`)."""
    return "\n".join(columns(list(volumes.items()), right=(1,))) if volumes else "no data: nothing was started yet"


def render_kept(found: Sequence[Mapping[str, Any]]) -> str:
    """Write the backups, newest first (`invoke dev.backups`)."""
    if not found:
        return "no backups; make one: invoke dev.backup"
    rows = [(one["name"], moment(one["made_at"]), holds(one["sizes"])) for one in found]
    return "\n".join([*columns([_BACKUPS, *rows]), "", "bring one back: invoke dev.restore NAME"])


def holds(sizes: Mapping[str, int]) -> str:
    """Write what a backup holds, with the size of each part."""
    return ", ".join(f"{part} {size(count)}" for part, count in sizes.items())


def render_removals(removals: Sequence[Mapping[str, str]], stays: str) -> str:
    """Write what is to go and what stays (`invoke dev.clean`)."""
    rows = [(one["kind"], one["name"], one["size"]) for one in removals]
    return "\n".join([*columns([_REMOVALS, *rows], right=(2,)), f"what stays: {stays}"])


def render_event(event: Event) -> str:
    """Write what became of a service, marked where a person should look (`invoke dev.watch`)."""
    return f"{SIGNS['failed' if event.alert else 'pending']} {event.service} {event.what}"
