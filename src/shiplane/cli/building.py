"""Building images by hand: the Nox session `images`, with the caches that a target has."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.cli.text import foreign_output, show
from shiplane.commands import buildx, nox
from shiplane.errors import Unreachable, UsageError
from shiplane.lab.images.catalogue import BASE_IMAGES, OFFICIAL_NAMES, recipe
from shiplane.pipeline import own_images, registry
from shiplane.pipeline.caches import Caches
from shiplane.pipeline.execute import run_checked
from shiplane.pipeline.reuse import Reuse, without_images
from shiplane.planning.images import builds
from shiplane.planning.inputs import Declared
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.cli.app import App
    from shiplane.model import Inputs
    from shiplane.pipeline.registry import Registry
    from shiplane.pipeline.target import Target


def build(app: App, target: str, *, reuse: bool) -> None:
    """Build what is not here already; caches are read, for only a run may write what others read."""
    app.require_engine()
    made = Made(app)
    lacking = tuple(kind for kind in buildx.TARGETS if not (reuse and made.is_here(kind)))
    if not lacking:
        return
    session = nox.session("images", *(lacking if lacking != buildx.TARGETS else ()))
    with foreign_output(app.environ), _caches(app, target) as told:
        run_checked(app.runner, replace(session, env=told), "building the images", show, None)
    made.remember(lacking)


class Made:
    """Remember which images were made of which inputs by hand: what is here and the same is not built again."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._reuse = Reuse(
            runner=app.runner,
            checkout=app.checkout,
            config=app.config,
            environ=app.environ,
            results=app.results,
            run="build",
            items={},
            survey=app.take_inventory,
        )
        self._inputs = _inputs(app)
        self._items = self._reuse.now(self._inputs)

    def is_here(self, kind: str) -> bool:
        """Tell whether the engine holds the images of a kind that the very inputs of now gave."""
        known, tags = self._reuse.find(_step(kind), self._items), self._tags(kind)
        held = dict(known.images) if known else {}
        if set(held) != set(tags) or own_images.claim(self._app.runner, self._app.checkout, held):
            return False
        show(f"nothing changed since {' and '.join(tags)} were built")
        return True

    def remember(self, kinds: tuple[str, ...]) -> None:
        """Keep what the images are made of, unless that changed while they were built."""
        now = self._reuse.now(self._inputs)
        if without_images(now) != without_images(self._items):
            return
        for kind in kinds:
            made = own_images.ids(self._app.runner, self._app.checkout, self._tags(kind))
            self._reuse.keep_found(_step(kind), now, made, show)

    def _tags(self, kind: str) -> tuple[str, ...]:
        return tuple(one.tag for one in builds(self._app.config, self._app.facts, kind))


def _inputs(app: App) -> Inputs:
    """Give what images depend on: as a run sees it, and how the stand-ins of base images are made."""
    inputs = Declared(app.config, app.facts, tuple(sorted(OFFICIAL_NAMES))).images()
    recipes = ((f"how {image.name} is made", recipe(image.folder)) for image in BASE_IMAGES)
    return replace(inputs, values=(*inputs.values, *recipes))


def _step(kind: str) -> str:
    return f"built.{kind}"


@contextmanager
def _caches(app: App, target: str) -> Iterator[tuple[tuple[str, str], ...]]:
    """Give the variables that tell the session of caches; what keeps them away costs time, and no build."""
    place = app.target(target)
    if place.name not in app.config.cache.targets:
        yield ()
        return
    caches = Caches(app.config, app.facts, app.event(), place, app.checkout, app.environ)
    with ExitStack() as stack:
        opened = stack.enter_context(_registry(app, place)) if caches.kind == "registry" else None
        yield caches.to_read(opened, stack.enter_context(temporary.folder("caches")), show)


@contextmanager
def _registry(app: App, target: Target) -> Iterator[Registry | None]:
    """Open the target's registry; None where it does not answer, or is not known."""
    with ExitStack() as stack:
        opened = None
        try:
            target.naming()
            opened = stack.enter_context(registry.session(app.runner, target.login(), app.environ, show)).log_in()
        except (Unreachable, UsageError) as error:
            show(f"the build does without caches: {error.cause}")
        yield opened
