"""Make the JSON that the pipeline posts."""

from datetime import UTC, datetime, timedelta
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOW = datetime.now(UTC).replace(microsecond=0)


def moment(**ago: float) -> str:
    """Return a time some days, hours or seconds ago."""
    return (NOW - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def make_stage(name: str = "build", status: str = "passed", **changes: Any) -> dict[str, Any]:
    """Return a stage of 60 seconds."""
    ended = status in ("passed", "failed", "cancelled")
    return {
        "name": name,
        "status": status,
        "started_at": moment(seconds=180),
        "finished_at": moment(seconds=120) if ended else None,
        "seconds": 60.0 if ended else None,
        "detail": "",
    } | changes


def make_run(run_id: str = "run-1", status: str = "passed", **changes: Any) -> dict[str, Any]:
    """Return a run of 120 seconds with two stages."""
    return {
        "id": run_id,
        "number": 1,
        "event": "push",
        "branch": "main",
        "commit": COMMIT,
        "message": "Change something",
        "author": "Ana",
        "target": "lab",
        "status": status,
        "started_at": moment(seconds=180),
        "finished_at": None if status == "running" else moment(seconds=60),
        "stages": [make_stage("test"), make_stage("build")],
    } | changes


def make_release(release_id: str = "1.0.0-0123456789ab", **changes: Any) -> dict[str, Any]:
    """Return a release of one image."""
    image = {"reference": "registry:5000/team/app-backend:1.0.0", "digest": "sha256:" + "a" * 64}
    return {
        "id": release_id,
        "version": "1.0.0",
        "commit": COMMIT,
        "branch": "main",
        "dirty": False,
        "created_at": moment(seconds=100),
        "run": "run-1",
        "images": {"backend": image},
    } | changes


def make_deployment(deployment_id: str = "deployment-1", **changes: Any) -> dict[str, Any]:
    """Return a deployment to production that went well."""
    return {
        "id": deployment_id,
        "environment": "production",
        "url": "http://127.0.0.1:8080",
        "release": "1.0.0-0123456789ab",
        "run": "run-1",
        "action": "deploy",
        "outcome": "deployed",
        "started_at": moment(seconds=90),
        "finished_at": moment(seconds=60),
    } | changes


def make_report(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a report of one run, release and deployment, or of what is given."""
    return lists or {
        "runs": [make_run()],
        "releases": [make_release()],
        "deployments": [make_deployment()],
    }
