"""Single steps of a run, carried out with recordings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from samples import COMMIT, CONFIG, HARD, make_facts
from shiplane.cli.targets import RemoteTarget
from shiplane.config import Vpn
from shiplane.deploy.lock import Holder
from shiplane.facts.inventory import Inventory
from shiplane.model import Event, Step
from shiplane.pipeline.actions import Actions
from shiplane.pipeline.environments import Environments
from shiplane.pipeline.journal import Journal
from shiplane.pipeline.results import Results
from shiplane.pipeline.reuse import Reuse
from shiplane.pipeline.store import Store
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.recording import RecordingRunner
from worlds import SilentPublic

if TYPE_CHECKING:
    from pathlib import Path

ENVIRON = {
    "CONTAINER_REGISTRY": "registry.test",
    "REPOSITORY_OWNER": "acme",
    "SERVER_HOST": "100.64.0.1",
    "SERVER_USER": "deploy",
    "SSH_PRIVATE_KEY": "key",
    "SSH_KNOWN_HOSTS": "known",
    "DB_PASSWORD": HARD,
    "REDIS_PASSWORD": HARD,
    "TS_OAUTH_CLIENT_ID": "id",
    "TS_OAUTH_SECRET": "tskey-client-abc",
}
TAILNET = dataclasses.replace(CONFIG, vpn=Vpn("tailscale"))
OTHERS = b'services: {db: {image: "${POSTGRES_IMAGE:-postgres:17}"}}\n'
"""A compose file with an image of others."""


class Bench:
    """Carry out single steps with recordings."""

    def __init__(self, folder: Path, runner: RecordingRunner) -> None:
        self.runner = runner
        self.target = RemoteTarget(folder, TAILNET, ENVIRON)
        self.masker = Masker()
        self.server = RecordingRunner()
        holder = Holder("r1", "me", "here", 1)
        self.environments = Environments(
            self.target, TAILNET, lambda _host: self.server, SilentPublic(), self.masker, holder
        )
        self.store = Store(folder)
        self.reuse = Reuse(
            runner=runner,
            checkout=folder,
            config=TAILNET,
            environ=ENVIRON,
            results=Results(folder / "results", 1_000_000),
            run="1",
            items={},
            survey=lambda: Inventory({}),
        )
        self.journal = Journal(folder / "run")
        self.folder = folder
        self.said: list[str] = []

    def actions(self, **words: Any) -> Actions:  # noqa: ANN401 - handed on
        """Give the actions of a run, which `words` tell of."""
        given = {"event": Event("push", "feature/x", COMMIT), "facts": make_facts(), "config": TAILNET} | words
        return Actions(
            runner=self.runner,
            checkout=self.folder,
            environ=ENVIRON,
            target=self.target,
            environments=self.environments,
            reuse=self.reuse,
            store=self.store,
            journal=self.journal,
            run="r1",
            **given,
        )

    def carry_out(self, action: str, step: Step | None = None, **words: Any) -> None:  # noqa: ANN401 - handed on
        """Carry out one step."""
        chosen = step or Step(f"staging.{action}", "a step", environment="staging")
        self.actions(**words).table()[action](chosen, self.said.append, Cancel())
