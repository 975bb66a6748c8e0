"""What is attested of published images: how they were built, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import buildx
from shiplane.lab.images.ensure import ensure_generator, stand_ins_used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.config import Images
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]


def words(runner: Runner, wanted: Images, environ: Mapping[str, str], machine: str, say: Say) -> tuple[str, ...]:
    """Give the builder's words for what is to be attested."""
    how = [buildx.provenance(built_by(environ, machine))] if wanted.provenance else []
    what = [buildx.sbom(wanted.sbom_generator or _generator(runner, say))] if wanted.sbom else []
    return (*how, *what)


def built_by(environ: Mapping[str, str], machine: str) -> str:
    """Name the builder: the run on GitHub, else the machine."""
    run = [environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{run[0]}/{run[1]}/actions/runs/{run[2]}" if all(run) else f"machine:{machine}"


def _generator(runner: Runner, say: Say) -> str:
    """Give one that is made here where nothing can be pulled; empty: BuildKit's own."""
    return ensure_generator(runner, say) if stand_ins_used(runner) else ""
