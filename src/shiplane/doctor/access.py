"""Judgements of keys, servers and locks: what a deploy needs to get in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import vpn as commands
from shiplane.doctor.finding import Chmod, Finding, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shiplane.model import Command

_OPEN = 0o077
_NO_LOGIN = "images cannot be pushed to it, nor pulled from it by servers"


@dataclass(frozen=True, slots=True)
class Key:
    """Describe a private key: its mode, and whether it can be used as it is."""

    file: str
    mode: int
    usable: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Describe who holds an environment; `gone` where it was a process of this machine that does not live any more."""

    environment: str
    holder: str
    gone: bool
    unlock: Command


def keys(found: Iterable[Key]) -> Iterator[Finding]:
    """Judge the private keys."""
    for key in found:
        if key.mode & _OPEN:
            mode = Chmod(key.file, 0o600)
            what = f"the key {key.file} can be read by others (mode {key.mode:o})"
            yield Finding(what, "ssh refuses it, and it is no secret", str(mode), key.file, mode)
        if not key.usable:
            what = f"{key.file} is no private key that can be used: it is damaged, or has a passphrase"
            fix = f"see why: ssh-keygen -y -f {key.file}; a key with a passphrase is left to ssh-agent"
            yield Finding(what, "no server lets us in by it", fix, f"{key.file}.content")


def login(registry: str, *, given: bool, logins: Iterable[str], stored: bool) -> Iterator[Finding]:
    """Judge whether there is a login for the registry: given by variables, or known to the Docker client."""
    known = any(registry in (name, name.partition("://")[2].partition("/")[0]) for name in logins)
    if not (given or stored or known):
        fix = f"set REGISTRY_USER and REGISTRY_PASSWORD, or: docker login {registry}"
        yield Finding(f"there is no login for {registry}", _NO_LOGIN, fix)


def refused(registry: str, users: Iterable[str]) -> Iterator[Finding]:
    """Judge the logins that a registry did not take."""
    for user in users:
        fix = "set REGISTRY_USER and REGISTRY_PASSWORD (for servers REGISTRY_PULL_…) again, or: docker login {}"
        yield Finding(f"{registry} refuses the login of {user!r}", _NO_LOGIN, fix.format(registry), user)


def vpn(is_there: bool) -> Iterator[Finding]:  # noqa: FBT001 - the answer itself
    """Judge whether the program of the configured VPN is on this machine."""
    if not is_there:
        yield Finding("tailscale is not on this machine", "servers behind the VPN cannot be reached", commands.INSTALL)


def lock(found: Held | None) -> Iterator[Finding]:
    """Judge who holds an environment."""
    if found is None:
        return
    what, fix = f"{found.environment} is held by {found.holder}", found.unlock.masked()
    if found.gone:
        so = "it seems to be at work though that process is gone"
        yield Finding(what, so, fix, mend=Run(found.unlock))
    else:
        yield Finding(what, "no other run can change it", f"wait for it; or, when it is gone for good: {fix}")
