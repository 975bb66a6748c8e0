"""What ssh's own configuration says of a name, asked from ssh itself: it knows Include, Match and tokens."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from shiplane.errors import UsageError

_SECONDS = 10.0
_COMPARED = ("hostname", "user", "port", "identityfile", "proxyjump", "userknownhostsfile", "hostkeyalias")


@dataclass(frozen=True, slots=True)
class SshSettings:
    """Hold how ssh would reach a name. `known` tells whether the configuration says anything of it at all."""

    hostname: str
    user: str = ""
    port: int = 22
    identities: tuple[str, ...] = ()
    known_hosts: tuple[str, ...] = ()
    jump: str = ""
    pinned_as: str = ""
    agent: bool = True
    known: bool = False


def lookup(name: str, user: str = "", port: int = 0, file: str = "") -> SshSettings:
    """Ask ssh; `file` stands in for the account's and the machine's configuration. Raises `UsageError`.

    `user` and `port` are given to ssh as on its command line, where they win over the configuration. Where there is
    no ssh, nothing is known.
    """
    _check(name)
    found = _ask(name, user, port, ("-F", file) if file else ())
    if not found:
        return SshSettings(name, user, port or 22)
    plain = _ask(name, user, port, ("-F", "none"))
    command = _first(found, "proxycommand")
    if command not in ("", "none"):
        raise UsageError(f"ssh reaches {name} by a ProxyCommand, which is not followed", "use ProxyJump for it")
    return SshSettings(
        hostname=_first(found, "hostname"),
        user=_first(found, "user"),
        port=int(_first(found, "port")),
        identities=_paths(found.get("identityfile", [])),
        known_hosts=_paths(_first(found, "userknownhostsfile").split() + _first(found, "globalknownhostsfile").split()),
        jump=_first(found, "proxyjump").replace("none", ""),
        pinned_as=_first(found, "hostkeyalias"),
        agent=_first(found, "identitiesonly") != "yes",
        known=any(found.get(key) != plain.get(key) for key in _COMPARED),
    )


def _check(name: str) -> None:
    if not name or name.startswith("-") or any(letter.isspace() or not letter.isprintable() for letter in name):
        raise UsageError(f"{name!r} cannot be the name of a server", "set SERVER_HOST to a name or an address")


def _ask(name: str, user: str, port: int, options: tuple[str, ...]) -> dict[str, list[str]]:
    """Give the values by key, as `ssh -G` prints them; nothing where there is no ssh."""
    words = ("ssh", "-G", *options, *(("-l", user) if user else ()), *(("-p", str(port)) if port else ()), "--", name)
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return {}
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"ssh does not tell how {name} is reached", f"try it: ssh -G {name}") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise UsageError(f"the ssh configuration cannot be used for {name}: {said}", f"try it: ssh -G {name}")
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(value)
    return found


def _first(found: dict[str, list[str]], key: str) -> str:
    return found.get(key, [""])[0]


def _paths(names: list[str]) -> tuple[str, ...]:
    return tuple(str(Path(name).expanduser()) for name in names if name != "none")
