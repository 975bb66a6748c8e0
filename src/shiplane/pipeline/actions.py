"""What carries out each kind of step."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.errors import Unsafe
from shiplane.lab.images.ensure import ensure_images, stand_ins_used
from shiplane.pipeline import publish, rebuilt
from shiplane.pipeline.environment_actions import EnvironmentActions
from shiplane.pipeline.execute import process_action
from shiplane.pipeline.release_files import schema_of, survey
from shiplane.pipeline.tested import Recorder, sources
from shiplane.runners.base import Bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Step
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.tested import Source
    from shiplane.runners.base import Cancel

    Say = Callable[[str], None]


class Actions(EnvironmentActions):
    """Carry out the steps of one run."""

    def table(self) -> dict[str, Action]:
        """Give the actions by the names that steps use."""
        tested = Recorder(self.journal, self.environments.masker.mask)
        return {
            "process": tested.watched(process_action(self.runner, self.reuse.made), self._reports),
            "bases": self._bases,
            "lab": self._lab,
            **self.images.table(),
            "publish": self._publish,
            "republish": partial(self._publish, anew=True),
            "vpn": self._vpn,
            "deploy": self._deploy,
            "promote": self._promote,
            "rollback": self._rollback,
            "verify": self._verify,
            "e2e": tested.watched(self._e2e, self._reports),
        }

    def _reports(self, step: Step) -> tuple[Source, ...]:
        return sources(step, self.checkout, self.config, self.journal.folder)

    def _bases(self, _step: Step, say: Say, cancel: Cancel) -> None:
        made = ensure_images(Bound(self.runner, cancel), say)
        self.store.save_stand_ins(stand_ins_used(self.runner))
        say(f"made or pulled: {', '.join(made)}" if made else "all base images are here")

    def _lab(self, _step: Step, say: Say, cancel: Cancel) -> None:
        if self.lab_up is not None:
            self.lab_up(Bound(self.runner, cancel), say)

    def _require_main(self) -> None:
        """Refuse to call a commit main's that main does not hold; the lab takes a person's word for it."""
        main = self.config.main_branch
        if self.event.branch != main or self.target.allows_edits:
            return
        holders = (git.contains(self.facts.commit, name) for name in (main, f"origin/{main}"))
        if not any(self.runner.run(command).ok for command in holders):
            raise Unsafe(f"commit {self.facts.commit} is not on {main}", f"merge it into {main} first")

    def _publish(self, _step: Step, say: Say, cancel: Cancel, *, anew: bool = False) -> None:
        self._require_main()
        self.signatures.require_key()
        # What is deployed later is what was here when it was tested, whatever is edited meanwhile.
        files = survey(self.runner, self.checkout)
        others = self.pinning.wanted(files)
        before = self.store.release(self.target.name, self.facts.suffix)
        with self.images.opened(say, cancel) as opened:
            known = publish.published(self.config, self.facts, self.target, opened)
            if anew:
                rebuilt.compare(self.runner, opened, known, self.facts, say, cancel)
            else:
                known |= self.known.find(opened, known, say)
            words = (self.config, self.facts, self.target, self.event.branch)
            send = self.images.sender(opened, say, cancel)
            made = publish.publish(self.runner, opened, known, *words, say, cancel, send)
            pins = self.pinning.resolve(opened, others, say, before.third_party if before else ())
            made = replace(made, third_party=pins)
        made = replace(made, schema=schema_of(self.checkout, self.config.migration_files))
        # Published again and the same in all but the time: what serves already stays the very same release.
        same = before is not None and replace(made, created_at=before.created_at, signature=before.signature) == before
        self.release = self.signatures.signed(before if before and same else made, say)
        self.images.require_unchanged()
        self.store.save_release_files(self.target.name, self.release.id, files)
        self.store.save_release(self.target.name, self.release)
        self.known.remember(self.release, say)
        self.journal.write("release_published", release=self.release.to_json())
