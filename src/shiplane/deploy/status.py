"""What runs on an environment, in the form that `invoke status --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shiplane.deploy.containers import Container
    from shiplane.deploy.survey import State
    from shiplane.model import Site

_WORST_FIRST = ("dead", "removing", "exited", "restarting", "paused", "created", "running")


def status(site: Site, state: State) -> dict[str, Any]:
    """Describe the current release and its services; release, commit and deployed_at are None before the first."""
    known = state.releases.get(state.current or "")
    served = [e.deployment for e in state.entries if e.served and e.deployment.release == state.current]
    last = served[-1] if served else None
    named = known or last
    return {
        "environment": site.environment,
        "url": state.url(site, state.current),
        "release": state.current,
        "commit": named.commit if named else None,
        "deployed_at": last.finished_at if last else None,
        "services": {name: _service(found) for name, found in _services(state)},
    }


def overview(site: Site, state: State) -> dict[str, Any]:
    """Describe the same for people, with more about each service.

    `attempt` is what an earlier caller began and did not see the end of, `maintenance` since when that page is shown.
    `releases` are those whose images its containers run, `well` counts the containers that are, `restarts` how often
    the engine started them again. `damaged` are releases whose manifest cannot be read.
    """
    left = {"title": state.left.title, "code": state.left.code} if state.left else None
    told = {**status(site, state), "attempt": left, "maintenance": state.maintenance}
    told["damaged"] = sorted(state.damaged)
    for name, found in _services(state):
        running = (running_release(container, state) for container in found)
        told["services"][name] |= {
            "well": sum(container.well for container in found),
            "restarts": sum(container.restarts for container in found),
            "releases": list(dict.fromkeys(release for release in running if release)),
        }
    return told


def running_release(container: Container, state: State) -> str:
    """Name the release whose image a container runs: the current one where it can be; empty where it is none's."""
    served = [entry.deployment.release for entry in reversed(state.entries) if entry.served]
    for name in dict.fromkeys((state.current or "", *served, *state.releases)):
        images = state.releases[name].images if name in state.releases else ()
        if any(container.digest_of(image) == image.digest for _, image in images):
            return name
    return ""


def _services(state: State) -> list[tuple[str, list[Container]]]:
    services: dict[str, list[Container]] = {}
    for container in state.containers:
        if not container.once:
            services.setdefault(container.service, []).append(container)
    return sorted(services.items())


def _service(found: list[Container]) -> dict[str, Any]:
    worst = min(found, key=_rank)
    return {
        "image": worst.reference,
        "digest": worst.digest,
        "state": worst.status,
        "health": worst.health or None,
        "replicas": len(found),
    }


def _rank(container: Container) -> tuple[int, bool]:
    status = container.status
    return (_WORST_FIRST.index(status) if status in _WORST_FIRST else 0, container.health in {"", "healthy"})
