"""A small project of its own: images that build in a second, from what this machine holds."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from helpers.clone import ROOT, Clone
from helpers.engine import docker, image_names
from shiplane.model.identity import checkout_id

if TYPE_CHECKING:
    from pathlib import Path

# Images are called after components, machine-wide: these are no other checkout's, nor another worker's.
_MARK = checkout_id(ROOT) + os.environ.get("PYTEST_XDIST_WORKER", "")
ONE, TWO, THREE = (f"t{_MARK}-{name}" for name in ("one", "two", "three"))
CONFIG = """
[tool.shiplane]
name = "small"

[tool.shiplane.environments.staging]
url = "https://staging.example.com"
branches = ["main", "feature/*"]

[tool.shiplane.environments.production]
url = "https://example.com"
branches = ["main"]
"""
COMPONENT = """
[tool.shiplane.components.{name}]
context = "{name}"
version_file = "{name}/package.json"
"""
DOCKERFILE = """\
FROM debian:trixie-slim AS base
ARG WORD=none
RUN mkdir -p /out/made && printf %s "$WORD" > /out/made/word

FROM base AS development
RUN touch /out/development

FROM base AS source
COPY . /out/made/
RUN chmod -R u=rwX,go=rX /out && find /out -exec touch -hd 2020-01-01T00:00:00Z {} +

FROM scratch AS production
COPY --from=source /out/ /
USER 1000
ARG VERSION
ARG WORD=none
LABEL word="$WORD" version="$VERSION"
"""
"""The production image stands on no base image: it may go to any registry."""


def make(folder: Path, *names: str, config: str = "") -> Clone:
    """Make a repository with one commit, whose components have a Dockerfile and a source each."""
    made = Clone(folder, PYTHONPATH=str(ROOT / "src"))
    folder.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    _settle(made)
    for name in ("noxfile.py", "tasks.py"):
        shutil.copy(ROOT / name, folder / name)
    tables = "".join(COMPONENT.format(name=name) for name in names)
    (folder / "pyproject.toml").write_text(CONFIG + tables + config)
    for name in names:
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(DOCKERFILE)
        (folder / name / "package.json").write_text('{"version": "1.0.0"}\n')
        (folder / name / "source").write_text(f"{name}\n")
    made.commit("Begin", lambda _folder: None)
    return made


def copy(made: Clone, folder: Path) -> Clone:
    """Clone such a repository: what its runs wrote stays where it is."""
    made.git("clone", "--quiet", str(made.folder), str(folder))
    cloned = Clone(folder)
    cloned.environ = dict(made.environ)
    _settle(cloned)
    return cloned


def _settle(made: Clone) -> None:
    made.git("config", "user.name", "Test")
    made.git("config", "user.email", "test@example.com")
    (made.folder / ".git" / "info" / "exclude").write_text("/.venv\n/.nox\n/.shiplane\nignored\n")
    (made.folder / ".venv").symlink_to(ROOT / ".venv")


def remove_images() -> None:
    """Remove all that was built of such projects, under its names of registries too."""
    left = [image for image in image_names() if f"t{_MARK}-" in image]
    if left:
        docker("rmi", "--force", *left)
