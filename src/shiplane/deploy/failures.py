"""What a failed phase means: its cause, what to do, and the evidence from the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy.survey import containers
from shiplane.errors import RegistryRefused, StepFailed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shiplane.deploy.phases import Phase
    from shiplane.deploy.survey import Container
    from shiplane.errors import ShiplaneError
    from shiplane.model import Command, Site

_LOG_LINES = 20
_PROBE_LINES = 5
_EVIDENCE_SECONDS = 30.0
_REFUSALS = ("unauthorized", "denied", "authentication required", "incorrect username or password")
_TIME_OVER = "no answer within the time limit"


def explain(site: Site, phase: Phase, command: Command, tail: tuple[str, ...]) -> ShiplaneError:
    """Say why a command of a phase failed; `tail` is its last output, empty where its time was over."""
    last = tail[-1].strip() if tail else _TIME_OVER
    if phase.name == "pull":
        return _registry(site, command, last, tail)
    if phase.name == "transfer":
        cause = f"{site.host.name} did not take the files of the release: {last}"
        return Unreachable(cause, f"look at disk and modes of ~/{site.folder} there: df -h; ls -la", tail)
    if phase.name == "release":
        line = phase.title.removeprefix("run ")
        return StepFailed(f"the release command failed: {line}: {last}", "mend what its output names", tail)
    return StepFailed(f"{phase.title}: {last}", f"look at the server: docker compose -p {project(site)} ps -a", tail)


def _registry(site: Site, command: Command, last: str, tail: tuple[str, ...]) -> ShiplaneError:
    text = " ".join(tail).lower()
    if "login" in command.argv and any(word in text for word in _REFUSALS):
        return RegistryRefused(command.argv[-1], command.argv[command.argv.index("--username") + 1])
    if "login" in command.argv:
        cause = f"registry {command.argv[-1]} does not let {site.host.name} log in: {last}"
        return Unreachable(cause, "check the registry's address and that the server reaches it", tail)
    cause = f"{site.host.name} cannot pull the images: {last}"
    if any(word in text for word in _REFUSALS):
        return Unreachable(cause, "give REGISTRY_USER and REGISTRY_PASSWORD an account that may read them", tail)
    return Unreachable(cause, "check the registry, and that the images are still there; publish again if not", tail)


def gate_failure(
    site: Site, phase: Phase, command: Command, evidence: Iterable[str], tail: tuple[str, ...]
) -> ShiplaneError:
    """Say what was not well; `evidence` are the lines of that script, `tail` is the last output of the command."""
    lines = list(evidence)
    # Masked text: log lines of containers are shown to people.
    objects = [line.partition("\t")[2] for line in lines if line.startswith("container\t")]
    unwell = [container for container in containers(objects) if not container.well and not container.once]
    if not unwell:
        return explain(site, phase, command, tail)
    # What was only created waits for another one, which is the one to look at.
    unwell = [container for container in unwell if container.status != "created"] or unwell
    named = ", ".join(f"{container.service} ({condition(container)})" for container in unwell)
    details = [line for container in unwell for line in _story(container, _logs(lines, container.service))]
    return StepFailed(f"not healthy: {named}", "mend what the probe and the log below name", details or tail)


def evidence_command(site: Site) -> Command:
    """Ask for the state and the last log lines of what is not well."""
    command = remote.script("evidence", project(site), str(_LOG_LINES), timeout=_EVIDENCE_SECONDS)
    return command.on(site.host.name)


def condition(container: Container) -> str:
    """Say a container's state in a few words."""
    words = [container.status]
    words += [container.health] if container.health else []
    words += [f"exit code {container.state.get('ExitCode')}"] if container.status != "running" else []
    words += [f"started again {container.restarts} times"] if container.restarts else []
    return ", ".join(words)


def _logs(lines: Iterable[str], service: str) -> list[str]:
    prefix = f"log\t{service}\t"
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def _story(container: Container, log: list[str]) -> list[str]:
    name = container.service
    probes = (container.state.get("Health") or {}).get("Log") or []
    story = [f"{name}: {condition(container)}"]
    for probe in probes[-1:]:
        story.append(f"{name}: last probe: exit code {probe.get('ExitCode')}")
        story += [f"{name}:   {line}" for line in str(probe.get("Output", "")).strip().splitlines()[-_PROBE_LINES:]]
    return story + [f"{name} | {line}" for line in log]
