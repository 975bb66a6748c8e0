"""Where a run stands: the fold of its journal's records, on which every report looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shiplane.model import How, Status
    from shiplane.pipeline.journal import Record

ENDED = ("passed", "failed", "skipped", "cancelled")


@dataclass(slots=True)
class StepState:
    """Hold one step as planned, and how it went; `tests` is the last record of its tests, `retries` are records."""

    id: str
    stage: str
    title: str = ""
    needs: tuple[str, ...] = ()
    host: str = "local"
    status: Status = "pending"
    seconds: float | None = None
    exit_code: int = 0
    cause: str = ""
    fix: str = ""
    page: str = ""
    details: tuple[str, ...] = ()
    how: How = "ran"
    reused_from: str = ""
    tries: int = 1
    decision: dict[str, str] = field(default_factory=dict)
    estimate_seconds: float | None = None
    environment: str = ""
    commands: tuple[str, ...] = ()
    started_at: str | None = None
    finished_at: str | None = None
    retries: list[dict[str, Any]] = field(default_factory=list)
    tests: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Give what people call it."""
        return self.title or self.id


@dataclass(slots=True)
class StageState:
    """Hold one stage and its steps, in the plan's order; times are the journal's."""

    name: str
    timeout_seconds: int = 0
    status: Status = "pending"
    seconds: float | None = None
    started_at: str | None = None
    finished_at: str | None = None
    steps: dict[str, StepState] = field(default_factory=dict)


@dataclass(slots=True)
class RunState:
    """Hold a run; `apply` takes the records in order, and leaves out kinds it does not know."""

    id: str = ""
    number: int = 0
    event: str = ""
    branch: str = ""
    commit: str = ""
    target: str = ""
    message: str = ""
    author: str = ""
    reason: str = ""
    release: str = ""
    status: Status = "pending"
    exit_code: int = 0
    seconds: float | None = None
    started_at: str | None = None
    finished_at: str | None = None
    last_at: str | None = None
    """The time of the newest record."""
    stages: dict[str, StageState] = field(default_factory=dict)
    releases: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The releases that were deployed here, wherever they were published."""
    notes: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[StepState]:
        """Give all steps, in the order of their stages."""
        return [step for stage in self.stages.values() for step in stage.steps.values()]

    @property
    def outcome(self) -> str:
        """Give how it ended; `unfinished` where no end is written, though nothing may go on any more."""
        return "unfinished" if self.status == "running" else self.status

    def apply(self, record: Record) -> None:
        """Take one record."""
        self.last_at = record.get("at") or self.last_at
        handler = getattr(self, f"_on_{record.get('kind', '')}", None)
        if handler is not None:
            handler(record)

    def _on_run_started(self, record: Record) -> None:
        event = record.get("event") or {}
        self.id, self.number = str(record.get("id", "")), int(record.get("number", 0))
        self.event, self.branch, self.commit = (str(event.get(key, "")) for key in ("name", "branch", "commit"))
        self.target, self.message, self.author = (str(record.get(k, "")) for k in ("target", "message", "author"))
        self.status, self.started_at = "running", record.get("at")
        plan = record.get("plan") or {}
        self.reason, self.release = str(plan.get("reason", "")), str(plan.get("release", ""))
        for planned in plan.get("stages", ()):
            self._plan_stage(planned)

    def _plan_stage(self, planned: dict[str, Any]) -> None:
        stage = self._stage(planned["name"])
        stage.timeout_seconds = int(planned.get("timeout_seconds", 0))
        for each in planned.get("steps", ()):
            step = self._step(stage.name, each["id"])
            step.title, step.needs = str(each.get("title", "")), tuple(each.get("needs", ()))
            step.host = str(each.get("host", "local"))
            step.decision, step.estimate_seconds = each.get("decision") or {}, each.get("estimate_seconds")
            step.environment, step.commands = str(each.get("environment") or ""), tuple(each.get("commands") or ())

    def _stage(self, name: str) -> StageState:
        return self.stages.setdefault(name, StageState(name))

    def _step(self, stage: str, step: str) -> StepState:
        return self._stage(stage).steps.setdefault(step, StepState(step, stage))

    def _on_stage_started(self, record: Record) -> None:
        stage = self._stage(record["stage"])
        stage.status, stage.started_at = "running", record.get("at")

    def _on_stage_ended(self, record: Record) -> None:
        stage = self._stage(record["stage"])
        stage.status, stage.seconds = cast("Status", record["status"]), record.get("seconds")
        if stage.started_at is not None:
            stage.finished_at = record.get("at")

    def _on_step_started(self, record: Record) -> None:
        step = self._step(record["stage"], record["step"])
        step.status, step.started_at = "running", step.started_at or record.get("at")

    def _on_step_retried(self, record: Record) -> None:
        self._step(record["stage"], record["step"]).retries.append(record)

    def _on_tests(self, record: Record) -> None:
        self._step(record["stage"], record["step"]).tests = record

    def _on_step_ended(self, record: Record) -> None:
        step = self._step(record["stage"], record["step"])
        step.status, step.seconds = cast("Status", record["status"]), record.get("seconds")
        step.finished_at = record.get("at")
        step.exit_code = int(record.get("exit_code") or 0)
        step.cause, step.fix = str(record.get("cause") or ""), str(record.get("fix") or "")
        step.page = str(record.get("page") or "")
        step.details = tuple(str(line) for line in record.get("details") or ())
        step.how, step.tries = cast("How", record.get("how", "ran")), int(record.get("tries", 1))
        step.reused_from = str(record.get("reused_from", ""))

    def _on_release_published(self, record: Record) -> None:
        release = record["release"]
        self.releases[release["id"]] = release

    def _on_deployed(self, record: Record) -> None:
        fields = {key: value for key, value in record.items() if key not in ("kind", "at", "manifest")}
        if manifest := record.get("manifest"):
            self.manifests[manifest["id"]] = manifest
        self.deployments[fields["id"]] = fields

    def _on_note(self, record: Record) -> None:
        self.notes.append(str(record.get("text", "")))

    def _on_run_ended(self, record: Record) -> None:
        self.status, self.seconds = cast("Status", record["status"]), record.get("seconds")
        self.exit_code, self.finished_at = int(record.get("exit_code") or 0), record.get("at")
        for stage in self.stages.values():
            stage.status = _settled(stage.status, self.status)
        for step in self.steps:
            step.status = _settled(step.status, "cancelled")


def _settled(status: Status, cut_off: Status) -> Status:
    """Say what a part is once its run has ended: nothing waits any more, and what ran was cut off."""
    if status == "pending":
        return "skipped"
    return cut_off if status == "running" else status


def shown_as(step: StepState) -> str:
    """Name what a step is drawn as: its status, or `reused` where it passed without running."""
    return "reused" if step.status == "passed" and step.how != "ran" else step.status


def fold(records: Iterable[Record]) -> RunState:
    """Give where a run stands after these records."""
    state = RunState()
    for record in records:
        state.apply(record)
    return state
