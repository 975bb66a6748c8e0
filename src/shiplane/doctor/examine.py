"""Asking everything at once, and judging what was answered in time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shiplane.doctor.finding import Finding
from shiplane.errors import ShiplaneError, TimeLimit
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shiplane.doctor.finding import Mend
    from shiplane.runners.base import Cancel

T = TypeVar("T")
SECONDS = 2.3
_ENDING_SECONDS = 0.2
_PATIENCE = "see whether the machine is busy, and give it more time: invoke doctor --seconds 20"


@dataclass(frozen=True, slots=True)
class Check(Generic[T]):
    """Ask a question, and judge its answer; a question that cannot be answered is a finding by itself."""

    id: str
    ask: Callable[[], T]
    judge: Callable[[T], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Told:
    """Tell the result of a check, or one of its findings."""

    id: str
    ok: bool
    cause: str = ""
    fix: str = ""
    mend: Mend | None = None

    def to_json(self) -> dict[str, object]:
        """Give the entry that `invoke doctor --json` prints."""
        return {"id": self.id, "ok": self.ok, "cause": self.cause, "fix": self.fix}


class Once(Generic[T]):
    """Ask a question once, for all checks that judge its answer; a failure is every one's."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answers: list[T] = []
        self._error: ShiplaneError | None = None

    def __call__(self) -> T:
        """Give the answer, which those that come while it is asked wait for."""
        with self._lock:
            if not self._answers and self._error is None:
                try:
                    self._answers.append(self._ask())
                except ShiplaneError as error:
                    self._error = error
            if self._error is not None:
                raise self._error
            return self._answers[0]


@dataclass(slots=True)
class _Asked:
    """Hold one check and what became of it; `findings` is None until it is judged."""

    check: Check[Any]
    findings: list[Finding] | None = None
    bug: BaseException | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        # A daemon: what never answers must not keep the command from ending.
        self.thread = threading.Thread(target=self._run, name=f"doctor-{self.check.id}", daemon=True)

    def _run(self) -> None:
        try:
            self.findings = list(self.check.judge(self.check.ask()))
        except ShiplaneError as error:
            self.findings = [Finding(error.cause, "", error.fix)]
        except BaseException as error:  # noqa: BLE001 - it is raised again by those who wait for it
            self.bug = error


def examine(checks: Sequence[Check[Any]], cancel: Cancel, seconds: float = SECONDS) -> list[Told]:
    """Ask side by side and tell in the order of the checks; `cancel` ends what is still asked after `seconds`."""
    asked = [_Asked(check) for check in checks]
    for one in asked:
        one.thread.start()
    deadline = now() + seconds
    for one in asked:
        one.thread.join(max(0.0, deadline - now()))
    late = [one for one in asked if one.thread.is_alive()]
    cancel.set(TimeLimit("invoke doctor", seconds), at_once=True)
    for one in late:
        one.thread.join(_ENDING_SECONDS / len(late))
    for one in asked:
        if one.bug is not None:
            raise one.bug
    return [told for one in asked for told in _told(one, seconds, late=one in late)]


def _told(one: _Asked, seconds: float, *, late: bool) -> list[Told]:
    name = one.check.id
    if late:
        cause = f"no answer within {seconds:g} s"
        return [Told(name, ok=False, cause=cause, fix=_PATIENCE)]
    findings = one.findings or []
    names = [found.name or (str(number) if len(findings) > 1 else "") for number, found in enumerate(findings, start=1)]
    return [
        Told(f"{name}.{own}" if own else name, ok=False, cause=found.cause, fix=found.fix, mend=found.mend)
        for own, found in zip(names, findings, strict=True)
    ] or [Told(name, ok=True)]
