"""Recordings in the place of this machine, servers and public addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkouts import COMPOSE, git_answers
from shiplane.cli.app import World
from shiplane.errors import Unreachable
from shiplane.runners.recording import RecordingRunner
from shiplane.runners.ssh_config import SshSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import checkouts
    from shiplane.model import Host
    from shiplane.runners.base import Masker
    from shiplane.runners.http import Answer, Http


class SilentPublic:
    """Answer nothing, as an address where nobody listens."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, method: str, url: str, **words: object) -> Answer:
        del words
        self.asked.append(f"{method} {url}")
        raise Unreachable(f"{url} does not answer", "check the address")


class RecordedNetwork:
    """Know every name and let everybody in, but for what is `silent`."""

    def __init__(self) -> None:
        self.known = {"localhost": ("127.0.0.1",)}
        self.silent: set[str] = set()
        self.shown: dict[str, str] = {}
        """The host keys of servers, by address."""

    def addresses(self, name: str) -> tuple[str, ...]:
        if name in self.silent:
            raise Unreachable(f"{name} has no address: Name or service not known", "check its spelling")
        return self.known.get(name, ("192.0.2.9",))

    def connect(self, host: str, port: int, seconds: float = 2.0) -> None:
        del seconds
        if host in self.silent:
            raise Unreachable(f"{host}:{port} does not answer: Connection refused", "check the address")

    def host_key(self, host: str, port: int, kind: str, seconds: float = 2.0) -> str:
        del seconds
        if host not in self.shown:
            raise Unreachable(f"{host}:{port} shows no host key of {kind}", "check that its sshd is up")
        return self.shown[host]


class RecordedWorld(World):
    """Answer from scripts; `machine`, `servers` and `public` hold what was asked where."""

    def __init__(
        self, answers: Sequence[checkouts.Answer] = (), server_answers: Sequence[checkouts.Answer] = ()
    ) -> None:
        self.machine = RecordingRunner([*answers, *git_answers(), COMPOSE])
        self.server_answers = server_answers
        self.servers: dict[str, RecordingRunner] = {}
        self.public: Http = SilentPublic()
        self.masker: Masker | None = None
        self.reached = RecordedNetwork()
        self.edits: list[frozenset[str]] = []
        """Groups of files that are edited while a command watches, until it is interrupted."""

    def local(self, checkout: Path, environ: Mapping[str, str], masker: Masker) -> RecordingRunner:
        del checkout, environ
        self.masker = masker
        return self.machine

    def server(self, host: Host, masker: Masker) -> RecordingRunner:
        del masker
        return self.servers.setdefault(host.name, RecordingRunner(self.server_answers))

    def ssh_settings(self, name: str, user: str = "", port: int = 0, file: str = "") -> SshSettings:
        del file
        return SshSettings(name, user, port or 22)

    def http(self, ca_file: str = "") -> Http:
        del ca_file
        return self.public

    def network(self) -> RecordedNetwork:
        return self.reached

    def changes(self, folder: Path) -> Iterator[frozenset[str]]:
        del folder
        yield from self.edits
        raise KeyboardInterrupt

    @property
    def transcript(self) -> list[str]:
        """Give what ran on this machine, masked, in order."""
        return self.machine.transcript
