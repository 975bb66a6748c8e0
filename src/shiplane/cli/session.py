"""What a Nox session hands over to: `python -m shiplane.cli.session NAME [ARGUMENTS]`."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane import checks
from shiplane.cli import leftovers
from shiplane.cli.app import App
from shiplane.cli.failures import told
from shiplane.cli.signals import terminable
from shiplane.commands import buildx, cache
from shiplane.commands.nox import RUN_VARIABLE
from shiplane.errors import Interrupted, StepFailed, UnknownName
from shiplane.pipeline import build
from shiplane.pipeline.locks import held
from shiplane.planning import images
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from shiplane.model import Command

_ENGINE_FREE = ("shiplane", "topology")
_TAIL = 30
_VERIFY = "--verify-reproducible"


def main(arguments: list[str]) -> None:
    """Run a session; raises `StepFailed` naming every check that failed."""
    app = App.here()
    name, rest = arguments[0], tuple(arguments[1:])
    if name not in _ENGINE_FREE:
        app.require_engine()
    if name == "images":
        _images(app, rest)
    elif name == "e2e":
        with held(app.store.root / "locks" / "e2e", lambda: _say("waiting for another e2e in this checkout")):
            _e2e(app, rest)
    elif name == "topology":
        from shiplane.cli.stacks import check  # noqa: PLC0415 - this session alone needs it

        check(app, _say)
    elif name == "clean":
        leftovers.remove(app, _say)
    elif name in checks.CHECKS:
        _check(app, name, rest)
    else:
        raise UnknownName("session", name, [*checks.CHECKS, "images", "e2e", "topology", "clean"])


def _images(app: App, words: tuple[str, ...]) -> None:
    kinds = tuple(word for word in words if word not in (buildx.NO_CACHE, _VERIFY))
    for kind in kinds:
        if kind not in buildx.TARGETS:
            raise UnknownName("kind of image", kind, (*buildx.TARGETS, buildx.NO_CACHE, _VERIFY))
    if _VERIFY in words:
        _verify(app, kinds or ("production",))
    else:
        _build(app, kinds or buildx.TARGETS, (), cached=buildx.NO_CACHE not in words)


def _verify(app: App, kinds: tuple[str, ...]) -> None:
    from shiplane.pipeline.reproducible import verify  # noqa: PLC0415 - this option alone needs it

    listed = _listed(app, kinds, ())
    verify(app.runner, app.checkout, listed, app.inventory.files, app.environ, _say)


def _build(app: App, kinds: tuple[str, ...], components: tuple[str, ...], *, cached: bool = True) -> None:
    listed = _listed(app, kinds, components)
    file = app.environ.get(cache.VARIABLE)
    # Only a run chooses caches and attests: only a run may ask a registry, and publishes what it builds.
    caches = cache.read(Path(file).read_text(encoding="utf-8")) if file else {}
    attest = tuple(json.loads(app.environ.get(buildx.ATTESTATIONS) or "[]"))
    build.bake(app.runner, app.checkout, listed, app.environ, _say, cached=cached, caches=caches, attest=attest)
    for one in listed:
        _say(f"built {one.tag}")


def _listed(app: App, kinds: tuple[str, ...], components: tuple[str, ...]) -> tuple[buildx.Build, ...]:
    """Give what is to be built, once the base images are here; their digests become labels."""
    from shiplane.lab.images import OFFICIAL_NAMES, ensure_images  # noqa: PLC0415 - sessions in a run do not build
    from shiplane.pipeline.bases import labelled  # noqa: PLC0415

    ensure_images(app.runner, _say)
    listed = tuple(one for kind in kinds for one in images.builds(app.config, app.facts, kind, components))
    return labelled(app.runner, app.checkout, listed, OFFICIAL_NAMES)


def _check(app: App, name: str, arguments: tuple[str, ...]) -> None:
    """Run a check alone of its name in this checkout: a second one would take the first one's containers away."""
    with held(app.store.root / "locks" / name, lambda: _say(f"waiting for another {name} in this checkout")):
        _run_check(app, name, arguments)


def _run_check(app: App, name: str, arguments: tuple[str, ...]) -> None:
    check = checks.make(name, _surroundings(app), arguments)
    # Within a run the images were just built; alone, a session makes sure of them itself.
    if check.images and not app.environ.get(RUN_VARIABLE):
        _build(app, ("development",), check.images)
    try:
        for command in check.before:
            done = app.runner.run(command)
            if not done.ok:
                raise StepFailed(
                    f"{name} could not start", f"see the lines above; it was: {command.masked()}", done.tail()
                )
        failed = _all(app, check)
        _keep(app, check)
    finally:
        for command in check.after:
            app.runner.run(command)
    if failed:
        raise StepFailed(f"{name} failed: {', '.join(failed)}", f"mend what is named above, then: nox -s {name}")


def _all(app: App, check: checks.Check) -> list[str]:
    """Run the checks and give those that failed; an interrupt ends what runs, so that the clean-up can begin."""
    cancel = Cancel()
    with ThreadPoolExecutor(check.parallel) as pool:
        try:
            ends = pool.map(lambda entry: _one(app, entry[0], entry[1], cancel), check.checks)
            return [label for label in ends if label]
        except KeyboardInterrupt:
            cancel.set(Interrupted())
            raise


def _one(app: App, label: str, command: Command, cancel: Cancel) -> str:
    """Run one check of a session; give its label where it failed. Side by side, output comes as one block."""
    done = app.runner.run(command, on_line=_say if label in ("pytest", "vitest") else None, cancel=cancel)
    if label not in ("pytest", "vitest") and not done.ok:
        _say("\n".join([f"{label} failed: {command.masked()}", *(f"  {line}" for line in done.tail(200))]))
    else:
        _say(f"{label} {'passed' if done.ok else 'failed'} in {done.seconds:.1f} s")
    return "" if done.ok else label


def _keep(app: App, check: checks.Check) -> None:
    for command in check.keep:
        folder = app.checkout / command.argv[-1]
        folder.mkdir(parents=True, exist_ok=True)
        app.runner.run(command)
        _say(f"reports in {folder}")


def _e2e(app: App, arguments: tuple[str, ...]) -> None:
    from shiplane.cli.test_environment import run_suites  # noqa: PLC0415 - this session alone needs it

    _build(app, ("development",), ())
    build.bake(app.runner, app.checkout, images.test_runner(), app.environ, _say)
    run_suites(app, _surroundings(app), arguments or ("--project=e2e",), _say)


def _surroundings(app: App) -> checks.Surroundings:
    return leftovers.surroundings(app, _linted_files(app))


def _linted_files(app: App) -> dict[str, tuple[str, ...]]:
    """Sort what git tracks by the linter that looks at it."""
    from shiplane.model import Command  # noqa: PLC0415 - see the import for types

    names = app.runner.run(Command(("git", "ls-files", "-z"))).stdout.split("\0")
    return {
        "shell": tuple(n for n in names if n.endswith(".sh") or n in _SHELL),
        "dockerfile": tuple(n for n in names if n.endswith("Dockerfile")),
        "yaml": tuple(n for n in names if n.endswith((".yml", ".yaml"))),
        "workflow": tuple(n for n in names if n.startswith(".github/workflows/")),
    }


_SHELL = ("scripts/bootstrap", "scripts/demo", "scripts/lock", "scripts/sequential", "scripts/test", ".ci/run")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a session's output is for the terminal


if __name__ == "__main__":
    with terminable():
        told(main)(sys.argv[1:])
