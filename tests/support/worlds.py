"""Recordings in the place of this machine, servers and public addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkouts import git_answers
from shiplane.cli.app import World
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from checkouts import Answer
    from shiplane.model import Host
    from shiplane.runners.base import Masker
    from shiplane.runners.http import Http


class RecordedWorld(World):
    """Answer from scripts; `machine` and `servers` hold what was asked where. A public address answers nothing."""

    def __init__(self, answers: Sequence[Answer] = (), server_answers: Sequence[Answer] = ()) -> None:
        self.machine = RecordingRunner([*answers, *git_answers()])
        self.server_answers = server_answers
        self.servers: dict[str, RecordingRunner] = {}
        self.masker: Masker | None = None

    def local(self, checkout: Path, environ: Mapping[str, str], masker: Masker) -> RecordingRunner:
        del checkout, environ
        self.masker = masker
        return self.machine

    def server(self, host: Host, masker: Masker) -> RecordingRunner:
        del masker
        return self.servers.setdefault(host.name, RecordingRunner(self.server_answers))

    def http(self) -> Http:
        raise AssertionError("no test may ask a public address")

    @property
    def transcript(self) -> list[str]:
        """Give what ran on this machine, masked, in order."""
        return self.machine.transcript
