"""What an engine that is ready for a run answers, and what a run asked of this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.lab.images.catalogue import OFFICIAL_NAMES, server_reference

if TYPE_CHECKING:
    from checkouts import Answer
    from projects import Project

NAMES = [*OFFICIAL_NAMES, server_reference()]
HELD = "\n".join(json.dumps({"id": f"sha256:{n}", "tags": [name], "labels": {}}) for n, name in enumerate(NAMES))
BASES: list[Answer] = [('docker image inspect --format \'{"id"', HELD, 0)]
"""The engine holds every base image, none of them a stand-in."""


def sessions(project: Project) -> list[str]:
    """Give the Nox sessions that were called, in order."""
    return [line.rpartition(" -s ")[2] for line in project.transcript if "/nox -s " in line]
