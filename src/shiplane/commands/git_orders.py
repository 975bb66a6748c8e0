"""Orders to git that change the repository; questions are in `commands.git`."""

from __future__ import annotations

from shiplane.model import Command


def add(*paths: str) -> Command:
    """Stage these files as they lie here."""
    return Command(("git", "add", "--", *paths))


def unstage(*paths: str) -> Command:
    """Take these files back out of what is staged."""
    return Command(("git", "reset", "--quiet", "--", *paths))


def commit(message: str, *paths: str) -> Command:
    """Record these files alone, as they lie here; what else is staged stays staged."""
    return Command(("git", "commit", "--quiet", "--only", f"--message={message}", "--", *paths))


def tag(name: str, message: str) -> Command:
    """Give the commit that is checked out a name, with a message."""
    return Command(("git", "tag", "--annotate", f"--message={message}", name))
