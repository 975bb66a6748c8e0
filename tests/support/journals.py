"""Past runs as a checkout keeps them: journals with logs, written without running anything."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from samples import COMMIT, OTHER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m\"'&]]>"
"""A text that wants to be more than text."""
DIGEST = "sha256:" + "ab12" * 16
STAGES = ("build", "test", "publish", "staging", "e2e", "production")
# Step, title, the second in which it starts, seconds, what it needs.
STEPS = (
    ("build.clean", "remove what an earlier run left", 0, 2.1, ()),
    ("build.bases", "base images are here", 0, 1.2, ()),
    ("build.images", "development images", 2.1, 34.1, ("build.clean", "build.bases")),
    ("build.test-runner", "image of the browser tests", 2.1, 19.6, ("build.clean", "build.bases")),
    ("build.lab", "registry and servers of the lab", 2.1, 8.3, ("build.clean", "build.bases")),
    ("test.backend", "backend tests", 36.2, 58.4, ("build.images", "build.lab")),
    ("test.frontend", "frontend tests", 36.2, 22.7, ("build.images", "build.lab")),
    ("test.lint", "code quality", 36.2, 31.0, ("build.images", "build.lab")),
    ("publish.images", "production images", 94.6, 12.2, ("test.backend", "test.frontend", "test.lint")),
    ("publish.push", "push, tags and digests", 106.8, 6.4, ("publish.images",)),
    ("staging.deploy", "put the release on staging", 113.2, 24.5, ("publish.push",)),
    ("staging.verify", "the public address answers with the release", 137.7, 3.1, ("staging.deploy",)),
    ("e2e.tests", "browser tests against staging", 140.8, 41.3, ("staging.verify", "build.test-runner")),
    ("production.promote", "put the release on production", 182.1, 26.0, ("e2e.tests",)),
    ("production.verify", "the public address answers with the release", 208.1, 2.4, ("production.promote",)),
)
COVERAGE = {"lines_covered": 941, "lines_valid": 1000, "branches_covered": 170, "branches_valid": 200}
RELEASE = {
    "id": COMMIT[:12],
    "version": "1.4.2",
    "commit": COMMIT,
    "branch": "main",
    "dirty": False,
    "created_at": "2026-11-24T01:01:50.000Z",
    "images": {
        name: {"reference": f"127.0.0.1:5001/lab/app-{name}:1.4.2-{COMMIT[:12]}", "digest": DIGEST}
        for name in ("backend", "frontend")
    },
}


def failure(name: str, kind: str = "failed", **fields: object) -> dict[str, Any]:
    """Give a test that failed or was flaky."""
    place = {"suite": "tests.test_reports", "file": "backend/tests/test_reports.py", "line": 42}
    return {**place, "name": name, "message": "assert 3 == 4", "kind": kind, **fields}


class Story:
    """Tell a run: what is planned, then what happened; `write` puts it into a run's folder."""

    def __init__(self, number: int = 41, **fields: Any) -> None:  # noqa: ANN401 - fields of the first record
        self.number = number
        self.steps = {name: self._step(name, title, needs, seconds) for name, title, _, seconds, needs in STEPS}
        self.starts = {name: float(start) for name, _, start, _, _ in STEPS}
        self.ends: dict[str, dict[str, Any]] = {name: {"seconds": seconds} for name, _, _, seconds, _ in STEPS}
        self.extra: list[tuple[float, dict[str, Any]]] = []
        self.logs: dict[str, str] = {}
        self.fields = {"message": "Show the digest that each environment runs", "author": "Mara Lindqvist", **fields}

    def _step(self, name: str, title: str, needs: Sequence[str], seconds: float) -> dict[str, Any]:
        stage = name.partition(".")[0]
        decision = {"choice": "run", "why": "backend/board/models.py changed since run 40", "run": ""}
        commands = [f".venv/bin/nox -s {name.replace('.', '_')}"]
        host = stage if name.endswith(("deploy", "promote")) else "local"
        planned = {"id": name, "title": title, "needs": list(needs), "host": host, "commands": commands, "undo": []}
        return {**planned, "decision": decision, "estimate_seconds": round(seconds * 0.9, 1)}

    def end(self, name: str, **fields: object) -> None:
        """Let a step end otherwise."""
        self.ends[name] |= fields

    def leave_out(self, *names: str, status: str = "skipped") -> None:
        """Let steps not start."""
        for name in names:
            self.ends[name] = {"status": status, "seconds": 0.0}

    def reuse(self, *names: str, run: str = "40") -> None:
        """Let earlier results count."""
        why = f"nothing that it depends on changed since run {run}"
        for name in names:
            self.steps[name]["decision"] = {"choice": "reuse", "why": why, "run": run}
            self.steps[name]["estimate_seconds"] = 0.0
            self.ends[name] = {"seconds": 0.0, "how": "reused", "reused_from": run, "cause": why}

    def tests(self, name: str, at: float, **fields: object) -> None:
        """Journal what tests said."""
        counts = {"tries": 1, "passed": 184, "failed": 0, "skipped": 2, "flaky": 0, "failures": [], "coverage": None}
        self.say(at, "tests", stage=name.partition(".")[0], step=name, **{**counts, **fields})

    def deployed(self, at: float, environment: str, outcome: str = "deployed", **fields: object) -> None:
        """Journal a deploy."""
        put = {"id": f"{self.number}-{environment}", "environment": environment, "url": f"https://{environment}.test"}
        what = {"release": RELEASE["id"], "commit": COMMIT, "run": f"run-{self.number}", "outcome": outcome}
        action = {"action": "promote" if environment == "production" else "deploy", "who": "ada@laptop"}
        before = {"from_release": OTHER[:12], "from_commit": OTHER, "seconds": 24.2}
        times = {"started_at": self.time(at - 24.2), "finished_at": self.time(at)}
        self.say(at, "deployed", **{**put, **what, **action, **before, **times, **fields})

    def say(self, at: float, kind: str, **fields: object) -> None:
        """Journal anything else."""
        self.extra.append((at, {"kind": kind, **fields}))

    def time(self, second: float) -> str:
        return (START + dt.timedelta(hours=self.number, seconds=second)).isoformat(timespec="milliseconds")

    @property
    def records(self) -> list[dict[str, Any]]:
        """Give the records in their order."""
        told = [(0.0, self._started())]
        for stage in dict.fromkeys(name.partition(".")[0] for name in self.steps):
            told += self._stage(stage, [name for name in self.steps if name.partition(".")[0] == stage])
        told += [(at + 0.0005, record) for at, record in self.extra]
        told.sort(key=lambda each: each[0])
        last = told[-1][0]
        statuses = [end.get("status", "passed") for end in self.ends.values()]
        status = next((one for one in ("failed", "cancelled") if one in statuses), "passed")
        code = next((end["exit_code"] for end in self.ends.values() if end.get("exit_code")), 0)
        told.append((last + 0.1, {"kind": "run_ended", "status": status, "exit_code": code, "seconds": last + 0.1}))
        return [{"at": self.time(second), **record} for second, record in told]

    def _started(self) -> dict[str, Any]:
        stages = [
            {
                "name": stage,
                "timeout_seconds": 2700,
                "steps": [s for n, s in self.steps.items() if n.startswith(f"{stage}.")],
            }
            for stage in dict.fromkeys(name.partition(".")[0] for name in self.steps)
        ]
        plan = {"release": RELEASE["id"], "reason": "a push to main", "stages": stages}
        event = {"name": "push", "branch": "main", "commit": COMMIT}
        first = {"id": f"run-{self.number}", "number": self.number, "event": event, "target": "lab", "plan": plan}
        return {"kind": "run_started", **first, **self.fields}

    def _stage(self, stage: str, names: list[str]) -> list[tuple[float, dict[str, Any]]]:
        told: list[tuple[float, dict[str, Any]]] = []
        began = [self.starts[name] for name in names if self.ends[name].get("status", "") != "skipped"]
        ends = [self.starts[name] + self.ends[name]["seconds"] for name in names]
        if began:
            told.append((min(began), {"kind": "stage_started", "stage": stage}))
        for name in names:
            start, end = self.starts[name], self.ends[name]
            where = {"stage": stage, "step": name}
            if end["seconds"]:
                told.append((start, {"kind": "step_started", **where}))
            told.append((start + end["seconds"], {"kind": "step_ended", **where, "status": "passed", **end}))
        statuses = {self.ends[name].get("status", "passed") for name in names}
        status = next((one for one in ("failed", "cancelled", "skipped") if one in statuses), "passed")
        seconds = max(ends) - min(began) if began else 0.0
        told.append((max(ends) + 0.0004, {"kind": "stage_ended", "stage": stage, "status": status, "seconds": seconds}))
        return told

    def write(self, runs: Path, torn: int = 0) -> Path:
        """Write journal and logs below `runs`; `torn` leaves so many records whole and half of the next."""
        folder = runs / str(self.number)
        (folder / "logs").mkdir(parents=True)
        lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in self.records]
        text = "\n".join([*lines[:torn], lines[torn][: len(lines[torn]) // 2]]) if torn else "\n".join(lines) + "\n"
        (folder / "journal.jsonl").write_text(text, encoding="utf-8")
        for name, log in self.logs.items():
            (folder / "logs" / f"{name}.log").write_text(log, encoding="utf-8", newline="")
        return folder


def passed(number: int = 41) -> Story:
    """Tell a run that brought main to production."""
    story = Story(number)
    story.tests("test.backend", 94.0, coverage=COVERAGE)
    story.tests("test.frontend", 58.0, passed=97, skipped=0, coverage={**COVERAGE, "lines_covered": 978})
    story.tests("e2e.tests", 182.0, passed=13, flaky=1, skipped=0, failures=[flaky_test()])
    story.say(113.0, "release_published", release=RELEASE)
    story.deployed(137.5, "staging")
    story.deployed(208.0, "production")
    story.say(60.0, "note", text="the board at https://staging.test was told what it missed")
    story.logs |= {name: _log(name) for name in story.steps}
    return story


def flaky_test() -> dict[str, Any]:
    """Give a browser test that passed at its second try."""
    place = {"suite": "e2e/board.spec.ts", "file": "testing/tests/e2e/board.spec.ts", "line": 31}
    return failure("the board shows the run that is under way", "flaky", **place, message="Timed out 10000ms waiting")


def undone(number: int = 42) -> Story:
    """Tell a run whose deploy to production failed and was undone."""
    story = passed(number)
    story.extra = [each for each in story.extra if each[1].get("environment") != "production"]
    why = "the new release did not get healthy within 120 s: backend answered 503 to its probe"
    lines = [f"backend-1  | {second:02d} probe: HTTP 503 database: too many connections" for second in range(28)]
    fix = "see its logs: invoke logs --env production --service backend; the release before serves"
    end = {"status": "failed", "exit_code": 6, "cause": why, "fix": fix, "details": lines}
    story.end("production.promote", **end, seconds=133.0)
    story.leave_out("production.verify")
    story.starts["production.verify"] = 316.0
    story.deployed(315.0, "production", "undone")
    story.logs["production.promote"] += "\n".join(lines) + "\n"
    return story


def failing(number: int = 43) -> Story:
    """Tell a run whose backend tests failed at the second try too."""
    story = passed(number)
    story.extra = [(58.0, each) for at, each in story.extra if at == 58.0]
    failures = [failure(f"test_report_{n}[{'long-parameter-' * n}x]", line=40 + n) for n in range(3)]
    story.say(
        60.0,
        "step_retried",
        stage="test",
        step="test.backend",
        tries=1,
        of=2,
        reason="the database may be slow",
        wait_seconds=5,
        cause="backend tests failed with exit code 1",
    )
    story.tests("test.backend", 90.0, tries=2, failed=3, flaky=1, failures=[*failures, failure("test_slow", "flaky")])
    end = {"status": "failed", "exit_code": 3, "tries": 2, "cause": "backend tests failed with exit code 1"}
    fix = "mend what is named above; to repeat it alone: .venv/bin/nox -s test_backend"
    story.end("test.backend", **end, fix=fix, details=[f"E   line {n} of the failure" for n in range(30)])
    story.leave_out(*(name for name in story.steps if name.partition(".")[0] in STAGES[2:]))
    for name in story.steps:
        story.starts[name] = min(story.starts[name], 94.6)
    return story


def reused(number: int = 44) -> Story:
    """Tell a run that changed nothing but a page of documentation."""
    story = passed(number)
    story.extra = []
    story.reuse(*(name for name in story.steps if name.partition(".")[0] in ("build", "test")), run="41")
    story.end("build.clean", how="not needed", reused_from="", cause="nothing that needs it runs")
    story.steps["build.clean"]["decision"] = {"choice": "skip", "why": "nothing that needs it runs", "run": ""}
    story.steps["publish.images"]["decision"] = {"choice": "ask", "why": "decided by the registry", "run": ""}
    starts = dict.fromkeys(story.steps, 0.1)
    for at, name in enumerate(name for name in story.steps if name.partition(".")[0] in STAGES[2:]):
        starts[name] = 0.1 + at * 0.5
        story.end(name, seconds=0.5)
    story.starts = starts
    again = {"from_release": RELEASE["id"], "from_commit": COMMIT, "who": "", "seconds": None, "unchanged": True}
    story.deployed(2.0, "staging", **again)
    story.logs = {name: _log(name) for name in list(story.steps)[8:]}
    return story


def hostile(number: int = 46) -> Story:
    """Tell a run in which every text wants to be more than text."""
    story = failing(number)
    story.fields |= {"message": f"{HOSTILE}\n\nmore", "author": HOSTILE}
    story.fields["event"] = {"name": "push", "branch": HOSTILE, "commit": COMMIT}
    story.steps["test.backend"] |= {
        "title": HOSTILE,
        "commands": [HOSTILE],
        "decision": {"choice": "run", "why": HOSTILE},
    }
    story.end("test.backend", cause=HOSTILE, fix=HOSTILE, details=[HOSTILE, "::add-mask::x"])
    story.tests("test.backend", 94.1, failed=1, failures=[failure(HOSTILE, file=HOSTILE, message=HOSTILE)])
    story.deployed(94.2, "staging", url="javascript:alert(1)", release=HOSTILE, who=HOSTILE)
    story.say(94.3, "note", text=HOSTILE)
    story.logs["test.backend"] = f"{HOSTILE}\n</pre></details>{HOSTILE}\n"
    return story


def large(number: int = 47, steps: int = 1000) -> Story:
    """Tell a run of so many steps, each of which needs the one ten before it."""
    story = Story(number)
    names = [f"{STAGES[at * 6 // steps]}.part-{at:04d}" for at in range(steps)]
    story.steps = {
        name: story._step(name, f"part {at}", names[at - 10 : at - 9] if at > 9 else (), 1.0)  # noqa: SLF001 - its own
        for at, name in enumerate(names)
    }
    story.starts = {name: at // 10 * 1.0 for at, name in enumerate(names)}
    story.ends = {name: {"seconds": 0.5 + at % 10 / 20} for at, name in enumerate(names)}
    story.logs = {name: f"line one of {name}\nline two\n" for name in names}
    return story


def _log(name: str) -> str:
    lines = [f"$ .venv/bin/nox -s {name.replace('.', '_')}", *(f"#{n} doing part {n} of {name}" for n in range(60))]
    return "\n".join(lines) + "\n"


def history(runs: Path, seconds: Mapping[int, float]) -> None:
    """Write short runs that passed, by number and duration."""
    for number, took in seconds.items():
        story = Story(number)
        story.steps = {name: story.steps[name] for name in ("build.images", "test.backend")}
        story.ends = {"build.images": {"seconds": took / 2}, "test.backend": {"seconds": took / 2}}
        story.starts = {"build.images": 0.0, "test.backend": took / 2}
        story.write(runs)
