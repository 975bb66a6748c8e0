"""Starting and stopping the development stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.development import alone, opened, would
from shiplane.cli.text import listed, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.development.stack import Stack
    from shiplane.development.start import Started


@command
def up(
    _c: Context,
    service: list[str] | None = None,
    with_celery: bool = False,
    debugger: bool = False,
    seed: bool = True,
    dry_run: bool = False,
) -> None:
    """Start what does not run or has changed, add example data, and say where it is and how to log in."""
    from shiplane.development.start import Wish, debugger_port, start  # noqa: PLC0415 - not needed for --list

    app = App.here()
    port = debugger_port(app.environ, app.checkout) if debugger else ""
    wish = Wish(listed(service), celery=with_celery, debugger=port, seed=seed)
    if dry_run:
        would(wish.commands(app.config))
        return
    _tell(app, wish.services, lambda stack: start(stack, wish))


@command
def stop(_c: Context, service: list[str] | None = None, dry_run: bool = False) -> None:
    """Stop the containers; they and the data stay."""
    from shiplane.commands import development as commands  # noqa: PLC0415 - not needed for --list

    app, services = App.here(), listed(service)
    if dry_run:
        would([commands.stop(services)])
        return
    stack = opened(app)
    stack.check(services)
    with alone(app):
        stack.own_rows()
        stack.do(commands.stop(services), "the development stack did not stop", "see the lines above")


@command
def down(_c: Context, volumes: bool = False, yes: bool = False, dry_run: bool = False) -> None:
    """Remove the containers; data are kept unless --volumes is given."""
    from shiplane.cli.asking import agrees  # noqa: PLC0415 - not needed for --list
    from shiplane.commands import development as commands  # noqa: PLC0415
    from shiplane.development import owner  # noqa: PLC0415
    from shiplane.development.volumes import remove  # noqa: PLC0415
    from shiplane.errors import NotAgreed  # noqa: PLC0415

    app, question = App.here(), "remove the development data?"
    if dry_run:
        would([commands.down(volumes=volumes)])
        return
    if volumes and not yes and not agrees(question):
        raise NotAgreed(question)
    stack = opened(app)
    with alone(app):
        rows = stack.own_rows()
        failed = "the development stack did not stop"
        if volumes:
            owner.refuse(stack, rows)
            remove(stack, failed)
        else:
            stack.do(commands.down(), failed, "see the lines above")


@command
def restart(_c: Context, service: list[str] | None = None, dry_run: bool = False) -> None:
    """Make the containers that there are anew, with the configuration as it is now."""
    _anew(listed(service), None, dry_run=dry_run)


@command
def rebuild(_c: Context, service: list[str] | None = None, cache: bool = False, dry_run: bool = False) -> None:
    """Build the images without the cache (--cache: with it), and make the containers anew."""
    _anew(listed(service), cache, dry_run=dry_run)


@command
def build(_c: Context, service: list[str] | None = None, cache: bool = True, dry_run: bool = False) -> None:
    """Build the development images, and start nothing."""
    from shiplane.commands import development as commands  # noqa: PLC0415 - not needed for --list
    from shiplane.lab.images.ensure import ensure_images  # noqa: PLC0415

    app, services = App.here(), listed(service)
    order = commands.build(services, cached=cache)
    if dry_run:
        would([order])
        return
    stack = opened(app)
    stack.check(services)
    ensure_images(app.runner, show)
    stack.build(order, "the images were not built", "see the lines above")


def _anew(services: tuple[str, ...], cached: bool | None, *, dry_run: bool) -> None:
    from shiplane.commands import development as commands  # noqa: PLC0415 - not needed for --list
    from shiplane.development.start import anew  # noqa: PLC0415

    app = App.here()
    if dry_run:
        first = [] if cached is None else [commands.build(services, cached=cached)]
        would([*first, commands.up(services, build=False, anew=True)])
        return
    _tell(app, services, lambda stack: anew(stack, services, cached=cached))


def _tell(app: App, services: tuple[str, ...], start: Callable[[Stack], Started]) -> None:
    """Start something once the base images are here, and tell what came of it."""
    from shiplane.development import cut_off  # noqa: PLC0415 - not needed for --list
    from shiplane.development.login import login  # noqa: PLC0415
    from shiplane.lab.images.ensure import ensure_images  # noqa: PLC0415
    from shiplane.report.development_text import render_cut_off, render_started  # noqa: PLC0415

    stack = opened(app)
    stack.check(services)
    ensure_images(app.runner, show)
    with alone(app):
        started, left = start(stack), cut_off.read(app.checkout).parts
    show("\n".join([render_started(started, login(stack, app.environ)), *render_cut_off(left)]))
