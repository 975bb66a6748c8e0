"""A runner of GitHub Actions, as far as it listens to what a step prints."""

from __future__ import annotations


def obeyed(output: str) -> list[str]:
    """Give the orders that a runner would take from an output, as its ActionCommandManager reads them."""
    found, token = [], ""
    for line in output.replace("\r", "\n").split("\n"):
        text = line.strip()
        if token:
            token = "" if text == f"::{token}::" else token
        elif text.startswith("::stop-commands::"):
            token = text.removeprefix("::stop-commands::")
        elif text.startswith("::") or "##[" in text:
            found.append(text)
    return found
