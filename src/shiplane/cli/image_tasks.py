"""Looking at published images."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context

    from shiplane.commands.login import RegistryLogin


@command
def inspect(_c: Context, ref: str, target: str = "", json: bool = False) -> None:
    """Tell commit, version, builder, base and packages of a published image, as its registry has them."""
    from shiplane.errors import ImageMissing  # noqa: PLC0415 - not needed for --list
    from shiplane.facts import described  # noqa: PLC0415
    from shiplane.pipeline import registry  # noqa: PLC0415
    from shiplane.planning.reference import registry_of  # noqa: PLC0415

    place = registry_of(ref)
    app = App.here()
    with registry.session(app.runner, _login(app, target, place), app.environ) as opened:
        text = opened.described(ref)
    if not text:
        raise ImageMissing(ref)
    found = described.parse(ref, text)
    if json:
        show_json(found.to_json())
        return
    from shiplane.report.image_text import render_image  # noqa: PLC0415 - not needed for --json

    show(render_image(found))


def _login(app: App, target: str, place: str) -> RegistryLogin | None:
    """Give the target's login where the registry is the target's; into another one this machine's own may lead."""
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list

    chosen = app.target(target)
    with suppress(UsageError):  # a registry that anybody may read needs no target that is set up
        login = chosen.login()
        return login if login is not None and login.registry == place else None
    return None
