"""What `invoke doctor` found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.text import SIGNS, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.doctor import Told


def render_doctor(found: Sequence[Told]) -> str:
    """Write what is well in one line, then each finding with its fix, in the order in which to mend."""
    well = [told.id for told in found if told.ok]
    lines = [f"{SIGNS['passed']} {len(well)} of {len(found)}: {', '.join(well)}"] if well else []
    for told in found:
        if not told.ok:
            lines += [f"{SIGNS['failed']} {told.id}: {one_line(told.cause)}", f"    fix: {one_line(told.fix)}"]
            lines += ["         invoke doctor --fix does it"] if told.mend else []
    return "\n".join(lines)
