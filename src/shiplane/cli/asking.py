"""Questions to the person at the terminal; where there is none, nothing waits."""

from __future__ import annotations

import sys

from shiplane.errors import NoTerminal

_YES = ("y", "yes")


def agrees(question: str, *, json: bool = False) -> bool:
    """Ask for a yes; raises `NoTerminal` where there is no terminal, or where JSON goes there."""
    return _asked(question, "[y/N]", json=json).lower() in _YES


def typed(word: str, question: str, *, json: bool = False) -> bool:
    """Ask for a word, for what cannot be taken back; raises as `agrees` does."""
    return _asked(question, f"type {word} to agree:", json=json) == word


def _asked(question: str, how: str, *, json: bool) -> str:
    if json or not sys.stdin.isatty():
        raise NoTerminal(question)
    try:
        return input(f"{question} {how} ").strip()
    except EOFError:
        return ""
