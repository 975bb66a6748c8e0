"""Answers that must not be missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import UsageError

if TYPE_CHECKING:
    from shiplane.model import Command
    from shiplane.runners.base import Runner


def told_by_git(runner: Runner, question: Command, what: str) -> str:
    """Give git's answer; raises `UsageError` where it fails, for its silence would pass for an empty answer."""
    done = runner.run(question)
    if not done.ok:
        raise UsageError(f"git cannot tell {what}", f"see why: {question.masked()}", done.tail())
    return done.stdout
