"""Every fault at every boundary that it can reach; writes docs/reliability.md.

FAULTS=link tries those alone whose name holds the word, EVERY=5 each fifth boundary; the page keeps what others found.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from yard.faults import FAULTS
from yard.pages import fault_page

if TYPE_CHECKING:
    from yard.matrix import Matrix


_EVERY = int(os.environ.get("EVERY", "1"))
_WANTED = os.environ.get("FAULTS", "")


def test_every_fault_at_every_boundary(matrix: Matrix) -> None:
    count = {}
    for fault in (each for each in FAULTS if _WANTED in each.name):
        reached = matrix.boundaries(fault)
        count[fault.name] = len(reached)
        for stop in reached[::_EVERY]:
            print(matrix.case(fault, stop), flush=True)  # noqa: T201 - hours go by
        fault_page(matrix.rows, matrix.operations, count)
    wrong = [str(row) for row in matrix.rows if row.problems]
    assert not wrong, "\n".join(wrong)
