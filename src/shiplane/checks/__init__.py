"""What each Nox session does, as values: commands before, the checks themselves, what is kept, and the clean-up."""

from shiplane.checks.check import Check
from shiplane.checks.suites import CHECKS, LEAVES, Surroundings, make

__all__ = ["CHECKS", "LEAVES", "Check", "Surroundings", "make"]
