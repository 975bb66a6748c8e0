"""Rules that hold in every stack, on a laptop too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.doctor.topology.stack import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.doctor.topology.stack import Roles, Stack

_HEALTHY = "service_healthy"
TEST = "test"
PROXY_LABEL = "dev.shiplane.proxy-port"
"""By which a deploy knows the service that holds the published ports and hands connections to the proxy."""


def health(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask for a health check on every service."""
    for name, service in stack.services.items():
        check = service.get("healthcheck") or {}
        if not check.get("test") or check.get("disable") or check["test"] == ["NONE"]:
            so = "nobody knows when it serves: deploys and what depends on it do not wait"
            fix = "give it a healthcheck with a test"
            yield Flaw("health", name, stack.place(name, "healthcheck"), f"{name} has no health check", so, fix)


def order(stack: Stack, roles: Roles) -> Iterator[Flaw]:
    """Ask that each layer waits until the one before it is healthy: data, backend, the others, proxy."""
    for name, wanted in _layers(stack, roles).items():
        needs = stack.services[name].get("depends_on") or {}
        for other in wanted:
            if needs.get(other, {}).get("condition") != _HEALTHY:
                what = f"{name} does not wait until {other} is healthy"
                fix = f"depends_on: {{{other}: {{condition: {_HEALTHY}}}}}"
                place = stack.place(name, "depends_on")
                yield Flaw("order", name, place, what, "it may start before what it needs is there", fix)


def _layers(stack: Stack, roles: Roles) -> dict[str, tuple[str, ...]]:
    """Say what each service has to wait for; those that run the released image themselves wait for the data alone."""
    there = set(stack.services)
    image = stack.services.get(roles.release, {}).get("image")
    others = [name for name in roles.components if name != roles.release]
    layers = {roles.release: roles.data, roles.proxy: (roles.release, *others)}
    layers |= dict.fromkeys(others, (roles.release,))
    layers |= {name: roles.data for name, one in stack.services.items() if one.get("image") == image and image}
    return {name: tuple(o for o in wanted if o in there) for name, wanted in layers.items() if name in there}


def separated(stack: Stack, roles: Roles) -> Iterator[Flaw]:
    """Ask that database and Redis are in no network of the proxy."""
    networks = {name: set(service.get("networks") or {"default"}) for name, service in stack.services.items()}
    doors = [name for name in stack.services if name == roles.proxy or is_door(stack, name)]
    for door in doors:
        for name in roles.data:
            shared = networks[door] & networks.get(name, set())
            if shared:
                what = f"{name} is in the network {min(shared)} of {door}"
                fix = f"give {' and '.join(roles.data)} a network of their own, shared with {roles.release}"
                so = "whoever gets into the proxy reaches the data"
                yield Flaw("separated", name, stack.place(name, "networks"), what, so, fix)


def is_door(stack: Stack, name: str) -> bool:
    """Tell whether a service holds the published ports in the proxy's place."""
    return PROXY_LABEL in (stack.services[name].get("labels") or {})


def named_volumes(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask for a name of every volume."""
    for name, service in stack.services.items():
        for mount in service.get("volumes") or ():
            if mount["type"] == "volume" and not mount.get("source"):
                what = f"the volume of {name} at {mount['target']} has no name"
                so = "its data are left behind, and found by nobody, when the container is made anew"
                fix = f"name it: source: {name}-data, and below volumes at the end of the file"
                yield Flaw("volumes", name, stack.place(name, "volumes"), what, so, fix)


def logs(stack: Stack, _roles: Roles) -> Iterator[Flaw]:
    """Ask for a limit on every log that the engine keeps; those of tests go with their containers."""
    if stack.name == TEST:
        return
    for name, service in stack.services.items():
        logging = service.get("logging") or {}
        options = logging.get("options") or {}
        kept = logging.get("driver", "json-file") in ("json-file", "local")
        if kept and not {"max-size", "max-file"} <= set(options):
            fix = 'logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}'
            place = stack.place(name, "logging")
            yield Flaw("logs", name, place, f"the log of {name} has no limit", "it fills the disk one day", fix)


RULES = (health, order, separated, named_volumes, logs)
