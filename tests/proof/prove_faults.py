"""Every fault at every boundary that it can reach; writes docs/reliability.md."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from yard.faults import FAULTS
from yard.matrix import boundaries
from yard.pages import fault_page

if TYPE_CHECKING:
    from yard.matrix import Matrix


def test_every_fault_at_every_boundary(matrix: Matrix) -> None:
    wanted = os.environ.get("FAULTS", "")
    for fault in FAULTS:
        if wanted not in fault.name:
            continue
        for stop in boundaries(fault, matrix.operations):
            print(matrix.case(fault, stop), flush=True)  # noqa: T201 - hours go by
    if not wanted:
        fault_page(matrix.rows, matrix.operations)
    wrong = [str(row) for row in matrix.rows if row.problems]
    assert not wrong, "\n".join(wrong)
