"""From what is set of a server, and what ssh's configuration says, to the host that is connected to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.errors import UsageError
from shiplane.model import Host
from shiplane.runners.ssh_config import SshSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str, str, int], SshSettings]

_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@\s]+)@)?(?P<name>\[[^\]]+\]|[^:@\s]+)(?::(?P<port>\d+))?/?")
_MOST_HOPS = 8


def unknown(name: str, user: str = "", port: int = 0) -> SshSettings:
    """Answer as where ssh knows nothing of a name."""
    return SshSettings(name, user, port or 22)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold what is set of a server; what is empty (or 0) is left to ssh's configuration.

    `jump_key` opens the jump hosts; without it their own IdentityFile does, or `key_file`.
    """

    name: str
    address: str
    user: str = ""
    port: int = 0
    key_file: str = ""
    known_hosts: str = ""
    jump: str = ""
    jump_key: str = ""


def make_host(wanted: Wanted, lookup: Lookup, depth: int = 0) -> Host:
    """Put a host together, with the hosts through which it is reached; raises `UsageError`."""
    if depth > _MOST_HOPS:
        raise UsageError(
            f"{wanted.name} is reached through more than {_MOST_HOPS} jump hosts", "see ProxyJump: ssh -G there"
        )
    said = lookup(wanted.address, wanted.user, wanted.port)
    known_hosts = (wanted.known_hosts,) if wanted.known_hosts else said.known_hosts or ("",)
    jump = wanted.jump or said.jump
    return Host(
        name=wanted.name,
        address=said.hostname,
        port=said.port,
        user=said.user,
        key_file=wanted.key_file,
        known_hosts=known_hosts[0],
        more_known_hosts=known_hosts[1:],
        identities=() if wanted.key_file else said.identities,
        agent=said.agent and not wanted.key_file,
        pinned_as=said.pinned_as,
        jump=None if jump in ("", "none") else _through(jump, wanted, lookup, depth),
    )


def _through(jump: str, wanted: Wanted, lookup: Lookup, depth: int) -> Host:
    """Give the last host of a chain `a,b`: b is reached through a."""
    before, _, last = jump.rpartition(",")
    parts = _HOP.fullmatch(last.strip())
    if parts is None:
        raise UsageError(f"{jump!r} is no jump host", 'write it as "user@host:port", or as a name that ssh knows')
    hop = Wanted(
        name=f"jump host {parts['name']}",
        address=parts["name"].strip("[]"),
        user=parts["user"] or "",
        port=int(parts["port"] or 0),
        key_file=wanted.jump_key,
        known_hosts=wanted.known_hosts,
        jump=before,
        jump_key=wanted.jump_key,
    )
    # Without a key of its own, and where ssh names none for it, a jump host takes the server's.
    if not wanted.jump_key and not lookup(hop.address, hop.user, hop.port).known:
        hop = replace(hop, key_file=wanted.key_file, user=hop.user or wanted.user)
    return make_host(hop, lookup, depth + 1)
