"""What every command starts from: the checkout, its configuration, a runner, and the world's answers on demand."""

from __future__ import annotations

import os
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

# All else is imported where it is used: `invoke --list` loads every task, and makes no App.
from shiplane.errors import EngineMissing, UnknownName, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shiplane.commands.login import RegistryLogin
    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.facts.hashes import Hashes
    from shiplane.facts.inventory import Inventory
    from shiplane.facts.let_through import LetThrough
    from shiplane.facts.secret_sources import Sources
    from shiplane.model import Event, Host
    from shiplane.pipeline.results import Results
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Local, Masker, Runner
    from shiplane.runners.http import Http
    from shiplane.runners.network import Network
    from shiplane.runners.ssh_config import SshSettings

_GITHUB_EVENTS = {"push": "push", "pull_request": "pull_request", "workflow_dispatch": "manual"}


class World:
    """Reach this machine, servers and public addresses; tests put a recording in its place."""

    def local(self, checkout: Path, environ: Mapping[str, str], masker: Masker) -> Local:
        """Give what runs commands on this machine."""
        from shiplane.runners.local import LocalRunner  # noqa: PLC0415 - see above

        return LocalRunner(checkout, environ, masker)

    def server(self, host: Host, masker: Masker) -> Runner:
        """Give what runs commands on a server."""
        from shiplane.runners.ssh import SshRunner  # noqa: PLC0415 - brings Fabric

        return SshRunner(host, masker)

    def ssh_settings(self, name: str, user: str = "", port: int = 0, file: str = "") -> SshSettings:
        """Say how ssh's own configuration reaches a server."""
        from shiplane.runners.ssh_config import lookup  # noqa: PLC0415 - only remote servers need it

        return lookup(name, user, port, file)

    def http(self, ca_file: str = "") -> Http:
        """Give what sends requests; `ca_file` is trusted beside the system's authorities."""
        from shiplane.runners.http import HttpRunner  # noqa: PLC0415 - not every command asks

        return HttpRunner(ca_file)

    def network(self) -> Network:
        """Give what asks whether names and ports answer."""
        from shiplane.runners.network import NetworkRunner  # noqa: PLC0415 - `doctor` alone asks

        return NetworkRunner()

    def changes(self, folder: Path) -> Iterator[frozenset[str]]:
        """Give what is edited below a folder, as it happens."""
        from shiplane.runners.watching import changes  # noqa: PLC0415 - `test --watch` alone

        return changes(folder)


WORLD = World()


class App:
    """Wire one command; everything that it needs of the process comes in here."""

    def __init__(self, folder: Path, environ: Mapping[str, str], world: World | None = None) -> None:
        from shiplane.config import find_checkout  # noqa: PLC0415 - see above
        from shiplane.pipeline.store import Store  # noqa: PLC0415
        from shiplane.runners.base import Masker  # noqa: PLC0415

        self.checkout = find_checkout(folder)
        self.environ = dict(environ)
        self.masker = Masker()
        self.world = world or WORLD
        self.runner = self.world.local(self.checkout, self.environ, self.masker)
        self.store = Store(self.checkout)

    @classmethod
    def here(cls) -> App:
        """Start from the process's own folder and environment."""
        return cls(Path.cwd(), os.environ)

    @cached_property
    def config(self) -> Config:
        """Read the configuration once."""
        from shiplane.config import load  # noqa: PLC0415 - see above

        return load(self.checkout, self.environ)

    @cached_property
    def facts(self) -> CheckoutFacts:
        """Ask the checkout once."""
        return self.survey()

    def look_again(self) -> None:
        """Let the checkout be asked anew, which may have been edited since; raises `UsageError` where it moved on."""
        before = self.__dict__.pop("facts")
        self.__dict__.pop("inventory", None)
        if (self.facts.branch, self.facts.commit) != (before.branch, before.commit):
            was, now = (f"{one.branch or 'no branch'} at {one.commit[:12]}" for one in (before, self.facts))
            raise UsageError(f"the checkout moved on while this waited: it was {was} and is {now}", "run it again")

    def survey(self) -> CheckoutFacts:
        """Ask the checkout as it is now."""
        from shiplane.facts.checkout import survey  # noqa: PLC0415 - not every command asks

        return survey(self.runner, self.checkout, self.config, self.environ, self.hashes)

    @cached_property
    def hashes(self) -> Hashes:
        """Give what files hold that differ from git's index, as far as a run before has read them."""
        from shiplane.facts.hashes import Hashes  # noqa: PLC0415 - not every command asks
        from shiplane.planning.inputs import READ_THOUGH_IGNORED  # noqa: PLC0415

        # Checkouts of one repository may share them by a link; what Compose reads is behind it.
        return Hashes(self.checkout, self.store.hashes(), followed=READ_THOUGH_IGNORED)

    def keep_hashes(self) -> None:
        """Remember what was read of files, for what comes after; only a run may write, and plans do not."""
        if self.hashes.news:
            self.store.save_hashes(self.hashes.kept())

    @cached_property
    def inventory(self) -> Inventory:
        """Ask once what the files of the checkout hold."""
        return self._inventory(self.facts.let_through)

    def take_inventory(self) -> Inventory:
        """Ask what the files of the checkout hold now."""
        from shiplane.facts import let_through  # noqa: PLC0415 - not every command asks

        return self._inventory(let_through.survey(self.runner, self.checkout, self.config))

    def _inventory(self, also: Iterable[LetThrough]) -> Inventory:
        from shiplane.facts.inventory import survey  # noqa: PLC0415 - not every command asks
        from shiplane.planning.inputs import READ_THOUGH_IGNORED  # noqa: PLC0415

        return survey(self.runner, self.hashes, (*READ_THOUGH_IGNORED, *(one.name for one in also)))

    @cached_property
    def results(self) -> Results:
        """Give what steps left in earlier runs."""
        from shiplane.pipeline.results import Results  # noqa: PLC0415 - not every command asks

        return Results(self.store.root / "results", self.config.results_mb * 1_000_000)

    def target(self, name: str = "") -> Target:
        """Give a target; the configuration's default where none is named."""
        from shiplane.cli import targets  # noqa: PLC0415 - not every command asks

        lookup = partial(self.world.ssh_settings, file=self.environ.get("SSH_CONFIG", ""))
        chosen = name or self.config.default_target
        words = (lookup, self.secret_sources, self._own_login)
        return targets.make(chosen, self.checkout, self.config, self.environ, *words)

    def _own_login(self, registry: str) -> RegistryLogin | None:
        """Ask this machine's Docker client for its login to a registry."""
        from shiplane.facts import docker_login  # noqa: PLC0415 - seldom a server needs it

        return docker_login.find(self.runner, self.environ, registry, self.masker.add)

    @cached_property
    def secret_sources(self) -> Sources:
        """Give what reads secrets that no variable holds; each is asked once, and masked from then on."""
        from shiplane.facts.secret_sources import Sources  # noqa: PLC0415 - not every command asks

        return Sources(self.runner, self.checkout, self.config.secrets, self.masker.add)

    def event(self, name: str = "", branch: str = "") -> Event:
        """Give the event: as told, else as GitHub tells, else a push of what is checked out."""
        from shiplane.model.event import EVENT_NAMES, Event  # noqa: PLC0415 - see above

        told = name or _GITHUB_EVENTS.get(self.environ.get("GITHUB_EVENT_NAME", ""), "push")
        for known in EVENT_NAMES:
            if told == known:
                return Event(known, branch or self.facts.branch, self.facts.commit)
        raise UnknownName("event", told, EVENT_NAMES)

    def tools(self) -> dict[str, str]:
        """Give the versions of tools here: Python's as they are now, the engine's as the last run heard them."""
        from shiplane.facts.machine_tools import installed  # noqa: PLC0415 - only plans and runs need it

        return {**self.store.tools(), **installed()}

    def require_engine(self) -> dict[str, str]:
        """Give the versions of the engine and its plugins; raises `EngineMissing` where no container engine answers."""
        from shiplane.commands import engine  # noqa: PLC0415 - not every command asks
        from shiplane.facts import machine_tools  # noqa: PLC0415

        answer = self.runner.run(engine.info())
        if not answer.ok or answer.stdout.startswith("|"):
            raise EngineMissing((answer.tail(1) or ("it does not answer",))[0])
        return machine_tools.parse(answer.stdout)
