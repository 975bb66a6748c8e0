from __future__ import annotations

import dataclasses

from samples import COMMIT, CONFIG, OTHER, TIME, make_facts
from shiplane.commands.buildx import Build
from shiplane.config import Images
from shiplane.planning.images import builds, production_tag


def told(revision: str) -> tuple[tuple[str, str], ...]:
    return (("VERSION", "1.0.0"), ("REVISION", revision), ("CREATED", TIME), ("SOURCE_DATE_EPOCH", "1795482000"))


PLACE = "org.opencontainers.image"
LABELS = ((f"{PLACE}.version", "1.0.0"), (f"{PLACE}.revision", OTHER), (f"{PLACE}.created", TIME))


def test_the_images_of_a_kind() -> None:
    assert builds(CONFIG, make_facts(), "development") == (
        Build("backend-development", "backend", "backend-dev:1.0.0", "development", told(COMMIT), stays=True),
        Build("frontend-development", "frontend", "frontend-dev:1.0.0", "development", told(OTHER), stays=True),
    )
    assert builds(CONFIG, make_facts("abcdef12"), "production", ("frontend",)) == (
        Build(
            "frontend-production",
            "frontend",
            "frontend:1.0.0-664a230c1f2e-dirty-abcdef12",
            "production",
            told(OTHER),
            labels=LABELS,
        ),
    )
    assert production_tag("backend", make_facts()) == "backend:1.0.0-664a230c1f2e"


def test_what_a_component_is_built_with() -> None:
    configured = dataclasses.replace(
        CONFIG.components[0],
        arguments=(("PYTHON", "3.13"),),
        platforms=("linux/arm64",),
        development_target="dev",
        production_target="serve",
    )
    config = dataclasses.replace(CONFIG, components=(configured,))
    development, production = (builds(config, make_facts(), kind)[0] for kind in ("development", "production"))
    assert (development.target, production.target) == ("dev", "serve")
    assert development.arguments == production.arguments == (("PYTHON", "3.13"), *told(COMMIT))
    assert development.platforms == production.platforms == ("linux/arm64",)


def test_the_repository_is_told_where_it_is_configured() -> None:
    source = "https://example.com/acme/app"
    config = dataclasses.replace(CONFIG, images=Images(source=source))
    [made] = builds(config, make_facts(), "production", ("frontend",))
    assert made.labels == (*LABELS, (f"{PLACE}.source", source))
