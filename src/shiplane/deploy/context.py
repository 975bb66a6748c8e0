"""What a deploy needs from the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shiplane.deploy.execution import Execution
from shiplane.deploy.phases import Options, rolling
from shiplane.deploy.survey import survey
from shiplane.deploy.verify import verify
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.phases import Rollout
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Site
    from shiplane.runners.base import Masker, Runner
    from shiplane.runners.http import Http


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing() -> None:
    """Confirm without a lock: there is nothing to ask."""


@dataclass(frozen=True, slots=True)
class Context:
    """Bring the world in: who deploys in which run, what carries it out, and where it is told.

    `run` is the run's id, `who` is for the audit, as `user@host`. `taken` is set when another holder has the
    environment, which ends an undo too; `confirm` asks whether it is still ours and raises `Locked` where not.
    `beat` are the commands by which a job on the server renews the lock itself. `local` runs hooks in the checkout.
    `allowed` are migrations that may run although they break what serves meanwhile.
    """

    runner: Runner
    http: Http
    site: Site
    masker: Masker
    run: str
    who: str
    report: Callable[[str], None]
    cancel: Cancel
    options: Options = field(default_factory=Options)
    rollout: Rollout = rolling
    clock: Callable[[], datetime] = _now
    taken: Cancel = field(default_factory=Cancel)
    confirm: Callable[[], None] = _nothing
    beat: tuple[Command, ...] = ()
    local: Runner | None = None
    allowed: tuple[str, ...] = ()

    def survey(self, *, services: bool = False) -> State:
        """Look at the server; with `services` it is asked too what the current files describe.

        The secrets of what is there are masked from then on, also those that were changed since.
        """
        state = survey(self.runner, self.site, self.cancel, services=services)
        self.masker.add(*state.secrets)
        return state

    def execution(self, cancel: Cancel | None = None) -> Execution:
        """Give what runs phases; an undo brings a cancel of its own."""
        return Execution(self.runner, self.site, self.report, cancel or self.cancel, self.masker, self.beat)

    def verify(self, release_id: str, cancel: Cancel | None = None, url: str = "") -> None:
        """Ask the public address, or that of an older release, until it answers with the release."""
        verify(
            self.http,
            url or self.site.url,
            self.options,
            release_id,
            report=lambda line: self.report(self.masker.mask(line)),
            cancel=cancel or self.cancel,
        )

    def stamp(self) -> str:
        """Give the time, ISO 8601 in UTC."""
        return self.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
