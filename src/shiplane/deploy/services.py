"""What happens to each service when a release takes the place of another: decided from their resolved models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shiplane.deploy.phases import Options
    from shiplane.deploy.survey import State

    Services = Mapping[str, dict[str, Any]]

ROLLS = "dev.shiplane.rolls"
"""Label of a service that two of can share their volumes."""
USUAL_GRACE_SECONDS = 10.0
"""What a service has to end in where it names no `stop_grace_period`."""
# As Go writes a duration, and so Compose: 1h2m3.5s.
_DURATION = re.compile(r"([\d.]+)(ms|h|m|s)")
_IN_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SHORT = 19
_NOT_THE_CONTAINER_S = frozenset({"build", "deploy.replicas", "pull_policy", "scale"})


@dataclass(frozen=True, slots=True)
class Model:
    """Hold the services of a release as Compose resolves them, secrets included; `root` is the folder they lie in."""

    services: Services
    root: str = ""

    @classmethod
    def read(cls, text: str, root: str, folder: str, current: str = "") -> Model:
        """Read `docker compose config --format json`; `folder` is the environment's, below the home folder.

        Paths are told as they will be once the release is current, in `current` where its files lie elsewhere for a
        look: those of two releases can then be compared.
        """
        home, found, _ = root.partition(folder)
        current = current or (f"{home}{folder}" if found else root)
        return cls(json.loads(text.replace(root, current) or "{}").get("services") or {}, current)

    @property
    def grace_seconds(self) -> float:
        """Give the longest time that a service is given to finish what it is at."""
        named = (str(one.get("stop_grace_period") or "") for one in self.services.values())
        lengths = (sum(float(n) * _IN_SECONDS[unit] for n, unit in _DURATION.findall(text)) for text in named)
        return max(USUAL_GRACE_SECONDS, *lengths)

    def replicas(self, service: str) -> int:
        """Give how many containers a service has."""
        wanted = self.services[service]
        number = (wanted.get("deploy") or {}).get("replicas")
        return int(wanted.get("scale", 1) if number is None else number)


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """Tell what happens to one service and why: roll, recreate, leave, start or remove."""

    service: str
    verb: str
    why: str
    replicas: int = 1


def decide(
    before: Model | None,
    after: Model,
    running: Iterable[str],
    options: Options,
    *,
    there: Iterable[str] = (),
) -> tuple[ServiceAction, ...]:
    """Decide for each service, in the order in which they start.

    `running` are the services whose containers all run, `there` those that have containers at all.
    """
    up = set(running)
    decided: dict[str, ServiceAction] = {}
    for service in _order(after.services):
        why = _changes(before, after, service) if service in up else "it does not run"
        decided[service] = _decision(service, why, after, options, started=service not in up)
    for service in _sharing(decided, after):
        decided[service] = ServiceAction(service, "recreate", "it shares the network of a service that is recreated")
    gone = sorted({*up, *there} - set(after.services))
    return (*decided.values(), *(ServiceAction(service, "remove", "the release does not have it") for service in gone))


def decisions(state: State, after: Model, options: Options) -> tuple[ServiceAction, ...]:
    """Decide what happens to each service when a release takes the place of what is on the server."""
    return decide(state.model, after, state.running, options, there=state.services)


def _decision(service: str, why: str, after: Model, options: Options, *, started: bool) -> ServiceAction:
    replicas = after.replicas(service)
    if not why:
        return ServiceAction(service, "leave", "nothing of it changed", replicas)
    if started:
        return ServiceAction(service, "start", why, replicas)
    hindered = _hindrance(service, after, options)
    if hindered:
        return ServiceAction(service, "recreate", f"{why}; not beside the old one: {hindered}", replicas)
    return ServiceAction(service, "roll", why, replicas)


def can_roll(service: str, after: Model, options: Options) -> bool:
    """Tell whether two generations of a service can run side by side."""
    return not _hindrance(service, after, options)


def _hindrance(service: str, after: Model, options: Options) -> str:
    wanted = after.services[service]
    if service in (*options.data_services, options.backup.service) or _keeps_state(wanted):
        return "it keeps state"
    if wanted.get("ports"):
        return "it publishes a port"
    if wanted.get("container_name"):
        return "its container has a fixed name"
    if wanted.get("network_mode") == "host":
        return "it uses the server's network"
    return ""


def _keeps_state(service: Mapping[str, Any]) -> bool:
    """Tell whether a service writes to a volume, which two of it might not bear; a label says where they do."""
    if str((service.get("labels") or {}).get(ROLLS, "")).lower() == "true":
        return False
    volumes = service.get("volumes") or ()
    return any(each.get("type") == "volume" and not each.get("read_only") for each in volumes)


def front(after: Model, options: Options) -> tuple[str, ...]:
    """Name what stands before all others: the proxy, and the service whose network it uses."""
    proxy = after.services.get(options.proxy_service)
    if proxy is None:
        return ()
    owner = _network_owner(proxy)
    return (owner, options.proxy_service) if owner else (options.proxy_service,)


def words(decisions: Sequence[ServiceAction], after: Model, options: Options) -> tuple[str, ...]:
    """Give what the script `roll` is told.

    What can roll is named though it may stay: a change that was cut off may have left other containers than the files
    tell, and what is as it should be stays.
    """
    before_all = front(after, options)
    made = []
    for decision in decisions:
        service, verb = decision.service, decision.verb
        if verb == "remove":
            made.append(f"remove:{service}")
        elif verb == "roll" or _goes_on(service, verb, after, options, before_all):
            made.append(f"roll:{service}:{decision.replicas}")
        elif verb != "leave":
            made.append(f"front:{service}" if service in before_all else _renew(service, after))
    return tuple(made)


def _goes_on(service: str, verb: str, after: Model, options: Options, before_all: tuple[str, ...]) -> bool:
    """Tell whether a service that is not changed, or only started, is left to the script's own look."""
    if verb == "leave":
        return can_roll(service, after, options)
    return verb == "start" and can_roll(service, after, options) and service not in before_all


def _renew(service: str, model: Model) -> str:
    """Name a service with all that it needs: Compose looks at those too."""
    needed: list[str] = []
    waiting = [service]
    while waiting:
        for name in model.services[waiting.pop()].get("depends_on") or {}:
            if name in model.services and name not in needed:
                needed.append(name)
                waiting.append(name)
    return f"renew:{service}:{','.join(sorted(needed))}"


def undo_words(decisions: Sequence[ServiceAction], before: Model, options: Options) -> tuple[str, ...]:
    """Give what the script `roll` is told to go back to the release before, from any state in between.

    What can roll is named whether it was touched or not: what is as it should be stays. What keeps state or cannot
    run twice is named only where the change may have touched it.
    """
    first, touched = front(before, options), {decision.service for decision in decisions if decision.verb != "leave"}
    # A proxy cannot stay where the service whose network it uses goes.
    whole_front = bool(({*first} - {options.proxy_service}) & touched)
    made = []
    for service in _order(before.services):
        stands_first = service in first and (whole_front or service != options.proxy_service)
        if can_roll(service, before, options) and not stands_first:
            made.append(f"roll:{service}:{before.replicas(service)}")
        elif service in touched or (stands_first and whole_front):
            made.append(f"front:{service}" if service in first else _renew(service, before))
    new = sorted({decision.service for decision in decisions} - {*before.services})
    return (*made, *(f"remove:{service}" for service in new))


def _sharing(decided: Mapping[str, ServiceAction], after: Model) -> list[str]:
    recreated = {name for name, decision in decided.items() if decision.verb in ("recreate", "start")}
    return [
        name
        for name in decided
        if _network_owner(after.services[name]) in recreated and decided[name].verb in ("leave", "roll")
    ]


def _network_owner(service: Mapping[str, Any]) -> str:
    kind, _, owner = str(service.get("network_mode") or "").partition(":")
    return owner if kind == "service" else ""


def _order(services: Services) -> list[str]:
    """Sort by dependence, names breaking ties."""
    done: list[str] = []
    waiting = sorted(services)
    while waiting:
        ready = [n for n in waiting if not {*(services[n].get("depends_on") or {})} & {*waiting} - {n}] or waiting[:1]
        done += ready
        waiting = [name for name in waiting if name not in ready]
    return done


def _changes(before: Model | None, after: Model, service: str) -> str:
    """Say in which keys a service differs, names only; empty where it does not."""
    old = before.services.get(service) if before else None
    new = after.services[service]
    if old is None:
        return "it is new"
    told = [
        _told(key, old.get(key), new.get(key))
        for key in sorted({*old, *new} - _NOT_THE_CONTAINER_S)
        if _seen(key, old.get(key)) != _seen(key, new.get(key))
    ]
    if before and before.replicas(service) != after.replicas(service):
        told.append(f"{after.replicas(service)} replicas instead of {before.replicas(service)}")
    return ", ".join(told)


def _seen(key: str, value: Any) -> Any:  # noqa: ANN401 - what Compose resolves
    """Give what of a key makes the container."""
    return {k: v for k, v in (value or {}).items() if k != "replicas"} if key == "deploy" else value


def _told(key: str, old: Any, new: Any) -> str:  # noqa: ANN401 - what Compose resolves
    if key == "image":
        return f"image {_short(old)} becomes {_short(new)}"
    if key in ("environment", "labels") and isinstance(old, dict) and isinstance(new, dict):
        names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return f"{key} {', '.join(names)} changed"
    return f"{key} changed"


def _short(image: Any) -> str:  # noqa: ANN401 - what Compose resolves
    name, _, digest = str(image).partition("@")
    return digest[:_SHORT] if digest else name
