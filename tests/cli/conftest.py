from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from isolation import reached_out
from projects import Project, clear_environment

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["reached_out"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    clear_environment(monkeypatch)
    return Project(tmp_path, monkeypatch, capsys)
