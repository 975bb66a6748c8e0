"""What became of versions, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.planning.bump import Bump


def render_raise(bumps: Sequence[Bump], files: Sequence[str], orders: Sequence[str], *, done: bool) -> str:
    """Write versions, the commits that are new, files, and what recorded them (`version.bump`)."""
    lines = []
    for bump in bumps:
        since = f"since {bump.since}" if bump.since else "in all"
        lines.append(f"{bump.component}  {bump.before} → {bump.after}  commits {since}: {len(bump.commits)}")
        lines += [f"  {short}  {one_line(subject)}" for short, subject in bump.commits]
    lines.append(f"{'wrote' if done else 'would write'} {', '.join(files)}")
    lines += [f"{'ran' if done else 'would run'}: {order}" for order in orders]
    if done and orders:
        lines.append(f"send it: git push origin HEAD {' '.join(bump.tag for bump in bumps)}")
    return "\n".join(lines)
