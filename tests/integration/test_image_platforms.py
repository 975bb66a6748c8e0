"""Images of several platforms, made by the real builder: what the engine saves of them is looked at on each."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker
from samples import CONFIG, HARD, NAMING
from shiplane.errors import ImageUnfit
from shiplane.model import Secret
from shiplane.pipeline import image_checks
from shiplane.pipeline.registry import Registry
from shiplane.pipeline.released_sizes import ReleasedSizes
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAG = "platforms-test:1"
# Nothing is run in it, so that nothing need be emulated.
DOCKERFILE = """FROM scratch AS on-amd64
USER app
COPY fine /fine

FROM scratch AS on-386
COPY leak /leak
COPY large /large

FROM on-$TARGETARCH
"""


@pytest.fixture
def built(tmp_path: Path) -> Iterator[str]:
    """Build an image that is fit for this machine's platform, and unfit for the other."""
    for name, text in (("fine", "x"), ("leak", HARD), ("large", "x" * 1_500_000)):
        (tmp_path / name).write_text(text)
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE)
    docker("buildx", "build", "--platform", "linux/amd64,linux/386", "--load", "--tag", TAG, str(tmp_path))
    yield TAG
    docker("image", "rm", "--force", TAG)


def test_what_is_wrong_on_another_platform_than_the_engines_is_refused(tmp_path: Path, built: str) -> None:
    runner = LocalRunner(tmp_path, {})
    registry = Registry(runner, "", lambda _line: None, None)
    released = ReleasedSizes(tmp_path / "known", NAMING, (), runner, registry)
    component = dataclasses.replace(CONFIG.components[0], budget_mb=1)
    scanned: list[str] = []

    def scan(name: str, archive: Path) -> tuple[str, ...]:
        scanned.append(name)
        loaded = docker("image", "load", "--input", str(archive)).decode().split()[-1]
        docker("image", "rm", "--force", loaded)
        return ()

    words = ({component.name: built}, (component,), (), (Secret("DB_PASSWORD", HARD),), released)
    with pytest.raises(ImageUnfit) as caught:
        image_checks.check(runner, *words, lambda _line: None, scan)
    assert scanned == [f"{built} (linux/amd64)", f"{built} (linux/386)"]
    assert caught.value.details == (
        f"{built} (linux/386): it runs as root",
        f"{built} (linux/386): DB_PASSWORD stands in layer 1 (COPY leak /leak # buildkit): leak",
        f"{built} (linux/386): 1.5 MB above its base, 0.5 MB over budget; the largest: large 1.5 MB, leak 0.0 MB",
    )
