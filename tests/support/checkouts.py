"""A checkout on disk and the answers that git gives in it."""

from __future__ import annotations

import hashlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from samples import COMMIT, CONFIG_TEXT, OTHER, TIME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Answer = tuple[str, str, int]
FILES = {
    "pyproject.toml": CONFIG_TEXT,
    "backend/config/__init__.py": '__version__ = "1.0.0"\n',
    "frontend/package.json": '{"version": "1.0.0"}\n',
    "docker-compose.yml": "services: {}\n",
    "compose.staging.yml": "services: {}\n",
    "compose.production.yml": "services: {}\n",
    ".env.docker": "DB_NAME=app\n",
    "proxy/nginx.conf": "events {}\n",
}


COMPOSE: Answer = ("docker compose .* config --format json", '{"services": {}}', 0)
"""What Compose makes of `FILES`."""


def stage(files: Mapping[str, str]) -> str:
    """Give what git says of committed files; the hashes are made up, yet change with the texts."""
    hashes = {name: hashlib.sha256(text.encode()).hexdigest()[:40] for name, text in files.items()}
    return "".join(f"100644 {found} 0\t{name}\0" for name, found in hashes.items())


STAGE = stage(FILES)


def without_hashes(plan: str) -> str:
    """Take out of a plan's JSON what changes with every comment in a script: its size, and keys."""
    return re.sub(r'"key": "[0-9a-f]{64}"', '"key": "(hash)"', re.sub(r"< \(\d+ bytes\)", "< (script)", plan))


def make_checkout(folder: Path, changes: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Write the files, `changes` in place of their own texts."""
    for name, text in (FILES | dict(changes)).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def git_answers(branch: str = "main", edits: str = "", untracked: str = "") -> list[Answer]:
    """Give what git says: HEAD, branch, edits, untracked files, last changes of the two components."""
    return [
        ("git log -1 --format=%H%x00%an", f"{COMMIT}\0Ada\0Show deploys\0HEAD -> {branch}", 0),
        ("git symbolic-ref", branch, 0 if branch else 1),
        ("git diff", edits, 0),
        ("git ls-files --others --ignored", "", 0),
        ("git ls-files --others", untracked, 0),
        ("git ls-files --stage", STAGE, 0),
        ("git ls-files --modified", untracked, 0),
        ("git log .* -- backend", f"{COMMIT}\0{TIME}", 0),
        ("git log .* -- frontend", f"{OTHER}\0{TIME}", 0),
    ]


_GIT = "local$ GIT_OPTIONAL_LOCKS=0 git"
QUESTIONS = [
    f"{_GIT} log -1 --format=%H%x00%an%x00%s%x00%D",
    f"{_GIT} ls-files --others --ignored --exclude-standard --directory -z -- backend frontend testing",
    f"{_GIT} symbolic-ref --quiet --short HEAD",
    f"{_GIT} diff --raw --no-abbrev --no-renames -z HEAD --",
    f"{_GIT} ls-files --others --exclude-standard -z --",
    f"{_GIT} log -1 --format=%H%x00%cI -- backend",
    f"{_GIT} log -1 --format=%H%x00%cI -- frontend",
]
"""All that a command may ask before it changes anything."""

PLAN_QUESTIONS = [
    *QUESTIONS,
    f"{_GIT} ls-files --stage -z",
    f"{_GIT} ls-files --modified --others --exclude-standard -z",
]
"""What the plan of a pipeline asks beside that: the content of every file."""


def contents(*folders: Path) -> dict[str, str]:
    """Give all that is in folders: what files hold, where links lead, and that a folder is there."""
    return {str(one): _content(one) for folder in folders for one in (folder, *folder.rglob("*")) if one.exists()}


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else f"folder {path.stat().st_mode:o}"
