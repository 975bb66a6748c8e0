"""What a server needs before anything is deployed to it, judged by what a script saw there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from shiplane.deploy.lines import by_kind
from shiplane.facts.tools import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.model import Site

ENGINE = "25.0"
COMPOSE = "2.24.4"
_FREE_BYTES = 2 * 2**30
_SKEW_SECONDS = 10.0
_SESSIONS = 10
_SCRIPT = "curl -fsSL https://get.docker.com -o get-docker.sh && sh get-docker.sh"
_BY_HAND = {
    "tools": "as root: apt-get install bash util-linux coreutils findutils gawk grep sed tar",
    "engine": f"as root: {_SCRIPT}",
    "compose": f"as root: {_SCRIPT} (it brings Compose too)",
    "user": "as root: useradd --create-home --shell /bin/bash --password '*' USER",
    "shell": "as root: usermod --shell /bin/bash USER",
    "docker-group": "as root: usermod --append --groups docker USER",
    "authorized-key": "put the public key into ~USER/.ssh/authorized_keys (mode 600, folder 700)",
    "folders": "as USER: mkdir -p FOLDER && chmod 700 deployments FOLDER",
    "max-sessions": "set MaxSessions 10 in /etc/ssh/sshd_config and reload sshd",
    "log-rotation": "set max-size and max-file under log-opts in /etc/docker/daemon.json and restart the engine",
    "clock": "let the server's clock be kept: timedatectl set-ntp true",
    "disk": "make room there, for example with: docker image prune && docker builder prune",
}


@dataclass(frozen=True, slots=True)
class Check:
    """Say of one thing whether it is as it must be; `cause` and `fix` are empty where it is."""

    id: str
    ok: bool = True
    cause: str = ""
    fix: str = ""

    def to_json(self) -> dict[str, object]:
        """Give the object of `invoke server.prepare --json`."""
        return {"id": self.id, "ok": self.ok, "cause": self.cause, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what the script saw: values by kind; `skew` is how far the server's clock is ahead of ours at least."""

    values: Mapping[str, list[str]]
    skew: float = 0.0

    @classmethod
    def read(cls, text: str, before: float, after: float) -> Seen:
        """Read the script's lines; the server was asked between two times of our clock."""
        values = by_kind(text.splitlines())
        there = float(values.get("time", ["0"])[0])
        return cls(values, there - after if there > after else min(there - before, 0.0))

    def first(self, kind: str) -> str:
        """Give a value; "" where there is none."""
        return self.values.get(kind, [""])[0]

    def all(self, kind: str) -> list[str]:
        """Give all values of a kind."""
        return self.values.get(kind, [])

    @property
    def root(self) -> str:
        """Say how root is reached: yes, sudo, or not."""
        return self.first("root")


def checks(seen: Seen, site: Site, key: str = "") -> list[Check]:
    """Judge what was seen, in the order in which to mend; `key` is the public key of the deploy user, if known."""
    user, missing = site.host.user, ", ".join(seen.all("missing"))
    if missing:
        # Nothing else could be asked.
        return [Check("tools", ok=False, cause=f"missing there: {missing}", fix=_fix("tools", site))]
    problems = {
        "tools": "",
        "user": _user(seen, user),
        "authorized-key": _authorized_key(seen, user, key),
        "docker-group": _group(seen, user),
        "engine": _version("the engine", seen.first("engine"), ENGINE),
        "compose": _version("Compose", seen.first("compose"), COMPOSE),
        "folders": _folders(seen, site),
        "max-sessions": _sessions(seen),
        "log-rotation": _logs(seen),
        "disk": _disk(seen),
        "clock": _clock(seen.skew),
    }
    return [Check(name, not cause, cause, _fix(name, site, cause) if cause else "") for name, cause in problems.items()]


def _fix(name: str, site: Site, cause: str = "") -> str:
    if cause.endswith("may not be asked"):
        return "mend docker-group first"
    if cause.startswith("the shell of"):
        name = "shell"
    return _BY_HAND[name].replace("USER", site.host.user).replace("FOLDER", site.folder)


def _user(seen: Seen, user: str) -> str:
    shell = seen.first("user")
    if not shell:
        return f"there is no user {user!r}"
    return "" if shell.endswith("/bash") or seen.first("who") == user else f"the shell of {user!r} is {shell}"


def _authorized_key(seen: Seen, user: str, key: str) -> str:
    # Who came in by a key has one; what an administrator sees is compared.
    if seen.first("who") == user or not seen.first("user"):
        return ""
    if key and not any(_holds(line.split(), *key.split()[:2]) for line in seen.all("authorized")):
        return f"the key is not among the authorized keys of {user!r}"
    if not seen.all("authorized"):
        return f"{user!r} has no authorized key"
    return next((text for path, text in _modes(seen, user) if path.endswith((".ssh", "authorized_keys"))), "")


def _holds(words: list[str], kind: str, body: str) -> bool:
    """Tell whether a line holds a key: type and body after one another, behind options or not."""
    return (kind, body) in pairwise(words)


def _version(what: str, said: str, least: str) -> str:
    if "permission denied" in said:
        return f"{what} may not be asked"
    if not re.match(r"v?\d+\.\d+", said):
        return f"{what} does not answer: {said or 'it says nothing'}"
    return "" if numbers(said) >= numbers(least) else f"{what} is {said}, {least} is the least"


def _group(seen: Seen, user: str) -> str:
    if user == "root" or not seen.first("user"):
        return ""
    if seen.first("who") == user:
        return f"{user!r} may not use the engine" if "permission denied" in seen.first("engine") else ""
    return "" if "docker" in seen.first("groups").split() else f"{user!r} is not in the group docker"


def _modes(seen: Seen, user: str) -> Iterable[tuple[str, str]]:
    """Give what others could write or enter, or what is not the user's, with the words for it."""
    for line in seen.all("path"):
        mode, owner, path = line.split(" ", 2)
        if owner != user:
            yield path, f"{path} belongs to {owner}"
        elif int(mode, 8) & 0o077:
            yield path, f"{path} has mode {mode}"


def _folders(seen: Seen, site: Site) -> str:
    if not seen.first("user"):
        return ""
    parts = (site.folder.partition("/")[0], site.folder)
    present = [line.split(" ", 2)[2] for line in seen.all("path")]
    missing = [part for part in parts if not any(path.endswith(f"/{part}") for path in present)]
    if missing:
        return f"~/{missing[-1]} is not there"
    return next((text for path, text in _modes(seen, site.host.user) if path.endswith(parts)), "")


def _sessions(seen: Seen) -> str:
    found = seen.first("sessions")
    few = found.isdecimal() and int(found) < _SESSIONS
    return f"sshd opens {found} sessions in one connection, {_SESSIONS} are needed" if few else ""


def _logs(seen: Seen) -> str:
    # An engine that runs containers is not restarted for this: Shiplane's own services rotate their logs themselves.
    if seen.first("containers") != "0" or seen.first("driver") != "json-file" or "max-size" in seen.first("settings"):
        return ""
    return "the engine lets the logs of containers grow without end"


def _disk(seen: Seen) -> str:
    for line in seen.all("disk"):
        place, _, free = line.rpartition("\t")
        if int(free) < _FREE_BYTES:
            return f"{int(free) / 2**30:.1f} GiB free on {place}, {_FREE_BYTES / 2**30:.0f} GiB are needed"
    return ""


def _clock(skew: float) -> str:
    ahead = "ahead of" if skew > 0 else "behind"
    return f"the clock is {abs(skew):.0f} s {ahead} ours" if abs(skew) > _SKEW_SECONDS else ""
