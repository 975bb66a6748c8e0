"""The nouns of Shiplane: frozen values that every other room speaks in."""

from shiplane.model.command import Command, Secret
from shiplane.model.event import Event
from shiplane.model.host import Host, Site
from shiplane.model.outcome import How, Outcome, Status
from shiplane.model.plan import STAGE_NAMES, STEP_NAMES, Choice, Decision, Inputs, Plan, Retry, Stage, Step
from shiplane.model.release import Deployment, Image, Release

__all__ = [
    "STAGE_NAMES",
    "STEP_NAMES",
    "Choice",
    "Command",
    "Decision",
    "Deployment",
    "Event",
    "Host",
    "How",
    "Image",
    "Inputs",
    "Outcome",
    "Plan",
    "Release",
    "Retry",
    "Secret",
    "Site",
    "Stage",
    "Status",
    "Step",
]
