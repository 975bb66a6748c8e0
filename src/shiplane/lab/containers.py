"""The lab's containers: each is made whole and started, or found again by the lab's label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import PortTaken, StepFailed
from shiplane.facts import listeners
from shiplane.lab.engine import Engine, docker
from shiplane.lab.files import Planted, archive
from shiplane.lab.layout import ADDRESS, LAB_LABEL, PORTS_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

_START_SECONDS = 60.0
# States in which a container holds what it was made with; in any other it was never whole.
_WHOLE = {"running", "exited", "paused", "restarting"}


@dataclass(frozen=True, slots=True)
class Published:
    """Publish a container's port on this machine's loopback address."""

    port: int
    inside: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Say how a container is made: its image, options for the engine, files to plant and the command in it."""

    name: str
    lab: str
    image: str
    options: tuple[str, ...]
    published: tuple[Published, ...] = ()
    files: tuple[Planted, ...] = ()
    command: tuple[str, ...] = ()

    def create_arguments(self) -> tuple[str, ...]:
        """Give the arguments of `docker`."""
        ports = ",".join(str(published.port) for published in self.published)
        labels = ("--label", f"{LAB_LABEL}={self.lab}", "--label", f"{PORTS_LABEL}={ports}")
        publish = (w for p in self.published for w in ("--publish", f"{ADDRESS}:{p.port}:{p.inside}"))
        return ("create", "--name", self.name, *labels, *publish, *self.options, self.image, *self.command)


def states(engine: Engine, lab: str) -> dict[str, str]:
    """Give the state of each container of a lab by name."""
    words = ("--filter", f"label={LAB_LABEL}={lab}", "--format", "{{.Names}} {{.State}}")
    listed = engine.do("list the lab's containers", docker("ps", "--all", "--no-trunc", *words))
    return dict(line.split(" ", 1) for line in listed.splitlines())


def reserved_ports(engine: Engine) -> set[int]:
    """Give the ports of all labs of this machine, of those that are stopped too."""
    words = ("--filter", f"label={LAB_LABEL}", "--format", f'{{{{.Label "{PORTS_LABEL}"}}}}')
    listed = engine.do("list the ports of labs", docker("ps", "--all", *words))
    return {int(port) for line in listed.splitlines() for port in line.split(",") if port}


def ensure_running(engine: Engine, blueprint: Blueprint, found: Mapping[str, str]) -> bool:
    """Make or start the container where it does not run; tell whether anything was done."""
    state = found.get(blueprint.name)
    if state == "running":
        return False
    if state == "paused":
        engine.do(f"resume {blueprint.name}", docker("unpause", blueprint.name))
        return True
    if state not in _WHOLE:
        if state:
            engine.ask("rm", "--force", "--volumes", blueprint.name)
        engine.do(f"make the container {blueprint.name}", docker(*blueprint.create_arguments()))
        if blueprint.files:
            plant = docker("cp", "--quiet", "-", f"{blueprint.name}:/", stdin=archive(blueprint.files))
            engine.do(f"put files into {blueprint.name}", plant)
    _start(engine, blueprint)
    return True


def _start(engine: Engine, blueprint: Blueprint) -> None:
    done = engine.run(docker("start", blueprint.name, timeout=_START_SECONDS))
    if done.ok:
        return
    if listeners.taken(done.output):
        taken = next((p for p in blueprint.published if f":{p.port}" in done.output), blueprint.published[0])
        raise PortTaken(taken.port, taken.purpose)
    raise StepFailed(
        f"could not start {blueprint.name}", "remove the lab and make it anew: invoke lab.down", done.tail()
    )


def last_lines(engine: Engine, name: str, count: int = 20) -> tuple[str, ...]:
    """Give the last lines that a container wrote."""
    return engine.ask("logs", "--tail", str(count), name).tail(count)
