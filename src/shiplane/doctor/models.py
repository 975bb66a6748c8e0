"""What Compose itself makes of the compose files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shiplane.errors import UsageError
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.runners.base import Runner

_SECONDS = 30


def resolve(
    runner: Runner, files: tuple[str, ...], folder: str | None = None, env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Give the resolved model of compose files, every profile of it; raises `UsageError` where Compose refuses them."""
    chosen = tuple(word for file in files for word in ("--file", file))
    argv = ("docker", "compose", *chosen, "--profile", "*", "config", "--format", "json")
    done = runner.run(Command(argv, env=tuple(sorted((env or {}).items())), cwd=folder, timeout=_SECONDS))
    try:
        model = json.loads(done.stdout) if done.ok else None
    except ValueError:
        model = None
    if not isinstance(model, dict):
        said = (done.tail(1) or ("it says nothing",))[0]
        fix = f"see why: docker compose {' '.join(chosen)} config"
        raise UsageError(f"Compose cannot read {' and '.join(files)}: {said}", fix)
    return model
