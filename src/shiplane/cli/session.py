"""What a Nox session hands over to: `python -m shiplane.cli.session NAME [ARGUMENTS]`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from shiplane import checks
from shiplane.cli import checking, documentation, leftovers
from shiplane.cli.app import App
from shiplane.cli.failures import told
from shiplane.cli.signals import terminable
from shiplane.commands import buildx
from shiplane.errors import UnknownName
from shiplane.planning.linted import PROJECT, by_kind
from shiplane.runners.locks import held

_ENGINE_FREE = ("docs", "links", "shiplane", "topology")
_VERIFY = "--verify-reproducible"


def main(arguments: list[str]) -> None:
    """Run a session; raises `StepFailed` naming every check that failed."""
    app = App.here()
    name, rest = arguments[0], tuple(arguments[1:])
    if name not in _ENGINE_FREE and (name, rest) != ("lint", (PROJECT,)):
        app.require_engine()
    if name == "images":
        _images(app, rest)
    elif name == "e2e":
        with held(app.store.root / "locks" / "e2e", lambda: _say("waiting for another e2e in this checkout")):
            _e2e(app, rest)
    elif name == "topology":
        from shiplane.cli.stacks import check  # noqa: PLC0415 - this session alone needs it

        check(app, _say)
    elif name == "links":
        documentation.check_links(app, _say)
    elif name == "docs":
        _docs(app, rest)
    elif name == "clean":
        leftovers.remove(app, _say)
    elif name in checks.CHECKS:
        _check(app, name, rest)
    else:
        raise UnknownName("session", name, [*checks.CHECKS, "images", "e2e", "topology", "links", "clean"])


def _docs(app: App, words: tuple[str, ...]) -> None:
    """Make the site and, with `--browser`, look at it; end with where it is."""
    with held(app.store.root / "locks" / "docs", lambda: _say("waiting for another docs in this checkout")):
        asked = documentation.Look.asked(app.checkout, words)
        checking.run(app, "docs", _surroundings(app), (), _say)
        if asked.folders:
            app.require_engine()
            where = replace(_surroundings(app), ids=checking.build_runner(app, _say))
            documentation.look(app, where, asked, _say)
    page = app.checkout / checks.SITE / "index.html"
    _say(f"the documentation is in {page.parent}; to open it: python3 -m webbrowser {page.as_uri()}")


def _images(app: App, words: tuple[str, ...]) -> None:
    kinds = tuple(word for word in words if word not in (buildx.NO_CACHE, _VERIFY))
    for kind in kinds:
        if kind not in buildx.TARGETS:
            raise UnknownName("kind of image", kind, (*buildx.TARGETS, buildx.NO_CACHE, _VERIFY))
    if _VERIFY in words:
        _verify(app, kinds or ("production",))
    else:
        checking.build_images(app, kinds or buildx.TARGETS, (), _say, cached=buildx.NO_CACHE not in words)


def _verify(app: App, kinds: tuple[str, ...]) -> None:
    from shiplane.pipeline.reproducible import verify  # noqa: PLC0415 - this option alone needs it

    listed = checking.listed(app, kinds, (), _say)
    verify(app.runner, app.checkout, listed, app.take_inventory().files, app.environ, _say)


def _check(app: App, name: str, arguments: tuple[str, ...]) -> None:
    """Run a check alone of its name in this checkout: a second one would take the first one's containers away."""
    where = _surroundings(app)
    with ExitStack() as locks:
        for one in checks.alone(name, where, arguments):
            waiting = partial(_say, f"waiting for another {one} in this checkout")
            locks.enter_context(held(app.store.root / "locks" / one, waiting))
        checking.run(app, name, where, arguments, _say)


def _e2e(app: App, arguments: tuple[str, ...]) -> None:
    from shiplane.cli.test_environment import run_suites  # noqa: PLC0415 - this session alone needs it

    ids = checking.build_images(app, ("development",), (), _say) | checking.build_runner(app, _say)
    run_suites(app, replace(_surroundings(app), ids=ids), arguments or ("--project=e2e",), _say)


def _surroundings(app: App) -> checks.Surroundings:
    # The files by which results are kept: a linter that left out a new one would pass it unseen.
    return leftovers.surroundings(app, by_kind(app.take_inventory().files))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a session's output is for the terminal


if __name__ == "__main__":
    with terminable():
        told(main)(sys.argv[1:])
