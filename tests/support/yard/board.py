"""The board itself in a yard: its production images, and versions of it that differ by a migration and a page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from shutil import copytree
from typing import TYPE_CHECKING

from helpers.clone import ROOT
from shiplane.lab import lifecycle as lab
from traffic.wanted import Flow, Wanted, mix
from yard.checkout import Yard
from yard.images import HERE, Builder
from yard.load import RATE

if TYPE_CHECKING:
    from pathlib import Path

_MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("board", "{before}")]
    operations = [migrations.CreateModel("Proof{number}", [("id", models.BigAutoField(primary_key=True))])]
"""
_PYTHONS = range(311, 320)
_BUILT = re.compile(r"^built (\w+):(\S+)$", re.MULTILINE)


class BoardBuilder(Builder):
    """Lay another migration and another page over the board's production images; `one-7` is the seventh version."""

    def lay_out(self, folder: Path) -> dict[str, Path]:
        """Build the board."""
        argv = (sys.executable, "-m", "shiplane.cli.session", "images", "production")
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1200)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        self.bases = {name: f"{name}:{tag}" for name, tag in _BUILT.findall(done.stdout)}
        for name in ("backend", "frontend"):
            copytree(HERE / f"board-{name}", folder / name)
        self._last = max(file.stem for file in (ROOT / "backend/board/migrations").glob("0*.py"))
        return {name: folder / name for name in ("backend", "frontend")}

    def more(self, component: str) -> tuple[str, ...]:
        """Name the image that is built upon."""
        return ("--build-arg", f"BASE={self.bases[component]}") if component in self.bases else ()

    def prepare(self, version: str, count: int) -> None:
        """Write what a version lays over the backend: migrations, and a port where nobody asks for an unhealthy one."""
        folder = self.contexts["backend"] / f"over-{version}"
        migrations = folder / "board/migrations"
        migrations.mkdir(parents=True)
        before = self._last
        for number in range(1, count + 1):
            name = f"9{number:03}_proof"
            (migrations / f"{name}.py").write_text(_MIGRATION.format(before=before, number=number))
            before = name
        if version.startswith("unhealthy"):
            text = (ROOT / "backend/gunicorn.conf.py").read_text()
            (folder / "gunicorn.conf.py").write_text(f'{text}\nbind = "127.0.0.1:9"\n')
            # The image holds it compiled too, and never asks for its source; what is no code is passed by.
            (folder / "__pycache__").mkdir()
            for python in _PYTHONS:
                (folder / "__pycache__" / f"gunicorn.conf.cpython-{python}.pyc").touch()


class BoardYard(Yard):
    """Deploy the board, each version with a migration of its own."""

    builder_class = BoardBuilder
    kinds = ()
    builder: BoardBuilder
    _versions = 0

    @classmethod
    def compose(cls, text: str) -> str:
        """Give the project's own file as it is."""
        return text

    def release(self, kind: str, name: str = "", **words: object) -> str:
        """Publish another version; `unhealthy` one listens where nobody asks."""
        self._versions += 1
        version = f"{kind}-{self._versions}"
        self.builder.prepare(version, self._versions)
        self.images[version] = self.builder.all((version,))[version]
        return super().release(version, name or version, **words)  # type: ignore[arg-type] - they are passed on

    def rows(self) -> set[str]:
        """Give the releases that the board knows."""
        ask = "docker exec app-staging-db-1 psql -U app -d app -qtAXc 'SELECT id FROM board_release'"
        return set(self.on_server(ask).split())

    def wanted(self, limit: float) -> Wanted:
        """Give the load: 200 requests a second, of which the board's two workers can answer as many on half a core."""
        token = lab.secrets(self.folder)["staging"]["BOARD_TOKEN"]
        row = {
            "id": "{id}",
            "commit": "c" * 40,
            "branch": "main",
            "run": "proof",
            "version": "1.0.0",
            "dirty": False,
            "created_at": "2026-01-01T00:00:00Z",
            "images": {"backend": {"reference": "r/backend:1", "digest": f"sha256:{'a' * 64}"}},
        }
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        write = Flow("write", 1, "/api/v1/reports/", "POST", 0, json.dumps({"releases": [row]}), headers)
        share = RATE / 200
        page, asset = Flow("page", 8 * share, kind="page"), Flow("asset", 112 * share, connections=8, kind="asset")
        slower = [flow for flow in mix("/api/v1/releases/?limit=1", write, 86 * share) if flow.kind == "plain"]
        return Wanted(self.port, (*slower, page, asset), ca_file=self.state.ca_file, limit=limit)
