"""`report` and `history`: what the journals of past runs tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from invoke.context import Context

    from shiplane.report.runs import Past


@command
def report(
    _c: Context,
    run: str = "",
    junit: str = "",
    markdown: str = "",
    bundle: bool = False,
    whole: bool = False,
    open: bool = False,  # noqa: A002 - the option's name
    json: bool = False,
) -> None:
    """Write the report of a run, by default the last, as one page; or print it as JSON, or write it in other forms."""
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list
    from shiplane.report.runs import find  # noqa: PLC0415

    app = App.here()
    if whole and (run or junit or bundle or open or not (json or markdown)):
        raise UsageError("--whole gives all jobs of a run as JSON or Markdown", "add --json or --markdown FILE alone")
    past = _whole(app) if whole else find(app.store, run)
    if json:
        from shiplane.report.run_json import run_json  # noqa: PLC0415 - the one form that was asked for

        show_json(run_json(past))
        return
    if junit:
        from shiplane.report.junit import render_junit  # noqa: PLC0415 - see above

        _write(junit, (f"{line}\n" for line in render_junit(past)))
    if markdown:
        from shiplane.report.markdown import render_markdown  # noqa: PLC0415 - see above

        _write(markdown, [render_markdown(past)])
    if bundle:
        from shiplane.cli.bundles import make_bundle  # noqa: PLC0415 - see above

        show(str(make_bundle(app, past)))
    if not (junit or markdown or bundle):
        _page(past, opened=open)


@command
def history(_c: Context, branch: str = "", limit: int = 20, json: bool = False) -> None:
    """List past runs, newest first, with how long they took, what is usual, and flaky tests."""
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list
    from shiplane.report import history as histories  # noqa: PLC0415
    from shiplane.report.runs import load  # noqa: PLC0415

    if limit < 1:
        raise UsageError(f"{limit} runs cannot be listed", "write a number above 0")
    app = App.here()
    pasts = (load(folder) for folder in app.store.run_folders())
    found = histories.history(pasts, limit, app.config.flaky.of_runs, branch)
    if json:
        show_json(found.to_json())
        return
    from shiplane.report.history_text import render_history  # noqa: PLC0415 - not needed for --json

    show(render_history(found))


def _whole(app: App) -> Past:
    from shiplane.cli.on_github import whole_run  # noqa: PLC0415 - for workflows alone
    from shiplane.report.runs import Past  # noqa: PLC0415

    found = whole_run(app)
    return Past(found.name, app.store.root / "runs" / found.name, found.run)


def _page(past: Past, *, opened: bool) -> None:
    from shiplane.report.page import write_page  # noqa: PLC0415 - see report()

    file = write_page(past)
    show(str(file))
    if opened:
        import webbrowser  # noqa: PLC0415 - only for this

        if not webbrowser.open(file.as_uri()):
            show("there is no browser here: open it from another place")


def _write(name: str, pieces: Iterable[str]) -> None:
    """Write a file in the place of the one before, or to standard output for `-`."""
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list

    if name == "-":
        show("".join(pieces).rstrip("\n"))
        return
    file = Path(name)
    try:
        with file.open("w", encoding="utf-8") as written:
            written.writelines(pieces)
    except OSError as error:
        raise UsageError(
            f"{name} cannot be written: {error.strerror}", "name a file in a folder that exists"
        ) from error
    show(str(file))
