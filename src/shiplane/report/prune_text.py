"""What `images.prune` may take out of a registry, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.pipeline.pruning import Pruned


def render_pruned(pruned: Pruned) -> str:
    """List what may go, with the reason for each, and how much that is."""
    lines = [
        f"{one.held.repository}@{one.held.digest[:19]}  {', '.join(one.held.tags)}: {one.why}" for one in pruned.going
    ]
    kept = len(pruned.held) - len(pruned.going)
    told = f"{len(pruned.going)} of {len(pruned.held)} may go ({pruned.freed / 1e6:.1f} MB), {kept} stay"
    return "\n".join([*lines, told])
