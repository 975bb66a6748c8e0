"""One checkout's development stack: what Compose makes of its files, and what runs of it."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.commands import development as commands
from shiplane.commands.stack import DEVELOPMENT
from shiplane.development import rows
from shiplane.doctor.models import resolve
from shiplane.doctor.topology.secret import PLAIN, SECRET
from shiplane.errors import NotRunning, StepFailed, UnknownName, UsageError
from shiplane.model import Secret
from shiplane.runners.builds import Builds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from shiplane.config import Config
    from shiplane.development.rows import Row
    from shiplane.model import Command
    from shiplane.runners.base import Completed, Masker, Runner


class Stack:
    """Ask and change the stack by a runner; `say` is told what its programs print, masked by `masker`.

    `notes` is the folder in which all checkouts of a user note what they use; None where there can be none.
    """

    def __init__(  # noqa: PLR0913 - what a stack is, each by name
        self,
        runner: Runner,
        checkout: Path,
        config: Config,
        say: Callable[[str], None],
        masker: Masker,
        notes: Path | None = None,
    ) -> None:
        self.runner = runner
        self.masker = masker
        self.checkout = checkout
        self.config = config
        self.say = say
        self.notes = notes

    @cached_property
    def model(self) -> dict[str, Any]:
        """Give what Compose makes of the files, every profile of it; raises `UsageError` where it refuses them."""
        found = resolve(self.runner, DEVELOPMENT)
        self.masker.add(*_secrets(found["services"]))
        return found

    @property
    def project(self) -> str:
        """Give the project's name, by which the engine knows its containers and volumes."""
        return str(self.model["name"])

    @property
    def another_name(self) -> str:
        """Give the line of `.env` that names another stack."""
        return f"DEV_PROJECT_NAME={self.project}-2"

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """Give the services by name."""
        found: dict[str, dict[str, Any]] = self.model["services"]
        return found

    def configured(self, key: str) -> dict[str, Any]:
        """Give the service that a key of the configuration names; raises `UsageError` where there is none."""
        name = attrgetter(key)(self.config)
        if name not in self.services:
            known = ", ".join(sorted(self.services))
            cause = f"tool.shiplane.{key} names {name}, which is no service of {DEVELOPMENT[0]}"
            raise UsageError(cause, f"name one of {known}: invoke config.set {key} …")
        return self.services[name]

    def rows(self) -> tuple[Row, ...]:
        """Ask for the containers as they are now."""
        done = self.runner.run(commands.containers())
        if not done.ok:
            raise StepFailed("Compose cannot tell what runs", "see why: docker compose ps --all", done.tail())
        return rows.parse(done.stdout)

    def own_rows(self) -> tuple[Row, ...]:
        """Give the same where they may be changed; raises `UsageError` where they are those of another checkout."""
        found = self.rows()
        for folder in dict.fromkeys(row.folder for row in found if row.folder):
            # A checkout that was moved is not there any more where its containers were made.
            with suppress(OSError):
                if Path(folder).is_dir() and not Path(folder).samefile(self.checkout):
                    cause = f"the development stack {self.project} is that of {folder}"
                    own = f"name this one in .env: {self.another_name}"
                    raise UsageError(cause, f"{own}, or go on with that one's data: invoke dev.down there")
        return found

    def running(self) -> tuple[str, ...]:
        """Name the services that run now."""
        return _running(self.rows())

    def check(self, services: Collection[str]) -> None:
        """Raise `UnknownName` where one of them is no service."""
        for service in services:
            if service not in self.services:
                raise UnknownName("service", service, self.services)

    def require(self, service: str) -> None:
        """Raise `UnknownName`, `NotRunning` or `UsageError` where nothing can be done in a service of this checkout."""
        self.check((service,))
        if service not in _running(self.own_rows()):
            raise NotRunning(service)

    def writers(self) -> tuple[str, ...]:
        """Name the services that run the application's own code, and so write to the database and the folders."""
        code = _code(self.configured("release_service"))
        return tuple(name for name, one in self.services.items() if _code(one) == code)

    def do(self, command: Command, failed: str, fix: str) -> Completed:
        """Run a command to its end, telling what it prints; raises `StepFailed`, which says what `failed`."""
        return self._told(self.runner, command, failed, fix)

    def build(self, command: Command, failed: str, fix: str) -> Completed:
        """Do the same by a command that builds images."""
        return self._told(Builds(self.runner), command, failed, fix)

    def _told(self, runner: Runner, command: Command, failed: str, fix: str) -> Completed:
        done = runner.run(command, on_line=self.say)
        if not done.ok:
            raise StepFailed(failed, fix, done.tail())
        return done


def _running(found: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.service for row in found if row.runs))


def _code(service: dict[str, Any]) -> object:
    """Give what tells which code a service runs: its image, which need not have a name where it is built here."""
    return service.get("image") or service.get("build")


def _secrets(services: dict[str, dict[str, Any]]) -> Iterator[Secret]:
    """Give what the variables of services hold that only this checkout's people may know."""
    for service in services.values():
        for name, value in (service.get("environment") or {}).items():
            if value and SECRET.search(name) and not PLAIN.fullmatch(str(value)):
                yield Secret(name, str(value))
