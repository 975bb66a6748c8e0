"""Running the checks of a session, and building the images that they need."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane import checks
from shiplane.commands import buildx, cache
from shiplane.commands.nox import RUN_VARIABLE
from shiplane.errors import Interrupted, StepFailed
from shiplane.pipeline import build, own_images
from shiplane.planning import images
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.checks import Check, Surroundings
    from shiplane.cli.app import App
    from shiplane.commands.buildx import Build
    from shiplane.model import Command

    Say = Callable[[str], None]

_SPOKEN = ("pytest", "vitest")


def build_images(
    app: App, kinds: tuple[str, ...], components: tuple[str, ...], say: Say, *, cached: bool = True
) -> dict[str, str]:
    """Build images of the kinds, of all components where none is named; raises `StepFailed`.

    Give their ids by name: the name is the machine's, and another checkout may give it to what it builds meanwhile.
    """
    chosen = listed(app, kinds, components, say)
    file = app.environ.get(cache.VARIABLE)
    # Only a run chooses caches and attests: only a run may ask a registry, and publishes what it builds.
    caches = cache.read(Path(file).read_text(encoding="utf-8")) if file else {}
    attest = tuple(json.loads(app.environ.get(buildx.ATTESTATIONS) or "[]"))
    build.bake(app.runner, app.checkout, chosen, app.environ, say, cached=cached, caches=caches, attest=attest)
    for one in chosen:
        say(f"built {one.tag}")
    return own_images.ids(app.runner, app.checkout, [one.tag for one in chosen])


def build_runner(app: App, say: Say) -> dict[str, str]:
    """Build the image of the browser tests and give its id by name; raises `StepFailed`."""
    listed = images.test_runner()
    build.bake(app.runner, app.checkout, listed, app.environ, say)
    return own_images.ids(app.runner, app.checkout, [one.tag for one in listed])


def listed(app: App, kinds: tuple[str, ...], components: tuple[str, ...], say: Say) -> tuple[Build, ...]:
    """Give what is to be built, once the base images are here; their digests become labels."""
    from shiplane.lab.images.catalogue import OFFICIAL_NAMES  # noqa: PLC0415 - sessions within a run do not build
    from shiplane.lab.images.ensure import ensure_images  # noqa: PLC0415
    from shiplane.pipeline.bases import labelled  # noqa: PLC0415

    ensure_images(app.runner, say)
    chosen = tuple(one for kind in kinds for one in images.builds(app.config, app.facts, kind, components))
    return labelled(app.runner, app.checkout, chosen, OFFICIAL_NAMES)


def run(app: App, name: str, where: Surroundings, arguments: tuple[str, ...], say: Say) -> None:
    """Run a check with what comes before and after it; raises `StepFailed` naming all that failed."""
    check = checks.make(name, where, arguments)
    # Within a run the images were just built; alone, a session makes sure of them itself.
    if check.images and not app.environ.get(RUN_VARIABLE):
        built = replace(where, ids=build_images(app, ("development",), check.images, say))
        check = checks.make(name, built, arguments)
    carry_out(app, name, check, say, arguments)


def carry_out(app: App, name: str, check: Check, say: Say, arguments: tuple[str, ...] = ()) -> None:
    """Run a check whose images are here; see `run`."""
    try:
        for command in check.before:
            done = app.runner.run(command)
            if not done.ok:
                raise StepFailed(
                    f"{name} could not start", f"see the lines above; it was: {command.masked()}", done.tail()
                )
        failed = _all(app, check, say)
        _keep(app, check, say)
    finally:
        for command in check.after:
            app.runner.run(command)
    if failed:
        again = shlex.join(("nox", "-s", name, *(("--", *arguments) if arguments else ())))
        raise StepFailed(f"{name} failed: {', '.join(failed)}", f"mend what is named above, then: {again}")


def _all(app: App, check: Check, say: Say) -> list[str]:
    """Run the checks and give those that failed; an interrupt ends what runs, so that the clean-up can begin."""
    cancel = Cancel()
    with ThreadPoolExecutor(check.parallel) as pool:
        try:
            ends = pool.map(lambda entry: _one(app, entry[0], entry[1], cancel, say), check.checks)
            return [label for label in ends if label]
        except KeyboardInterrupt:
            cancel.set(Interrupted())
            raise


def _one(app: App, label: str, command: Command, cancel: Cancel, say: Say) -> str:
    """Run one check of a session; give its label where it failed. Side by side, output comes as one block."""
    done = app.runner.run(command, on_line=say if label in _SPOKEN else None, cancel=cancel)
    if label not in _SPOKEN and not done.ok:
        say("\n".join([f"{label} failed: {command.masked()}", *(f"  {line}" for line in done.tail(200))]))
    else:
        say(f"{label} {'passed' if done.ok else 'failed'} in {done.seconds:.1f} s")
    return "" if done.ok else label


def _keep(app: App, check: Check, say: Say) -> None:
    for command in check.keep:
        folder = app.checkout / command.argv[-1]
        folder.mkdir(parents=True, exist_ok=True)
        app.runner.run(command)
        say(f"reports in {folder}")
