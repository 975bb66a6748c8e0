"""A run that is ended from outside leaves nothing, or nothing that the next one does not remove."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker, traces, wait_for
from helpers.processes import kill_all_in, working_in

if TYPE_CHECKING:
    from helpers.clone import Clone, Started
    from helpers.story import Chapter

pytestmark = pytest.mark.timeout(1200)


def start_tests(clone: Clone) -> Started:
    """Start a run and wait until its tests run in their containers."""
    started = clone.start("invoke", "pipeline", "--until", "test", "--no-reuse", "--plain")
    wanted = {f"app-test-{clone.id}-{name}-tests" for name in ("backend", "frontend")}

    def under_way() -> bool:
        assert started.process.poll() is None, started.output
        running = set(docker("ps", "--format", "{{.Names}}").decode().split())
        return f"app-test-{clone.id}-backend-tests" in running and bool(wanted & running)

    wait_for("the start of the test containers", under_way, 180)
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(clone: Clone, first: Chapter, number: signal.Signals) -> None:
    assert first.done.code == 0
    started = start_tests(clone)
    started.process.send_signal(number)
    done = started.finish()
    assert done.code == 130
    assert done.table["test"] == "cancelled"
    assert clone.journal(clone.last_run())[-1]["status"] == "cancelled"
    assert traces(f"app-test-{clone.id}") == []
    assert working_in(clone.folder) == {}


def test_what_a_killed_run_left_goes_with_the_next(clone: Clone, first: Chapter) -> None:
    assert first.done.code == 0
    started = start_tests(clone)
    kill_all_in(clone.folder)
    started.process.wait()
    assert traces(f"app-test-{clone.id}")
    clone.invoke("pipeline", "--until", "build", "--plain")
    assert traces(f"app-test-{clone.id}") == []
    assert working_in(clone.folder) == {}
