"""The nouns of Shiplane: frozen values that every other room speaks in."""

from shiplane.model.command import Command, Secret
from shiplane.model.event import Event
from shiplane.model.host import Host, Site
from shiplane.model.outcome import Outcome, Status
from shiplane.model.plan import STAGE_NAMES, Plan, Stage, Step
from shiplane.model.release import Deployment, Image, Release

__all__ = [
    "STAGE_NAMES",
    "Command",
    "Deployment",
    "Event",
    "Host",
    "Image",
    "Outcome",
    "Plan",
    "Release",
    "Secret",
    "Site",
    "Stage",
    "Status",
    "Step",
]
