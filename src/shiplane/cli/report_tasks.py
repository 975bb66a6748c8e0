"""`report` and `history`: what the journals of past runs tell."""

from __future__ import annotations

from dataclasses import dataclass
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
    dry_run: bool = False,
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
    forms = _Forms(app, past, dry_run=dry_run)
    if junit:
        forms.junit(junit)
    if markdown:
        forms.markdown(markdown)
    if bundle:
        forms.bundle()
    if not (junit or markdown or bundle):
        forms.page(opened=open)


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


@dataclass(frozen=True, slots=True)
class _Forms:
    """Write the forms of a run's report, or tell which files that would be."""

    app: App
    past: Past
    dry_run: bool

    def junit(self, name: str) -> None:
        from shiplane.report.junit import render_junit  # noqa: PLC0415 - the one form that was asked for

        self._write(name, (f"{line}\n" for line in render_junit(self.past)))

    def markdown(self, name: str) -> None:
        from shiplane.report.markdown import render_markdown  # noqa: PLC0415 - see junit()

        self._write(name, [render_markdown(self.past)])

    def bundle(self) -> None:
        from shiplane.cli.bundles import make_bundle  # noqa: PLC0415 - see junit()
        from shiplane.report.bundle import bundle_file  # noqa: PLC0415

        if not self._only_told(bundle_file(self.past)):
            show(str(make_bundle(self.app, self.past)))

    def page(self, *, opened: bool) -> None:
        from shiplane.report.page import page_file, write_page  # noqa: PLC0415 - see junit()

        if self._only_told(page_file(self.past)):
            return
        file = write_page(self.past)
        show(str(file))
        if opened:
            import webbrowser  # noqa: PLC0415 - only for this

            if not webbrowser.open(file.as_uri()):
                show("there is no browser here: open it from another place")

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        """Write a file in the place of the one before, or to standard output for `-`."""
        from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list

        if name == "-":
            show("".join(pieces).rstrip("\n"))
            return
        file = Path(name)
        if self._only_told(file):
            return
        try:
            with file.open("w", encoding="utf-8") as written:
                written.writelines(pieces)
        except OSError as error:
            raise UsageError(
                f"{name} cannot be written: {error.strerror}", "name a file in a folder that exists"
            ) from error
        show(str(file))

    def _only_told(self, file: Path) -> bool:
        if self.dry_run:
            show(f"would write {file}")
        return self.dry_run
