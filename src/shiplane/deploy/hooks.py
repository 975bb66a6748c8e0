"""Commands of the configuration around a deploy: before it, after it, and when it failed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands.compose import Compose
from shiplane.deploy.phases import Phase
from shiplane.errors import ShiplaneError, StepFailed, TimeLimit
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.config import Hook
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Options
    from shiplane.model import Site
    from shiplane.runners.base import Cancel

PRE_DEPLOY, POST_DEPLOY, ON_FAILURE = "pre-deploy", "post-deploy", "on-failure"
_FIX = "mend what its output names, or change [tool.shiplane.hooks]"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Tell a hook what it runs for: `action` is deploy, promote or rollback, `before` what served."""

    action: str
    release: str
    commit: str
    before: str

    def variables(self, context: Context, when: str) -> dict[str, str]:
        """Give the variables that every hook finds in its environment."""
        return {
            "SHIPLANE_HOOK": when,
            "SHIPLANE_ENVIRONMENT": context.site.environment,
            "SHIPLANE_URL": context.site.url,
            "SHIPLANE_ACTION": self.action,
            "SHIPLANE_RELEASE": self.release,
            "SHIPLANE_COMMIT": self.commit,
            "SHIPLANE_BEFORE": self.before,
            "SHIPLANE_RUN": context.run,
            "SHIPLANE_WHO": context.who,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """Tell a hook what failed: `outcome` is unchanged, undone or failed, `serves` what serves now where it is known."""

    cause: str
    fix: str
    outcome: str
    serves: str


def planned(site: Site, release_id: str, options: Options, when: str) -> tuple[Phase, ...]:
    """Give the hooks of an occasion as a plan shows them, without their variables."""
    return tuple(_phase(site, release_id, options, hook, when, {}) for hook in _of(options, when))


def run_before(context: Context, occasion: Occasion) -> None:
    """Run the hooks before a deploy; raises `StepFailed` at the first that fails."""
    for hook in _of(context.options, PRE_DEPLOY):
        _run(context, occasion, hook, PRE_DEPLOY, occasion.variables(context, PRE_DEPLOY), context.cancel)


def run_deciding(context: Context, occasion: Occasion) -> None:
    """Run the hooks after a deploy whose failure undoes it; raises `StepFailed` at the first that fails."""
    for hook in _of(context.options, POST_DEPLOY):
        if hook.undo:
            _run(context, occasion, hook, POST_DEPLOY, occasion.variables(context, POST_DEPLOY), context.cancel)


def run_after(context: Context, occasion: Occasion) -> list[str]:
    """Run the other hooks after a deploy; give what is to be told of those that failed."""
    told = []
    variables = occasion.variables(context, POST_DEPLOY)
    for hook in _of(context.options, POST_DEPLOY):
        if not hook.undo:
            told += _tolerantly(context, occasion, hook, POST_DEPLOY, variables, context.cancel)
    return told


def run_failed(context: Context, occasion: Occasion, failure: Failure) -> list[str]:
    """Run the hooks of a failure; give what is to be told of those that failed themselves.

    They run after an interruption too: of what cancels, only the loss of the lock still counts.
    """
    variables = occasion.variables(context, ON_FAILURE) | {
        "SHIPLANE_OUTCOME": failure.outcome,
        "SHIPLANE_SERVES": failure.serves,
        "SHIPLANE_CAUSE": context.masker.mask(failure.cause),
        "SHIPLANE_FIX": context.masker.mask(failure.fix),
    }
    told = []
    for hook in _of(context.options, ON_FAILURE):
        told += _tolerantly(context, occasion, hook, ON_FAILURE, variables, context.taken)
    return told


def _of(options: Options, when: str) -> Sequence[Hook]:
    hooks = options.hooks
    return {PRE_DEPLOY: hooks.pre_deploy, POST_DEPLOY: hooks.post_deploy, ON_FAILURE: hooks.on_failure}[when]


def _tolerantly(  # noqa: PLR0913 - private, and each is a word of its own
    context: Context, occasion: Occasion, hook: Hook, when: str, variables: Mapping[str, str], cancel: Cancel
) -> list[str]:
    """Run a hook whose failure changes nothing; give what is to be told of it."""
    try:
        _run(context, occasion, hook, when, variables, cancel)
    except ShiplaneError as failure:
        context.report(failure.cause)
        return [failure.cause]
    return []


def _run(  # noqa: PLR0913 - see _tolerantly()
    context: Context, occasion: Occasion, hook: Hook, when: str, variables: Mapping[str, str], cancel: Cancel
) -> None:
    phase = _phase(context.site, occasion.release, context.options, hook, when, variables)
    try:
        if hook.on == "host":
            context.execution(cancel).run(phase)
        else:
            _run_here(context, phase, cancel)
    except ShiplaneError as failure:
        if cancel.is_set():
            raise
        raise StepFailed(_told(phase, failure), _FIX, failure.details) from failure


def _run_here(context: Context, phase: Phase, cancel: Cancel) -> None:
    context.report(phase.title)
    [command] = phase.commands
    if context.local is None:
        raise StepFailed("there is no checkout to run it in", _FIX)
    done = context.local.run(command, on_line=lambda line: context.report(f"  {line}"), cancel=cancel)
    if not done.ok:
        last = (done.tail(1) or ("it said nothing",))[0]
        raise StepFailed(f"exit code {done.exit_code}: {last}", _FIX, done.tail())


def _told(phase: Phase, failure: ShiplaneError) -> str:
    if isinstance(failure, TimeLimit):
        return f"{phase.title} did not end within {phase.seconds:g} s"
    return f"{phase.title} failed: {failure.cause.removeprefix(f'{phase.title}: ')}"


def _phase(  # noqa: PLR0913 - see _tolerantly()
    site: Site, release_id: str, options: Options, hook: Hook, when: str, variables: Mapping[str, str]
) -> Phase:
    title = f"{when} hook {shlex.join(hook.command)}"
    command = Command(hook.command, env=tuple(variables.items()), timeout=hook.seconds)
    if hook.on == "host":
        compose = Compose.of(site).of_release(release_id)
        command = compose.run_once(options.release_service, hook.command, variables).on(site.host.name)
    return Phase("hook", title, (command,), hook.seconds)
