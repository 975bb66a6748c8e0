"""Looking at a server before anything is deployed to it, and making what it lacks: by one script, before and after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.deploy.readiness import Check, Seen, checks
from shiplane.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command, Site
    from shiplane.runners.base import Runner

_LOOK_SECONDS = 60.0
_MAKE_SECONDS = 900.0
_NOT_MADE = ("reach", "disk")
_USERS_OWN = ("folders",)
"""What the deploy user makes without an administrator."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Look at a server and mend it, as the deploy user or (with `admin`) as an administrator.

    `clock` gives our time in seconds since 1970, `connect` a new connection of the deploy user.
    """

    site: Site
    connect: Callable[[], Runner]
    clock: Callable[[], float]
    admin: Runner | None = None
    key: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    """Why the server could not make something, by check."""
    opened: list[Runner] = field(default_factory=list)

    def look(self) -> tuple[list[Check], str]:
        """Give every check, and how root is reached (yes, sudo or not)."""
        deploy = self._opened()
        reach = self._reach(deploy)
        if not reach.ok and self.admin is None:
            return [reach], ""
        seen = self._see(self.admin or deploy)
        root = seen.root
        if self.admin and root == "sudo":
            # An administrator who is not root may not look into another's home folder either.
            seen = self._see(self.admin, root)
        found = [self._told(check) for check in checks(seen, self.site, self.key)]
        return [reach, *found], root

    def mend(self, found: list[Check], root: str) -> tuple[tuple[str, ...], list[Check]]:
        """Make what can be made, until nothing more comes of it: an account is made before its folders are asked for.

        Gives what was made, and the checks after it.
        """
        made: list[str] = []
        while names := tuple(name for name in self.makeable(found, root) if name not in (*made, *self.refused)):
            made += self.make(names, root)
            found, root = self.look()
        return tuple(made), found

    def makeable(self, found: list[Check], root: str) -> tuple[str, ...]:
        """Name what can be made of what is not well."""
        wanted = [check.id for check in found if not (check.ok or check.id in _NOT_MADE)]
        return tuple(name for name in wanted if root or name in _USERS_OWN)

    def make(self, names: tuple[str, ...], root: str) -> tuple[str, ...]:
        """Make these, and name what was made."""
        runner = self.admin or self._opened()
        words = ("make", self.site.host.user, self.site.folder, *names)
        command = remote.script("prepare", *words, payload=f"{self.key}\n", timeout=_MAKE_SECONDS)
        done = runner.run(self._as_root(command, root).on(self.site.host.name))
        if not done.ok:
            raise Unreachable(
                f"{self.site.host.name} could not be prepared", "see what it said, and mend it by hand", done.tail()
            )
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        self.refused.update({line[1]: line[2] for line in lines if line[0] == "cannot" and len(line) > 2})  # noqa: PLR2004
        return tuple(line[1] for line in lines if line[0] == "made")

    def close(self) -> None:
        """End every connection."""
        for runner in (*self.opened, self.admin):
            close = getattr(runner, "close", None)
            if close is not None:
                close()

    def _opened(self) -> Runner:
        """Connect anew: a connection keeps the groups that the user had at its beginning."""
        self.opened.append(self.connect())
        return self.opened[-1]

    def _reach(self, deploy: Runner) -> Check:
        try:
            deploy.run(remote.shell("true").on(self.site.host.name))
        except Unreachable as error:
            return Check("reach", ok=False, cause=error.cause, fix=error.fix)
        return Check("reach")

    def _see(self, runner: Runner, root: str = "") -> Seen:
        runner.run(remote.shell("true").on(self.site.host.name))  # the time to connect is none of the clock's
        words = ("check", self.site.host.user, self.site.folder)
        before = self.clock()
        command = self._as_root(remote.script("prepare", *words, timeout=_LOOK_SECONDS), root)
        done = runner.run(command.on(self.site.host.name))
        if not done.ok:
            raise Unreachable(
                f"{self.site.host.name} does not tell what it has", "see what it said: it needs bash", done.tail()
            )
        return Seen.read(done.stdout, before, self.clock())

    def _told(self, check: Check) -> Check:
        why = self.refused.get(check.id)
        return replace(check, cause=f"{check.cause} ({why})") if why and not check.ok else check

    def _as_root(self, command: Command, root: str) -> Command:
        return replace(command, argv=("sudo", "-n", *command.argv)) if root == "sudo" else command
