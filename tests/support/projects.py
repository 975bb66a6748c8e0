"""Whole commands, typed in a checkout whose processes and servers are recordings."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.program import Program

from checkouts import make_checkout
from worlds import RecordedWorld

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from invoke.collection import Collection

    from checkouts import Answer

_SPEC = importlib.util.spec_from_file_location("project_tasks", Path(__file__).parents[2] / "tasks.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_TASKS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_TASKS)
NAMESPACE: Collection = _TASKS.ns
_FOREIGN = ("GITHUB_", "STAGING_", "PRODUCTION_", "DOCKER_", "REGISTRY_", "SERVER_", "SSH_", "TLS_", "SHIPLANE_SET_")
_NAMES = ("CONTAINER_REGISTRY", "REPOSITORY_OWNER", "DB_PASSWORD", "REDIS_PASSWORD")


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold how a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.out)


class Project:
    """Type commands in a checkout whose processes and servers are recordings."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = make_checkout(folder)
        self.patch = patch
        self.capture = capture
        self.world = RecordedWorld()
        patch.chdir(folder)
        patch.setenv("XDG_STATE_HOME", str(folder.with_name(f"{folder.name}-state")))
        # Nothing of what this machine's Docker client knows.
        patch.setenv("DOCKER_CONFIG", str(folder.with_name(f"{folder.name}-docker")))

    def answers(self, *answers: Answer, servers: Sequence[Answer] = ()) -> None:
        """Let processes answer these before what git says, and servers those."""
        self.world = RecordedWorld(answers, servers)

    def invoke(self, line: str, **environ: str) -> Ended:
        """Run `invoke` with a line of arguments and variables."""
        self.patch.setattr("shiplane.cli.app.WORLD", self.world)
        for name, value in environ.items():
            self.patch.setenv(name, value)
        self.capture.readouterr()
        argv = ["invoke", *shlex.split(line)]
        self.patch.setattr("sys.argv", argv)
        code = 0
        try:
            Program(namespace=NAMESPACE, name="invoke").run(argv, exit=False)
        except SystemExit as end:
            code = int(end.code or 0)
        said = self.capture.readouterr()
        return Ended(code, said.out, said.err)

    @property
    def transcript(self) -> list[str]:
        """Give what ran on this machine."""
        return self.world.transcript

    @property
    def runs(self) -> list[Path]:
        """Give the folders of runs: none means that nothing was begun."""
        return sorted((self.folder / ".shiplane" / "runs").glob("*"))


def clear_environment(patch: pytest.MonkeyPatch) -> None:
    """Take away what a developer's shell or GitHub may have set."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name in _NAMES:
            patch.delenv(name)
