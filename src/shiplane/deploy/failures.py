"""What a failed phase means: its cause, what to do, and the evidence from the server."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy.containers import containers
from shiplane.deploy.lines import by_kind
from shiplane.errors import BackupFailed, RegistryRefused, ShiplaneError, StepFailed, Unreachable
from shiplane.facts import registry_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.deploy.containers import Container
    from shiplane.deploy.phases import Phase
    from shiplane.model import Command, Site
    from shiplane.runners.base import Runner

_LOG_LINES = 20
_PROBE_LINES = 5
_EVIDENCE_SECONDS = 30.0
_REFUSALS: tuple[registry_answer.Kind, ...] = ("unauthorized", "forbidden")
_FIXES: Mapping[registry_answer.Kind, str] = MappingProxyType(
    {
        **dict.fromkeys(_REFUSALS, "give REGISTRY_USER and REGISTRY_PASSWORD an account that may read them"),
        "limited": "too many requests were sent to the registry: deploy again later, nothing was changed",
        "broken": "see the registry's state or its log, and deploy again: nothing was changed",
        "cut": "deploy again, what arrived is kept; where it happens each time, see what stands before the registry",
        "untrusted": "give the server's engine the registry's authority: /etc/docker/certs.d/REGISTRY/ca.crt",
    }
)
_LOOK_BELOW = "mend what the probe and the log below name"
_OVER = re.compile(r"the (\d+) s to become healthy are over")
_TAKEN_PORT = re.compile(r":(\d+) failed: port is already allocated|:(\d+): bind: address already in use")
_TIME_OVER = "no answer within the time limit"


def explain(site: Site, phase: Phase, command: Command, tail: tuple[str, ...]) -> ShiplaneError:
    """Say why a command of a phase failed; `tail` is its last output, empty where its time was over."""
    last = tail[-1].strip() if tail else _TIME_OVER
    if phase.name == "pull":
        return _registry(site, command, last, tail)
    if phase.name == "transfer":
        cause = f"{site.host.name} did not take the files of the release: {last}"
        return Unreachable(cause, f"look at disk and modes of ~/{site.folder} there: df -h; ls -la", tail)
    if _of_database(command):
        return _database(site, command, last, tail)
    if phase.name == "release":
        line = phase.title.removeprefix("run ")
        return StepFailed(f"the release command failed: {line}: {last}", "mend what its output names", tail)
    if phase.name == "hook":
        return StepFailed(f"{phase.title}: {last}", "mend what its output names", tail)
    return StepFailed(f"{phase.title}: {last}", f"look at the server: docker compose -p {project(site)} ps -a", tail)


def _of_database(command: Command) -> bool:
    return command.argv[:3] == ("bash", "-s", "database")


def _database(site: Site, command: Command, last: str, tail: tuple[str, ...]) -> ShiplaneError:
    verb = command.argv[3]
    if verb == "backup":
        return BackupFailed(site.host.name, last, tail)
    fix = "see its disk (df -h) and the log of the database's container; the data is as it was"
    return StepFailed(f"the backup was not restored ({verb}): {last}", fix, tail)


def _registry(site: Site, command: Command, last: str, tail: tuple[str, ...]) -> ShiplaneError:
    kind = registry_answer.kind("\n".join(tail), command.argv[-1])
    if "login" in command.argv and kind in _REFUSALS:
        return RegistryRefused(command.argv[-1], command.argv[command.argv.index("--username") + 1])
    if "login" in command.argv:
        cause = f"registry {command.argv[-1]} does not let {site.host.name} log in: {last}"
        return Unreachable(cause, _FIXES.get(kind, "check the registry's address and that the server reaches it"), tail)
    cause = f"{site.host.name} cannot pull the images: {last}"
    fix = "check the registry, and that the images are still there; publish again if not"
    return Unreachable(cause, _FIXES.get(kind, fix), tail)


def gate_failure(  # noqa: PLR0913 - what is known of it, each by name
    site: Site, phase: Phase, command: Command, evidence: Iterable[str], tail: tuple[str, ...], limit: float = 0
) -> ShiplaneError:
    """Say what was not well; `evidence` are the lines of that script, `tail` is the last output of the command.

    `limit` are the seconds of the phase where they were over.
    """
    if _of_database(command):
        return explain(site, phase, command, tail)
    named, details = stories(evidence)
    # What the engine did not let start says so in the output, never in a log.
    if taken := _TAKEN_PORT.search("\n".join(tail)):
        return _port_taken(site, taken[1] or taken[2], tail)
    if not named and limit:
        cause = f"{phase.title}: not done within {limit:.0f} s, though no container is unwell"
        return StepFailed(cause, f"look what it waits for: docker compose -p {project(site)} ps -a", tail)
    if not named:
        return explain(site, phase, command, tail)
    over = next((found[1] for line in tail if (found := _OVER.search(line))), "")
    within = f" within {over} s" if over else ""
    return StepFailed(f"not healthy{within}: {named}", _LOOK_BELOW, details or tail)


def _port_taken(site: Site, port: str, tail: tuple[str, ...]) -> StepFailed:
    keys = {site.proxy_port: "proxy_port", site.proxy_tls_port: "proxy_tls_port"}
    key = keys.get(int(port), "")
    otherwise = f"set another {key} in [tool.shiplane.environments.{site.environment}]" if key else ""
    return StepFailed(
        f"port {port} of {site.host.name} is taken by another program or environment there",
        f"free it, or {otherwise or f'publish another one in {site.overlay}'}",
        tail,
    )


def with_evidence(runner: Runner, site: Site, failure: StepFailed) -> StepFailed:
    """Add to a failure what the server can tell of containers that are not well."""
    with suppress(ShiplaneError):
        named, details = stories(runner.run(evidence_command(site)).output.splitlines())
        if named:
            cause = f"{failure.cause}; not healthy: {named}"
            return StepFailed(cause, _LOOK_BELOW, (*failure.details, *details))
    return failure


def stories(evidence: Iterable[str]) -> tuple[str, list[str]]:
    """Name all containers that are not well, with their condition, and tell of each what is known.

    Where all are well now, those that were started again are named: they died at least once.
    """
    # Masked text: log lines of containers are shown to people.
    told = by_kind(evidence)
    found = [container for container in containers(filter(_whole, told.get("container", []))) if not container.once]
    # What was only created waits for another one, or was not let start: the output says why.
    unwell = [container for container in found if not container.well and container.status != "created"]
    unwell = unwell or [container for container in found if container.restarts]
    named = ", ".join(f"{container.service} ({condition(container)})" for container in unwell)
    return named, [line for container in unwell for line in _story(container, _logs(told, container.id))]


def _whole(text: str) -> bool:
    """Tell whether masking left an object that can be read: a number in it may be somebody's secret."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


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
    words += ["cut off from the network that it shares"] if container.cut_off else []
    return ", ".join(words)


def _logs(told: Mapping[str, list[str]], container: str) -> list[str]:
    prefix = f"{container[:12]}\t"
    return [line.removeprefix(prefix) for line in told.get("log", []) if line.startswith(prefix)]


def _story(container: Container, log: list[str]) -> list[str]:
    name = container.service
    probes = (container.state.get("Health") or {}).get("Log") or []
    story = [f"{name}: {condition(container)}"]
    for probe in probes[-1:]:
        story.append(f"{name}: last probe: exit code {probe.get('ExitCode')}")
        story += [f"{name}:   {line}" for line in str(probe.get("Output", "")).strip().splitlines()[-_PROBE_LINES:]]
    return story + [f"{name} | {line}" for line in log]
