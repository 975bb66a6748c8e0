"""The application's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import listed, nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.cli.test_orders import Wish
    from shiplane.cli.testing import Testing
    from shiplane.report.suites_text import Ended


@command
def run_suites(
    _c: Context,
    suite: list[str] | None = None,
    changed: bool = False,
    last_failed: bool = False,
    watch: bool = False,
    clean: bool = False,
    verbose: bool = False,
    headed: bool = False,
    keep: bool = False,
    update_baseline: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Run the application's suites in an environment of their own, beside whatever else runs here."""
    from shiplane.cli.test_orders import Wish, check_screen  # noqa: PLC0415 - not needed for --list
    from shiplane.cli.testing import Testing  # noqa: PLC0415
    from shiplane.errors import UsageError  # noqa: PLC0415

    if watch and (json or dry_run):
        raise UsageError("--watch has no end at which anything could be printed", "leave --json and --dry-run out")
    app = App.here()
    wish = Wish(listed(suite), changed, last_failed, clean, verbose, headed, keep, update_baseline)
    testing = Testing(app, wish, nowhere if json else show)
    if dry_run:
        _show_plan(testing, json=json)
        return
    testing.check()
    if headed:
        check_screen(app)
    app.require_engine()
    _carry_out(testing, _watched if watch else lambda one: _once(one, json=json))


def _show_plan(testing: Testing, *, json: bool) -> None:
    """Print what would run; nothing is asked of the engine but which ports are taken."""
    chosen = testing.parts()
    lines = list(testing.plan(chosen)) if chosen else []
    if json:
        show_json({"suites": [part.title for part in chosen], "plan": lines})
        return
    show("\n".join(lines) or _nothing(testing.wish))


def _carry_out(testing: Testing, run: Callable[[Testing], None]) -> None:
    """Run alone of its kind in this checkout, and clean up however it ends."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.locks import held  # noqa: PLC0415

    lock = testing.app.store.root / "locks" / "test"
    with terminable(), held(lock, lambda: testing.say("waiting for another test in this checkout")):
        run(testing)


def _once(testing: Testing, *, json: bool) -> None:
    from shiplane.errors import StepFailed  # noqa: PLC0415 - not needed for --list
    from shiplane.report.suites_text import render_suites  # noqa: PLC0415

    chosen = testing.parts()
    ended: list[Ended] = []
    kept = {}
    if chosen:
        with testing.owning(chosen):
            ended = testing.run(chosen)
            kept = testing.kept(chosen)
    if json:
        show_json({"suites": [one.to_json() for one in ended], "environment": kept})
    else:
        show(render_suites(ended) if ended else _nothing(testing.wish))
        if kept:
            show(f"left running: {kept['url']}; remove it: {kept['remove']}")
    failed = [one.title for one in ended if one.status == "failed"]
    if failed:
        raise StepFailed(
            f"failed: {', '.join(failed)}", "once more, those that failed alone: invoke test --last-failed"
        )


def _watched(testing: Testing) -> None:
    from shiplane.cli.testing import watch  # noqa: PLC0415 - --watch alone
    from shiplane.report.suites_text import render_suites  # noqa: PLC0415

    app = testing.app
    watch(testing, lambda: App(app.checkout, app.environ, app.world), lambda ended: show(render_suites(ended)))


def _nothing(wish: Wish) -> str:
    """Say why nothing runs."""
    why = ["no suite reads what is edited here"] if wish.changed else []
    why += ["no test failed the last time"] if wish.last_failed else []
    return f"nothing to run: {' or '.join(why) or 'no component of this project has suites'}"
