"""(Event, Config, facts) → Plan: pure, without clock or randomness."""

from shiplane.planning.plan import Naming, make
from shiplane.planning.policy import stages_for

__all__ = ["Naming", "make", "stages_for"]
