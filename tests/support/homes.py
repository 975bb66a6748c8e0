"""A home folder in place of a server: our scripts run in it for real, before an engine that a test writes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from shiplane.model import Host, Site

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Command

HOST = Host("staging", "192.0.2.1", 22, "deploy", "/keys/staging", "/keys/known_hosts")


class Home:
    """Hold a home folder whose `docker` is what a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, folder / "programs"
        self.programs.mkdir()
        self.site = Site("staging", HOST, "deployments/app-staging", "https://staging.test", "compose.staging.yml")
        self.place = folder / self.site.folder
        self.place.mkdir(parents=True)

    def docker(self, text: str) -> None:
        """Let `docker` be a script; it writes its arguments down first."""
        program = self.programs / "docker"
        program.write_text(f'#!/bin/bash\necho "$*" >>~/asked\n{text}\n')
        program.chmod(0o755)

    def asked(self) -> list[str]:
        """Give what `docker` was asked since the last time."""
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    @property
    def environ(self) -> dict[str, str]:
        """Give the variables of what runs there."""
        return {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.folder)}

    def run(self, command: Command) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        text, folder = command.input_text(), self.folder / (command.cwd or "")
        return subprocess.run(
            command.argv,
            input=text,
            cwd=folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
