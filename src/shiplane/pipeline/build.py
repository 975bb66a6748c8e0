"""Building images: all that are built together in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import buildx
from shiplane.errors import ManyPlatforms, PlatformRefused, StepFailed
from shiplane.facts.builder import survey
from shiplane.pipeline.execute import run_checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.model import Command
    from shiplane.runners.base import Cancel, Runner

_LAYER_LOST = "failed to prepare extraction snapshot"
_CA_VARIABLES = ("CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def ca_bundle(environ: Mapping[str, str]) -> str:
    """Give the file of a company's certificate authorities, by the variables that other programs use; else ''."""
    return next((environ[name] for name in _CA_VARIABLES if environ.get(name)), "")


def bake(  # noqa: PLR0913 - what a build needs, nothing more
    runner: Runner,
    checkout: Path,
    listed: tuple[buildx.Build, ...],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    cancel: Cancel | None = None,
    *,
    cached: bool = True,
) -> None:
    """Build the listed images in one parallel call; raises `StepFailed` with the builder's last lines.

    Raises `PlatformRefused` and `ManyPlatforms` before anything is built.
    """
    refuse_foreign_platforms(runner, listed)
    name = "-".join(sorted(build.name for build in listed))
    file = checkout / ".shiplane" / "bake" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(buildx.definition(listed), encoding="utf-8")
    command = buildx.bake(str(file), ca_bundle(environ), cached=cached)
    try:
        _carry_out(runner, command, "building the images", say, cancel)
    except StepFailed as error:
        errors = tuple(line for line in error.details if "ERROR" in line or "error:" in line.lower())
        raise StepFailed(error.cause, error.fix, (*error.details, *errors[-3:])) from error


def refuse_foreign_platforms(runner: Runner, listed: tuple[buildx.Build, ...]) -> None:
    """Refuse platforms that the builder does not build for; raises `PlatformRefused`. Without any nobody is asked."""
    if not any(build.platforms for build in listed):
        return
    builder = survey(runner)
    for build in listed:
        lacking = builder.lacks(build.platforms)
        if lacking:
            raise PlatformRefused(build.name, lacking, builder.name, builder.platforms)
        if len(build.platforms) > 1 and not builder.keeps_many:
            raise ManyPlatforms(build.name, build.platforms)


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
