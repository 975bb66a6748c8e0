"""What the pipeline writes into its issues and comments to know them again: a comment that nobody sees."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# At the very beginning alone: whatever a log holds comes later. Base64 has no dash that could end the comment.
_MARK = re.compile(r"\A<!-- shiplane ([A-Za-z0-9+/=]+) -->")
_TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


@dataclass(frozen=True, slots=True)
class Key:
    """Name what fails: a stage, a step (empty: none was reached) and a branch; one open issue each."""

    stage: str
    step: str
    branch: str

    @classmethod
    def of(cls, mark: Mapping[str, Any]) -> Key | None:
        """Read it from an issue's mark."""
        if mark.get("kind") != "failure":
            return None
        return cls(*(str(mark.get(name, "")) for name in ("stage", "step", "branch")))


def failure_mark(key: Key, run: str) -> str:
    """Mark an issue about a failure, and by which run it was opened."""
    return _written({"kind": "failure", "stage": key.stage, "step": key.step, "branch": key.branch, "run": run})


def comment_mark(kind: str, about: str) -> str:
    """Mark a comment: `again` and `green` are about a run, `fixed` about a commit, `double` about an issue."""
    return _written({"kind": kind, "about": about})


def read_mark(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the mark of an issue or comment; empty where it has none, or was written by a stranger.

    Texts of strangers may look like ours: theirs is who is neither an application nor may write to the repository.
    """
    found = _MARK.match(str(item.get("body") or ""))
    if found is None or not _is_trusted(item):
        return {}
    try:
        mark = json.loads(base64.b64decode(found[1], validate=True))
    except ValueError:
        return {}
    return mark if isinstance(mark, dict) else {}


def _is_trusted(item: Mapping[str, Any]) -> bool:
    user = item.get("user") or {}
    return user.get("type") == "Bot" or item.get("author_association") in _TRUSTED


def _written(mark: Mapping[str, str]) -> str:
    return f"<!-- shiplane {base64.b64encode(json.dumps(mark).encode()).decode()} -->"
