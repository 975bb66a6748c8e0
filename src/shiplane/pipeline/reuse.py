"""Letting an earlier result count in the place of a step, and keeping the results of those that ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import ImageGone
from shiplane.model import Outcome
from shiplane.pipeline import own_images
from shiplane.pipeline.own_images import image_ids
from shiplane.planning.keys import UNTOLD, Item, items_of, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.facts.inventory import Inventory
    from shiplane.model import Inputs, Step
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.results import Results
    from shiplane.runners.base import Cancel, Runner

    Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Known:
    """Name the run that a result is from, and the digests of what it made by reference."""

    run: str
    images: Mapping[str, str]


class Reuse:
    """Answer steps by their earlier results where the plan says so; `run` names the folder of the run at hand.

    `items` are the inputs as the plan was made from them; `survey` gives the checkout as it is now, `tools` the
    versions of what is on this machine. `made` are the ids of the images that the steps of this run made, by name.
    """

    def __init__(  # noqa: PLR0913 - the run's parts, each by name
        self,
        *,
        runner: Runner,
        checkout: Path,
        config: Config,
        environ: Mapping[str, str],
        results: Results,
        run: str,
        items: Mapping[str, Sequence[Item]],
        survey: Callable[[], Inventory],
        tools: Callable[[], Mapping[str, str]] = dict,
        allowed: bool = True,
    ) -> None:
        self.runner = runner
        self.checkout = checkout
        self.config = config
        self.environ = environ
        self.results = results
        self.run = run
        self.items = items
        self.survey = survey
        self.tools = tools
        self.allowed = allowed
        self.made: dict[str, str] = {}

    def around(self, action: Action) -> Action:
        """Give the action that first looks whether a step has to be carried out at all."""

        def act(step: Step, say: Say, cancel: Cancel) -> Outcome | None:
            if step.decision.choice == "skip":
                self._stand_in(step)
                return Outcome("passed", how="not needed", reused_from=step.decision.run, cause=step.decision.why)
            if step.decision.choice == "reuse":
                answered = self.claim(step, say)
                if answered is not None:
                    return answered
            ended = action(step, say, cancel)
            self.made.update(own_images.ids(self.runner, self.checkout, step.makes))
            if ended is None and step.inputs is not None and not step.asks:
                self.keep(step, say)
            return ended

        return act

    def claim(self, step: Step, say: Say) -> Outcome | None:
        """Let the result that the plan found count; None where what it made is not there any more."""
        made = self.results.images_of(step.id, step.key)
        gone = own_images.claim(self.runner, self.checkout, made)
        if gone:
            say(f"{', '.join(gone)} of run {step.decision.run} is not in the engine any more: making it again")
            return None
        try:
            self.results.restore(step.id, step.key, self.checkout)
        except OSError as error:
            say(f"the result of run {step.decision.run} is damaged, so it does not count: {error}")
            self.results.forget(step.id, step.key)
            return None
        self.made.update(made)
        return reused(step.decision.why, step.decision.run)

    def _stand_in(self, step: Step) -> None:
        """Let what a step that is left out made be what those after it use; raises `ImageGone` where it is gone."""
        # Without a run it was left out because nothing needs it.
        made = self.results.images_of(step.id, step.key) if step.makes and step.decision.run else {}
        gone = own_images.claim(self.runner, self.checkout, made)
        if gone:
            raise ImageGone(step.id, step.decision.run, gone)
        self.made.update(made)

    def keep(self, step: Step, say: Say) -> None:
        """Keep the result of a step that passed, unless what it depends on changed while it ran."""
        if step.inputs is None or step.id not in self.items:
            return
        now = self.now(step.inputs)
        if without_images(now) != without_images(self.items[step.id]):
            say("what it depends on changed while it ran: its result is not kept")
            return
        made = {name: self.made[name] for name in step.makes if name in self.made}
        self._keep(step.id, now, made, step.outputs, say)

    def find(self, name: str, items: Sequence[Item]) -> Known | None:
        """Find a result by inputs that no plan can know."""
        run = self.results.run_of(name, key_of(items)) if self.allowed else None
        return None if run is None else Known(run, self.results.images_of(name, key_of(items)))

    def keep_found(self, name: str, items: Sequence[Item], images: Mapping[str, str], say: Say) -> None:
        """Keep a result by such inputs, with the digests of what was made by reference."""
        self._keep(name, items, images, (), say)

    def now(self, inputs: Inputs) -> tuple[Item, ...]:
        """Give what inputs are at present."""
        ids = image_ids(self.runner, inputs.images)
        return items_of(inputs, self.survey(), self.config, self.environ, ids, self.tools())

    def _keep(
        self, name: str, items: Sequence[Item], images: Mapping[str, str], outputs: Iterable[str], say: Say
    ) -> None:
        key = key_of(items)
        if key == UNTOLD:
            return
        try:
            self.results.keep(
                name, key, run=self.run, items=items, images=images, checkout=self.checkout, outputs=outputs
            )
        except OSError as error:
            say(f"its result cannot be kept, so it will be made again: {error}")


def reused(why: str, run: str) -> Outcome:
    """Say that the result of another run counts."""
    return Outcome("passed", how="reused", reused_from=run, cause=why)


def without_images(items: Sequence[Item]) -> list[Item]:
    """Leave out the images: they may have been made during the run, before the step."""
    return [item for item in items if item[0] != "image"]
