"""What is attested of published images: how they were built, and what is in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.commands import buildx
from shiplane.facts import builder
from shiplane.lab.images import ensure_generator, stand_ins_used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.config import Images
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]

_KINDS = {"provenance": "provenance", "sbom": "bill of materials"}


def variables(
    runner: Runner, wanted: Images, environ: Mapping[str, str], machine: str, say: Say
) -> tuple[tuple[str, str], ...]:
    """Give the variables that tell a Nox session what to attest; none, and a line, where the store keeps nothing."""
    kinds = [name for name in _KINDS if getattr(wanted, name)]
    if not kinds:
        return ()
    if not builder.survey(runner).attests:
        left_out = " and ".join(_KINDS[kind] for kind in kinds)
        say(f"images are published without {left_out}: the engine keeps attestations in containerd's image store alone")
        return ()
    words = [buildx.provenance(built_by(environ, machine))] if wanted.provenance else []
    words += [buildx.sbom(wanted.sbom_generator or _generator(runner, say))] if wanted.sbom else []
    return ((buildx.ATTESTATIONS, json.dumps(words)),)


def built_by(environ: Mapping[str, str], machine: str) -> str:
    """Name the builder: the run on GitHub, else the machine."""
    run = [environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{run[0]}/{run[1]}/actions/runs/{run[2]}" if all(run) else f"machine:{machine}"


def _generator(runner: Runner, say: Say) -> str:
    """Give one that is made here where nothing can be pulled; empty: BuildKit's own."""
    return ensure_generator(runner, say) if stand_ins_used(runner) else ""
