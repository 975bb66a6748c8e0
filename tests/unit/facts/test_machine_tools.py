from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from shiplane.facts import machine_tools
from shiplane.facts.machine_tools import installed, parse

if TYPE_CHECKING:
    from pathlib import Path


def test_what_python_has_here() -> None:
    found = installed()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    for name in ("ruff", "import-linter", "pytest"):
        assert found[f"python/{name}"] == metadata.version(name)


def test_folders_are_read_by_their_names_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ruff-0.14.5.dist-info", "check_jsonschema-0.35.0.dist-info", "ruff", "odd.dist-info"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(machine_tools, "_places", lambda: (str(tmp_path), str(tmp_path / "gone")))
    assert list(installed().items())[1:] == [("python/check-jsonschema", "0.35.0"), ("python/ruff", "0.14.5")]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (
            "26.1.5+dfsg1|[[Backing Filesystem extfs]]|buildx v0.13.1 compose v2.26.1 scan v1 \n",
            {"engine": "26.1.5+dfsg1", "buildx": "v0.13.1", "compose": "v2.26.1"},
        ),
        ("29.1|[]|", {"engine": "29.1"}),
        ("29.1|overlayfs", {"engine": "29.1"}),
        ("", {}),
    ],
)
def test_what_the_engine_says_of_itself(told: str, found: dict[str, str]) -> None:
    assert parse(told) == found
