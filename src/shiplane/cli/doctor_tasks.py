"""What would make a run fail on this machine or with this configuration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from invoke.context import Context

    from shiplane.doctor import Told


@command
def doctor(
    _c: Context,
    target: str = "",
    github: bool = False,
    fix: bool = False,
    seconds: int = 0,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Tell what would make a run fail here, or with --github there, in the order in which to mend it, and the fixes."""
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list

    if github and (target or fix):
        raise UsageError("--github asks GitHub alone, and changes nothing there", "leave --target and --fix out")
    app = App.here()
    ask = partial(_examine_github, app, seconds) if github else partial(_examine, app, target, seconds)
    tell(app, ask, fix=fix, dry_run=dry_run, json=json)


def tell(app: App, ask: Callable[[], list[Told]], *, fix: bool, dry_run: bool, json: bool) -> None:
    """Tell what is found, with `fix` after what is safe was done; raises `NotReady` where there is something."""
    from shiplane.errors import NotReady  # noqa: PLC0415 - not needed for --list
    from shiplane.report.doctor_text import render_doctor  # noqa: PLC0415

    found = ask()
    if fix and _mend(app, found, nowhere if json else show, dry_run=dry_run):
        found = ask()
    if json:
        show_json([told.to_json() for told in found])
    else:
        show(render_doctor(found))
    bad = [told for told in found if not told.ok]
    if bad:
        raise NotReady([told.id for told in bad], mendable=any(told.mend for told in bad))


def _examine(app: App, target: str, seconds: int) -> list[Told]:
    from shiplane.cli.doctor_groups import checks  # noqa: PLC0415 - not needed for --list
    from shiplane.doctor.examine import SECONDS, examine  # noqa: PLC0415
    from shiplane.runners.base import Bound, Cancel  # noqa: PLC0415

    cancel = Cancel()
    return examine(checks(app, Bound(app.runner, cancel), cancel, target), cancel, seconds or SECONDS)


def _examine_github(app: App, seconds: int) -> list[Told]:
    from shiplane.cli.doctor_github import SECONDS, of_github  # noqa: PLC0415 - not needed for --list
    from shiplane.doctor import examine  # noqa: PLC0415
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    return examine(of_github(app), Cancel(), seconds or SECONDS)


def _mend(app: App, found: Sequence[Told], say: Callable[[str], None], *, dry_run: bool) -> bool:
    """Do what is safe, each thing once, and tell whether there was anything; what cannot be done stops nothing else."""
    from shiplane.doctor.mending import mend  # noqa: PLC0415 - --fix alone
    from shiplane.errors import ShiplaneError  # noqa: PLC0415

    mends = {str(told.mend): told.mend for told in found if told.mend is not None}
    for shown, what in mends.items():
        if dry_run:
            say(f"would do: {shown}")
            continue
        try:
            mend(app.runner, app.checkout, what)
        except ShiplaneError as error:
            say(f"{error.cause} (fix: {error.fix})")
        else:
            say(f"done: {shown}")
    return bool(mends) and not dry_run
