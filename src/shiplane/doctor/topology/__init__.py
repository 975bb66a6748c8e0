"""What has to be true of the stacks that Compose makes of the files: pure rules over the resolved models."""

from shiplane.doctor.topology.judge import judge
from shiplane.doctor.topology.stack import Flaw, Roles, Source, Stack, read_source

__all__ = ["Flaw", "Roles", "Source", "Stack", "judge", "read_source"]
