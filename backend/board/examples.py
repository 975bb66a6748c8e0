"""Example data: twelve runs of a small team, with what goes wrong in real ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

MAIN = "main"
STAGES = ("build", "test", "publish", "staging", "e2e", "production")
SECONDS = (48.2, 96.7, 31.4, 38.9, 74.3, 36.1)
ADDRESSES = {
    "staging": "https://staging.example.com",
    "production": "https://www.example.com",
}
# What a stage says when it fails, and how the deployment in it ends.
FAILURES = {
    "test": "2 failed, 118 passed: test_orders.py::test_total_with_discount",
    "e2e": "checkout.spec.ts: expected the basket to hold 2 items, found 1",
    "production": "backend was not healthy within 120 s; the release before serves again",
}


@dataclass(frozen=True)
class Example:
    """One run: its branch, how far it goes and where it fails."""

    hours_ago: float
    branch: str
    message: str
    author: str
    failed: str = ""
    event: str = "push"
    running: bool = False
    cancelled: bool = False

    @property
    def last_stage(self) -> str:
        """Return the last stage that the run's event and branch lead to."""
        if self.event == "pull_request":
            return "test"
        return "production" if self.branch == MAIN else "e2e"


EXAMPLES = (
    Example(320, MAIN, "Show the basket's total before shipping", "Ana Lindqvist"),
    Example(296, "feature/discounts", "Add discount codes", "Tomas Okafor", failed="test"),
    Example(291, "feature/discounts", "Round discounts per line", "Tomas Okafor"),
    Example(
        272, "feature/discounts", "Add discount codes (#41)", "Tomas Okafor", "", "pull_request"
    ),
    Example(248, MAIN, "Merge discount codes (#41)", "Ana Lindqvist"),
    Example(200, MAIN, "Cache the catalogue for a minute", "Mei Tanaka", failed="e2e"),
    Example(176, MAIN, "Key the catalogue's cache by currency", "Mei Tanaka"),
    Example(
        125, MAIN, "Move the search index to its own table", "Tomas Okafor", failed="production"
    ),
    Example(101, MAIN, "Build the search index before the switch", "Tomas Okafor"),
    Example(54, "feature/invoices", "Send invoices as PDF", "Ana Lindqvist", cancelled=True),
    Example(29, MAIN, "Send invoices as PDF (#47)", "Ana Lindqvist"),
    Example(0.05, MAIN, "Name the delivery day in the order's mail", "Mei Tanaka", running=True),
)
RUN_COUNT = len(EXAMPLES)


def run_id(number: int) -> str:
    """Return the id of an example run."""
    return f"example-{number:04}"


def make_report(now: datetime) -> dict[str, Any]:
    """Return the report of all examples, as the pipeline would have posted it."""
    report: dict[str, Any] = {"runs": [], "releases": [], "deployments": []}
    for number, example in enumerate(EXAMPLES, start=1):
        started = now - timedelta(hours=example.hours_ago)
        run = make_run(number, example, started)
        report["runs"].append(run)
        ended = {stage["name"]: stage for stage in run["stages"] if stage["finished_at"]}
        if not example.cancelled and "publish" in ended:
            release = make_release(number, run, ended["publish"])
            report["releases"].append(release)
            report["deployments"] += make_deployments(release, ended)
    return report


def make_run(number: int, example: Example, started: datetime) -> dict[str, Any]:
    """Return one run with its stages."""
    stages = make_stages(example, started)
    finished = [stage["finished_at"] for stage in stages if stage["finished_at"]]
    return {
        "id": run_id(number),
        "number": number,
        "event": example.event,
        "branch": example.branch,
        "commit": sha256(example.message.encode()).hexdigest()[:40],
        "message": example.message,
        "author": example.author,
        "target": "lab",
        "status": status_of(example),
        "started_at": started.isoformat(),
        "finished_at": None if example.running else max(finished),
        "stages": stages,
    }


def status_of(example: Example) -> str:
    """Return how the run stands."""
    if example.running:
        return "running"
    if example.cancelled:
        return "cancelled"
    return "failed" if example.failed else "passed"


def make_stages(example: Example, started: datetime) -> list[dict[str, Any]]:
    """Return the stages up to where the run stopped, and those it did not reach."""
    names = STAGES[: STAGES.index(example.last_stage) + 1]
    stop = example.failed or ("publish" if example.running or example.cancelled else "")
    stages, at = [], started
    for name, seconds in zip(names, SECONDS):
        reached = not stop or names.index(name) <= names.index(stop)
        status = stage_status(example, name == stop, reached)
        ended = at + timedelta(seconds=seconds) if status not in ("running", "pending") else None
        stages.append(make_stage(name, status, at if reached else None, ended if reached else None))
        at += timedelta(seconds=seconds if reached else 0)
    return stages


def stage_status(example: Example, stopped_here: bool, reached: bool) -> str:
    """Return how one stage stands."""
    if stopped_here:
        ended = "cancelled" if example.cancelled else "failed"
        return "running" if example.running else ended
    if reached:
        return "passed"
    return "pending" if example.running else "skipped"


def make_stage(
    name: str, status: str, started: datetime | None, ended: datetime | None
) -> dict[str, Any]:
    """Return one stage."""
    return {
        "name": name,
        "status": status,
        "started_at": started.isoformat() if started else None,
        "finished_at": ended.isoformat() if ended else None,
        "seconds": (ended - started).total_seconds() if started and ended else None,
        "detail": FAILURES[name] if status == "failed" else "",
    }


def make_release(number: int, run: dict[str, Any], publish: dict[str, Any]) -> dict[str, Any]:
    """Return the release that a run published."""
    version = f"1.{number // 4}.{number % 4}"
    tag = f"{version}-{run['commit'][:12]}"
    return {
        "id": f"example-{tag}",
        "version": version,
        "commit": run["commit"],
        "branch": run["branch"],
        "dirty": False,
        "created_at": publish["finished_at"],
        "run": run["id"],
        "images": {name: make_image(name, tag) for name in ("backend", "frontend")},
    }


def make_image(component: str, tag: str) -> dict[str, str]:
    """Return an image with a digest that looks like one."""
    digest = sha256(f"{component}-{tag}".encode()).hexdigest()
    return {
        "reference": f"registry.example.com/team/app-{component}:{tag}",
        "digest": f"sha256:{digest}",
    }


def make_deployments(
    release: dict[str, Any], ended: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the deployments of the stages in which a release reached an environment."""
    return [
        {
            "id": f"{release['run']}-{environment}",
            "environment": environment,
            "url": url,
            "release": release["id"],
            "run": release["run"],
            "action": "deploy",
            "outcome": "undone" if ended[environment]["status"] == "failed" else "deployed",
            "started_at": ended[environment]["started_at"],
            "finished_at": ended[environment]["finished_at"],
        }
        for environment, url in ADDRESSES.items()
        if environment in ended
    ]
