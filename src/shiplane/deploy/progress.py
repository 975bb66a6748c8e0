"""How far one change of what serves has come: what the way there and the way back both need to know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.deploy import hooks, records, restore, retention
from shiplane.deploy.migrations import Applied
from shiplane.deploy.services import USUAL_GRACE_SECONDS
from shiplane.deploy.survey import Entry
from shiplane.errors import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.context import Context
    from shiplane.deploy.services import Model, ServiceAction
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Deployment, Release
    from shiplane.runners.base import Cancel


@dataclass(slots=True)
class Progress:
    """Follow a `release` on its way into service on a server that was in `state`; `told` hears how it ended.

    `adopted` is what the server had of the release when it was sent: new, same or replaced; `model` describes its
    services, `missing` are images that its engine lacks, `decided` is what happens to each service. `served` describes
    the services of the release `before`, None where its files cannot be read. `doing` is what
    was last begun, `applied` what was done to the database, or may have been. `told` hears nothing of a change that
    fails before anything that serves was touched.
    """

    context: Context
    release: Release
    state: State
    deployment: Deployment
    told: Callable[[Deployment], None]
    adopted: str = field(default="same", init=False)
    doing: str = field(default="", init=False)
    model: Model | None = field(default=None, init=False)
    served: Model | None = field(default=None, init=False)
    missing: tuple[str, ...] = field(default=(), init=False)
    decided: tuple[ServiceAction, ...] = field(default=(), init=False)
    notes: list[str] = field(default_factory=list, init=False)
    applied: Applied = field(default_factory=Applied, init=False)
    database: restore.Change | None = field(default=None, init=False)

    @property
    def before(self) -> str | None:
        """Name the release that serves when the change fails, where there is one and its files are there."""
        return self.state.fallback(self.release.id)

    @property
    def occasion(self) -> hooks.Occasion:
        """Give what the hooks run for."""
        return hooks.Occasion(self.deployment.action, self.release.id, self.release.commit, self.before or "")

    @property
    def longer(self) -> float:
        """Give the seconds by which stopping may take more than usual, there and back: a proxy, then all the others."""
        models = (self.state.model, self.served, self.model)
        longest = max((model.grace_seconds for model in models if model), default=USUAL_GRACE_SECONDS)
        return 2 * (longest - USUAL_GRACE_SECONDS)

    @property
    def reopen(self) -> tuple[Command, ...]:
        """Give what lets people in again, once what serves runs, where a change of the database has shut them out."""
        shut_out = self.database is not None or restore.STOPPED in self.state.restore
        return restore.reopen(self.context.site, self.context.options) if shut_out else ()

    def verify(self, release_id: str, url: str, cancel: Cancel) -> None:
        """Ask a public address until it answers with a release; raises `StepFailed`."""
        self.doing = f"verify {release_id}"
        self.context.verify(release_id, cancel, url)

    def ended(self, outcome: str) -> Deployment:
        """Give the deployment as it ended now."""
        return replace(self.deployment, outcome=outcome, finished_at=self.context.stamp())

    def record(self, ended: Deployment, after: State | None = None) -> None:
        """Write the audit; after a good end also tidy up, which may fail without consequences."""
        context = self.context
        applied = self.applied if ended.outcome == "deployed" else replace(self.applied, restored="")
        entry = Entry(ended, context.who, self.release.digests(), applied)
        tidy = retention.words(context, after, entry) if after is not None else ()
        command = records.record_command(context.site, entry, tidy)
        try:
            said = records.write(context.runner, context.site, command)
        except ConnectionLost:
            # Whether it was written nobody knows: a line that is there twice counts once.
            said = records.write(context.runner, context.site, command)
        self.notes += said[said.index(records.RECORDED) + 1 :]
