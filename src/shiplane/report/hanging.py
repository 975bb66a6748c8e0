"""Rich text that keeps its indentation when it is folded; only modules that draw on a terminal import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding

if TYPE_CHECKING:
    from rich.text import Text


def hanging(text: Text) -> Padding:
    """Fold a text, every row of it indented like the first."""
    body = text.plain.lstrip(" ")
    indent = len(text) - len(body)
    inner = text[indent:] if body else text
    inner.overflow = "fold"
    return Padding(inner, (0, 0, 0, indent))
