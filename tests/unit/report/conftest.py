"""A made-up run: build, two parallel test steps, publish, staging, E2E and production."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shiplane.model import Command, Event, Image, Plan, Release, Secret, Stage, Step

Record = dict[str, Any]

COMMIT = "664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766"
RELEASE = Release(
    id="1.0.0-664a230c1f2e",
    commit=COMMIT,
    branch="main",
    version="1.0.0",
    dirty=False,
    created_at="2026-11-24T01:00:30.000Z",
    images=(
        ("backend", Image("127.0.0.1:5001/acme/app-backend:1.0.0-664a230c1f2e", "sha256:" + "ab12" * 16)),
        ("frontend", Image("127.0.0.1:5001/acme/app-frontend:1.0.0-664a230c1f2e", "sha256:" + "cd34" * 16)),
    ),
)
PORTS = {"staging": 8081, "production": 8082}


def step(name: str, title: str = "", needs: tuple[str, ...] = (), host: str = "local") -> Step:
    return Step(name, title, needs, host)


@pytest.fixture
def plan() -> Plan:
    nox = Command((".venv/bin/nox", "-s", "images"))
    login = Command(("docker", "login", "--password-stdin", "registry"), stdin=Secret("REGISTRY_PASSWORD", "p)$'"))
    up = Command(("docker", "compose", "up", "-d", "--force-recreate"), host="staging")
    back = Command(("ln", "-sfn", "releases/1.0.0-aaaaaaaaaaaa", "current"), host="staging")
    return Plan(
        event=Event("push", "main", COMMIT),
        target="lab",
        reason="",
        release=RELEASE.id,
        notes=("base images are stand-ins made from Debian packages",),
        stages=(
            Stage("build", 2700, "build", (Step("build.images", "development images", commands=(nox,)),)),
            Stage(
                "test",
                2700,
                "build",
                (step("test.backend", "backend tests"), step("test.frontend", "frontend tests")),
            ),
            Stage("publish", 2700, "build", (Step("publish.push", "push", commands=(login,)),)),
            Stage(
                "staging",
                1200,
                "staging",
                (
                    Step("staging.rollout", "recreate", ("publish.push",), "staging", (up,), (back,)),
                    step("staging.verify", "the public address answers", ("staging.rollout",)),
                ),
            ),
            Stage("e2e", 1800, "e2e", (step("e2e.playwright", "Playwright against staging", ("staging.verify",)),)),
            Stage("production", 1200, "production", (step("production.rollout", "recreate", (), "production"),)),
        ),
    )


class Script:
    """Write the records of the run; times count up by one second a record."""

    def __init__(self, plan: Plan, failing: str, status: str) -> None:
        self.plan = plan
        self.failing = failing
        self.status = status
        self.second = 0

    def record(self, kind: str, **fields: object) -> Record:
        self.second += 1
        return {"kind": kind, "at": f"2026-11-24T01:{self.second // 60:02d}:{self.second % 60:02d}.000Z", **fields}

    def records(self) -> Iterator[Record]:
        event = {"name": "push", "branch": "main", "commit": COMMIT}
        facts = {"target": "lab", "message": "Show deploys\n\nAll.", "author": "Ada", "plan": self.plan.to_json()}
        yield self.record("run_started", id="run-12", number=12, event=event, **facts)
        good = True
        for stage in self.plan.stages:
            if not good:
                yield self.record("stage_ended", stage=stage.name, status="skipped", seconds=0.0)
                continue
            yield self.record("stage_started", stage=stage.name)
            for each in stage.steps:
                yield self.record("step_started", stage=stage.name, step=each.id)
            for each in stage.steps:
                good &= each.id != self.failing
                yield self.ended(stage.name, each.id)
            yield from self.results(stage.name, good=good)
            yield self.record("stage_ended", stage=stage.name, status="passed" if good else self.status, seconds=34.1)
        code = 0 if good else 3
        yield self.record("run_ended", status="passed" if good else self.status, exit_code=code, seconds=75.0)

    def ended(self, stage: str, name: str) -> Record:
        if name != self.failing:
            return self.record("step_ended", stage=stage, step=name, status="passed", seconds=12.0, exit_code=0)
        why = {"cause": "2 of 14 tests failed", "fix": "run: .venv/bin/nox -s e2e"}
        details = [f"line {number}" for number in range(40)]
        result = {"status": self.status, "seconds": 9.0, "exit_code": 3, **why, "details": details}
        return self.record("step_ended", stage=stage, step=name, **result)

    def results(self, stage: str, *, good: bool) -> Iterator[Record]:
        if stage == "publish" and good:
            yield self.record("release_published", release=RELEASE.to_json())
        if stage in PORTS:
            yield self.record(
                "deployed",
                id=f"run-12-{stage}",
                environment=stage,
                url=f"http://127.0.0.1:{PORTS[stage]}",
                release=RELEASE.id,
                commit=COMMIT,
                run="run-12",
                action="deploy" if stage == "staging" else "promote",
                outcome="deployed" if good else "undone",
                started_at="2026-11-24T01:00:40.000Z",
                finished_at="2026-11-24T01:00:50.000Z",
            )


@pytest.fixture
def records(plan: Plan) -> Callable[..., list[Record]]:
    """Give the records of the run; the step `failing` ends with `status`."""

    def written(failing: str = "", status: str = "failed") -> list[Record]:
        return list(Script(plan, failing, status).records())

    return written


@pytest.fixture
def times() -> list[float]:
    """Hold the present time, the last one."""
    return [100.0]


@pytest.fixture
def clock(times: list[float]) -> Callable[[], float]:
    """Give a clock that stands still until `tick` is called."""
    return lambda: times[-1]


@pytest.fixture
def tick(times: list[float]) -> Callable[[float], None]:
    """Let seconds pass."""
    return lambda seconds: times.append(times[-1] + seconds)
