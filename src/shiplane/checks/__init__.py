"""What each Nox session does, as values: commands before, the checks themselves, what is kept, and the clean-up."""

from shiplane.checks.check import Check
from shiplane.checks.suites import CHECKS, SITE, alone, make, named_again, steps, tests_that_failed
from shiplane.checks.surroundings import Surroundings

__all__ = ["CHECKS", "SITE", "Check", "Surroundings", "alone", "make", "named_again", "steps", "tests_that_failed"]
