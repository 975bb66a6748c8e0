"""Building images: base images first, then all components of a target in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import buildx
from shiplane.errors import StepFailed
from shiplane.pipeline.execute import run_checked
from shiplane.planning.naming import TEST_RUNNER, development_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Command
    from shiplane.runners.base import Cancel, Runner

_LAYER_LOST = "failed to prepare extraction snapshot"
_CA_VARIABLES = ("CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def ca_bundle(environ: Mapping[str, str]) -> str:
    """Give the file of a company's certificate authorities, by the variables that other programs use; else ''."""
    return next((environ[name] for name in _CA_VARIABLES if environ.get(name)), "")


def production_tag(component: str, facts: CheckoutFacts) -> str:
    """Give the local name of a production image, before it is published."""
    return f"{component}:{facts.component(component).version}-{facts.suffix}"


def builds(
    config: Config, facts: CheckoutFacts, target: str, components: tuple[str, ...] = ()
) -> tuple[buildx.Build, ...]:
    """List what a target builds; `components` limits it."""
    chosen = [c for c in config.components if not components or c.name in components]
    return tuple(_build(component.name, component.context, facts, target) for component in chosen)


def _build(name: str, context: str, facts: CheckoutFacts, target: str) -> buildx.Build:
    known = facts.component(name)
    tag = development_tag(name, known.version) if target == "development" else production_tag(name, facts)
    return buildx.Build(name, context, target, tag, known.version, known.revision, known.created)


def bake(  # noqa: PLR0913 - what a build needs, nothing more
    runner: Runner,
    checkout: Path,
    listed: tuple[buildx.Build, ...],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    cancel: Cancel | None = None,
) -> None:
    """Build the listed images in one parallel call; raises `StepFailed` with the builder's last lines."""
    name = "-".join(sorted({f"{build.component}-{build.target}" for build in listed}))
    file = checkout / ".shiplane" / "bake" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(buildx.definition(listed, ca_bundle(environ)), encoding="utf-8")
    try:
        _carry_out(runner, buildx.bake(str(file)), "building the images", say, cancel)
    except StepFailed as error:
        errors = tuple(line for line in error.details if "ERROR" in line or "error:" in line.lower())
        raise StepFailed(error.cause, error.fix, (*error.details, *errors[-3:])) from error


def build_test_runner(
    runner: Runner, environ: Mapping[str, str], say: Callable[[str], None], cancel: Cancel | None = None
) -> None:
    """Build the image of the browser tests."""
    _carry_out(runner, buildx.build_runner(TEST_RUNNER, ca_bundle(environ)), "building the test runner", say, cancel)


def _carry_out(runner: Runner, command: Command, title: str, say: Callable[[str], None], cancel: Cancel | None) -> None:
    """Build, and build once more where the engine lost a layer under it.

    An engine on the containerd store unpacks an image layer by layer; when another process removes an image that
    shared the layers, one can be gone before the next is laid on it. The second try unpacks all of them.
    """
    try:
        run_checked(runner, command, title, say, cancel)
    except StepFailed as error:
        if not any(_LAYER_LOST in line for line in error.details):
            raise
        say("the engine removed a layer while it was laid out, as another image went: building once more")
        run_checked(runner, command, title, say, cancel)
