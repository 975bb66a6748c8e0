"""What would make a run fail, found before it does: each check is a question, and a pure judgement of its answer.

A group of checks is a function in `shiplane.cli.doctor_groups` that hands questions to judgements of this room; another
group is another function there.
"""

from shiplane.doctor.examine import Check, Once, Told, examine
from shiplane.doctor.finding import Chmod, Finding, LineEnds, Mend, Run

__all__ = ["Check", "Chmod", "Finding", "LineEnds", "Mend", "Once", "Run", "Told", "examine"]
