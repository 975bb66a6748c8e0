"""The lab: a registry and stand-in servers on this machine, with real SSH and real engines."""

from shiplane.lab.images import ensure_images, stand_ins_used
from shiplane.lab.lifecycle import down, secrets, status, up
from shiplane.lab.state import LabState, Server

__all__ = ["LabState", "Server", "down", "ensure_images", "secrets", "stand_ins_used", "status", "up"]
