"""Which images are built, from which contexts, targets and arguments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from shiplane.commands.buildx import Build, bake, definition, loaded
from shiplane.planning.labels import labels
from shiplane.planning.naming import TEST_RUNNER, development_tag

if TYPE_CHECKING:
    from shiplane.config import Component, Config
    from shiplane.facts.checkout import CheckoutFacts


def production_tag(component: str, facts: CheckoutFacts) -> str:
    """Give the local name of a production image, before it is published."""
    return f"{component}:{facts.component(component).version}-{facts.suffix}"


def builds(config: Config, facts: CheckoutFacts, kind: str, components: tuple[str, ...] = ()) -> tuple[Build, ...]:
    """List what is built of a kind (`development` or `production`); `components` limits it."""
    chosen = (each for each in config.components if not components or each.name in components)
    return tuple(_build(component, facts, kind, config.images.source) for component in chosen)


def test_runner() -> tuple[Build, ...]:
    """Give the build of the browser tests' image."""
    return (Build("test-runner", "testing", TEST_RUNNER, stays=True),)


def recipe(listed: tuple[Build, ...]) -> str:
    """Tell how images are built, whatever they are called: the definition, and the call that packs them."""
    nameless = tuple(replace(build, tag="") for build in listed)
    return f"{bake('DEFINITION', '', output=loaded(nameless)).masked()}\n{definition(nameless)}"


def _build(component: Component, facts: CheckoutFacts, kind: str, source: str) -> Build:
    known, name = facts.component(component.name), component.name
    development = kind == "development"
    return Build(
        name=f"{name}-{kind}",
        context=component.context,
        tag=development_tag(name, known.version) if development else production_tag(name, facts),
        target=component.development_target if development else component.production_target,
        arguments=(
            *component.arguments,
            ("VERSION", known.version),
            ("REVISION", known.revision),
            ("CREATED", known.created),
            ("SOURCE_DATE_EPOCH", str(int(datetime.fromisoformat(known.created).timestamp()))),
        ),
        platforms=component.platforms,
        labels=() if development else labels(known, source),
        stays=development,
    )
