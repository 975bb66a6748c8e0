"""Raising versions in a real repository."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from helpers.clone import Clone

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_of_a_real_checkout_rise_once(tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "shop")
    (clone.folder / "scratch.txt").write_text("not part of it")
    clone.git("add", "scratch.txt")
    before = clone.git("rev-parse", "HEAD")
    clone.invoke("version.bump", "frontend", "7.0.0")
    files = ["CHANGELOG.md", "frontend/package-lock.json", "frontend/package.json"]
    assert clone.git("diff", "--name-only", before, "HEAD").splitlines() == files
    assert clone.git("log", "-1", "--format=%s") == "Release frontend 7.0.0"
    assert clone.git("describe", "--exact-match") == "frontend-7.0.0"
    assert clone.git("diff", "--cached", "--name-only") == "scratch.txt"
    lock = json.loads((clone.folder / "frontend/package-lock.json").read_text())
    assert (lock["version"], lock["packages"][""]["version"]) == ("7.0.0", "7.0.0")
    # The lock is marked as generated, whose lines are not shown unless asked for.
    lines = clone.git("diff", "--text", "--unified=0", before, "HEAD", "--", "frontend").splitlines()
    assert [line.strip("+ ,") for line in lines if re.match(r"\+[^+]", line)] == ['"version": "7.0.0"'] * 3

    clone.commit("Say it <better>", lambda folder: (folder / "frontend/said.txt").write_text("x"))
    clone.invoke("version.bump", "frontend", "minor")
    section = (clone.folder / "CHANGELOG.md").read_text().partition("## frontend 7.1.0")[2].partition("## ")[0]
    assert "- Say it <better> (" in section
    assert section.count("\n- ") == 1, "only what came after the tag before"

    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    refused = clone.invoke("version.bump", "frontend", "minor", code=8)
    assert "frontend 7.1.0 exists already: the tag frontend-7.1.0" in refused.output
    assert clone.git("status", "--porcelain", "--untracked-files=no") == ""


def test_where_a_hook_refuses_nothing_changes(tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "shop")
    hook = clone.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho no more commits\nexit 1\n")
    hook.chmod(0o755)
    refused = clone.invoke("version.bump", "backend", "minor", code=3)
    assert "no more commits" in refused.output
    assert clone.git("status", "--porcelain") == ""
    assert clone.git("tag") == ""
