"""Laying out the stages and steps of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import buildx, engine, nox, vpn
from shiplane.model import STEP_NAMES, Command, Event, Plan, Secret, Stage, Step
from shiplane.planning import images
from shiplane.planning.inputs import REPORTS, Declared
from shiplane.planning.limits import limited
from shiplane.planning.linted import PROJECT
from shiplane.planning.naming import TEST_RUNNER, Naming
from shiplane.planning.policy import stages_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Inputs

    DeployCommands = Callable[[str], tuple[tuple[Command, ...], tuple[Command, ...]]]

__all__ = ["Declared", "Naming", "make"]


def make(  # noqa: PLR0913 - the plan's inputs, each a value of its own
    event: Event,
    config: Config,
    facts: CheckoutFacts,
    target: str,
    naming: Naming,
    deploy_commands: DeployCommands,
    declared: Declared,
    notes: tuple[str, ...] = (),
    stages: tuple[str, ...] = (),
) -> Plan:
    """Make the plan of an event; `deploy_commands` gives a deploy's commands on an environment's host, and its undo.

    `stages` are laid out in place of those that the policy gives.
    """
    decided, reason = stages_for(event, config)
    names = stages or decided
    layout = _Layout(event, config, facts, target, naming, deploy_commands, declared)
    dirty = _told_of_edits(facts, target) if facts.edits and "publish" in names else ()
    laid_out: list[Stage] = []
    before: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    for name in names:
        clock, limit = config.limits.of(name)
        steps = limited(layout.steps(name, before, earlier, delivered="e2e" in names), config)
        laid_out.append(Stage(name, limit, clock, steps))
        earlier, before = before, tuple(step.id for step in steps if step.id not in _BESIDE)
    return Plan(event, target, tuple(laid_out), reason, release=facts.suffix if names else "", notes=(*dirty, *notes))


def _told_of_edits(facts: CheckoutFacts, target: str) -> tuple[str, ...]:
    ignored = tuple(dict.fromkeys(f"{one.cause}: {one.fix}" for one in facts.let_through))[:_FEW]
    if target == "lab":
        return (f"uncommitted edits ship too, as {facts.suffix}", *ignored)
    return (f"uncommitted edits are refused by the target {target}: commit them first", *ignored)


# Of files of one cause a few say enough.
_FEW = 3
_LAB = "build.lab"
# Made beside everything else; only the steps that name it wait for it.
_BESIDE = frozenset({"build.test-runner", _LAB})


class _Layout:
    """Give the steps of each stage."""

    def __init__(  # noqa: PLR0913 - see make()
        self,
        event: Event,
        config: Config,
        facts: CheckoutFacts,
        target: str,
        naming: Naming,
        deploy_commands: DeployCommands,
        declared: Declared,
    ) -> None:
        self.event = event
        self.config = config
        self.facts = facts
        self.target = target
        self.naming = naming
        self.deploy_commands = deploy_commands
        self.declared = declared

    def steps(self, stage: str, before: tuple[str, ...], earlier: tuple[str, ...], *, delivered: bool) -> list[Step]:
        """Give those of a stage; `before` are what the stage before it leads to, `earlier` the one before that."""
        if stage == "build":
            return self._build(delivered=delivered)
        if stage in ("staging", "production"):
            return self._environment(stage, before)
        if stage == "publish":
            return self._publish(before, earlier, (_LAB,) if delivered and self.target == "lab" else ())
        return {"test": self._test, "e2e": self._e2e}[stage](before)

    def _build(self, *, delivered: bool) -> list[Step]:
        clean = Step(
            "build.clean",
            "remove what an earlier run left",
            commands=(nox.session("clean"),),
            only_for=_IN_IMAGES,
            cleans=True,
        )
        bases = Step(
            "build.bases", "base images are here", action="bases", only_for=("build.images", "build.test-runner")
        )
        ready = (clean.id, bases.id)
        development = images.builds(self.config, self.facts, "development")
        built = Step(
            "build.images",
            "development images",
            ready,
            commands=(nox.session("images", "development"),),
            action="development",
            inputs=self.declared.images(),
            makes=tuple(build.tag for build in development),
            only_for=_IN_IMAGES,
            definition=buildx.definition(development),
        )
        return [clean, bases, built, *(self._for_delivery(ready) if delivered else ())]

    def _for_delivery(self, ready: tuple[str, ...]) -> list[Step]:
        runner = Step(
            "build.test-runner",
            "image of the browser tests",
            ready,
            action="test-runner",
            inputs=self.declared.browser_tests(),
            makes=(TEST_RUNNER,),
            only_for=("e2e.tests",),
            definition=buildx.definition(images.test_runner()),
        )
        lab = Step(_LAB, "registry and servers of the lab", ready, action="lab", asks="the engine")
        return [runner, lab] if self.target == "lab" else [runner]

    def _test(self, before: tuple[str, ...]) -> list[Step]:
        names = [name for name in ("backend", "frontend") if any(one.name == name for one in self.facts.components)]
        tests = [
            Step(
                f"test.{name}",
                f"{name} tests",
                before,
                commands=(nox.session(f"tests_{name}", run=self.facts.suffix),),
                inputs=self.declared.tests(name),
                outputs=(f"{REPORTS}/{name}",),
            )
            for name in names
        ]
        # It needs no image, and starts beside the build.
        own = self._linters("test.lint", PROJECT, (), self.declared.lint_project())
        parts = [self._linters(f"test.lint-{name}", name, before, self.declared.lint(name)) for name in reversed(names)]
        return [*tests, own, *parts]

    def _linters(self, name: str, part: str, needs: tuple[str, ...], inputs: Inputs) -> Step:
        lint = nox.session("lint", part, run=self.facts.suffix)
        return Step(name, f"code quality: {part}", needs, commands=(lint,), inputs=inputs)

    def _publish(self, before: tuple[str, ...], earlier: tuple[str, ...], registry: tuple[str, ...]) -> list[Step]:
        build = nox.session("images", "production")
        built = Step(
            "publish.images",
            "production images",
            # Beside the tests: only what goes out waits for them.
            (*(earlier or before), *registry),
            commands=(build,),
            action="images",
            asks="the registry",
            definition=buildx.definition(images.builds(self.config, self.facts, "production")),
        )
        pushes = tuple(engine.push(reference) for reference in self._references())
        push = Step(
            "publish.push",
            "push, tags and digests",
            (*before, built.id),
            commands=pushes,
            action="publish",
            asks="the registry",
        )
        return [built, push]

    def _references(self) -> list[str]:
        main = self.event.branch == self.config.main_branch
        return [
            f"{self.naming.repository(component.name)}:{tag}"
            for component in self.config.components
            for tag in self.naming.tags(component.name, self.facts, self.event.branch, main=main)
        ]

    def _environment(self, name: str, before: tuple[str, ...]) -> list[Step]:
        steps = vpn_steps(self.config, self.target, name, name, before)
        needs = tuple(step.id for step in steps) or before
        commands, undo = self.deploy_commands(name)
        title = f"put the release on {name}"
        deploy = Step(
            f"{name}.deploy",
            title,
            needs,
            name,
            commands,
            undo,
            action=_DEPLOY[name == "production"],
            environment=name,
            asks="the host",
        )
        verify = Step(
            f"{name}.verify",
            "the public address answers with the release",
            (deploy.id,),
            action="verify",
            environment=name,
            asks="the public address",
        )
        return [*steps, deploy, verify]

    def _e2e(self, before: tuple[str, ...]) -> list[Step]:
        needs = (*before, "build.test-runner")
        return [
            Step(
                "e2e.tests",
                "browser tests against staging",
                needs,
                action="e2e",
                environment="staging",
                inputs=self.declared.delivered_tests("staging"),
                asks="the digests that staging runs",
            )
        ]


def vpn_steps(
    config: Config, target: str, stage: str, environment: str, needs: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """Give the step of a stage that joins the VPN, where servers are behind one; the run leaves it at its end."""
    if target != "remote" or config.vpn.provider != "tailscale":
        return ()
    join = vpn.up(Secret("TS_OAUTH_SECRET", ""), config.vpn.tags, f"shiplane-{environment}")
    return (
        Step(
            f"{stage}.vpn",
            "join the VPN",
            needs,
            commands=(join,),
            undo=(vpn.logout(),),
            action="vpn",
            environment=environment,
        ),
    )


# All checks but one run in images.
_IN_IMAGES = tuple(f"test.{name}" for name in STEP_NAMES["test"] if name != "lint")
_DEPLOY = ("deploy", "promote")
