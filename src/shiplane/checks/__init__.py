"""What each Nox session does, as values: commands before, the checks themselves, what is kept, and the clean-up."""

from shiplane.checks.check import Check
from shiplane.checks.suites import CHECKS, SITE, Surroundings, leaves, make, named_again, tests_that_failed

__all__ = ["CHECKS", "SITE", "Check", "Surroundings", "leaves", "make", "named_again", "tests_that_failed"]
