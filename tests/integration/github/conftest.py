from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import Hub, served
from hub.jobs import Workflow
from projects import Project, clear_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    with served(made):
        yield made
    assert made.wrong == []


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hub: Hub) -> Workflow:
    clear_environment(monkeypatch)
    monkeypatch.setenv("SHIPLANE_JOBS", "")
    return Workflow(Project(tmp_path / "app", monkeypatch, capsys), hub)
