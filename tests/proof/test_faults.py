"""Each fault once, at a boundary that the commit chooses; `nox -s proof` strikes at all of them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from helpers.clone import ROOT
from yard.calls import Stop
from yard.faults import FAULTS

if TYPE_CHECKING:
    from yard.faults import Fault
    from yard.matrix import Matrix


AROUND = [Stop(number, "before", 0, "around the switch of a rollback") for number in (5, 6, 7)]
"""Where a rollback changes what serves and has not written it down yet: known without one that nothing happens to."""


def chosen() -> int:
    """Give a number that the commit chooses."""
    done = subprocess.run(("git", "rev-parse", "HEAD"), cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or "0", 16)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_deploy_survives(matrix: Matrix, fault: Fault) -> None:
    reached = AROUND if fault.action == "rollback" else matrix.boundaries(fault)
    row = matrix.case(fault, reached[(chosen() + 7 * FAULTS.index(fault)) % len(reached)])
    print(row)  # noqa: T201 - which boundary it was belongs to the test's report
    assert not row.problems, row
