"""What runs on an environment, in the form that `invoke status --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shiplane.deploy.survey import Container, State
    from shiplane.model import Site

_WORST_FIRST = ("dead", "removing", "exited", "restarting", "paused", "created", "running")


def status(site: Site, state: State) -> dict[str, Any]:
    """Describe the current release and its services; release, commit and deployed_at are None before the first."""
    release = state.releases.get(state.current or "")
    ends = [e.deployment.finished_at for e in state.entries if e.served and e.deployment.release == state.current]
    services: dict[str, list[Container]] = {}
    for container in state.containers:
        if not container.once:
            services.setdefault(container.service, []).append(container)
    return {
        "environment": site.environment,
        "url": site.url,
        "release": release.id if release else None,
        "commit": release.commit if release else None,
        "deployed_at": ends[-1] if ends and release else None,
        "services": {name: _service(found) for name, found in sorted(services.items())},
    }


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
