"""The command lines of the documentation, as somebody would type them who reads it."""

from __future__ import annotations

import itertools
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SHELLS = ("sh", "shell", "console", "zsh", "fish")
"""Languages that no block may have: only `bash` is looked at."""
_BETWEEN = frozenset({"&&", "||", "|", ";", "&"})


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one command: where it stands, its words, and the variables before it."""

    place: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Give it as one text, by which it is known."""
        return " ".join((*(f"{name}={value}" for name, value in self.variables), *self.words))


def pages() -> list[Path]:
    """Give every page that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks() -> Iterator[tuple[str, int, str, str]]:
    """Give page, line, language and text of each block of code."""
    for page in pages():
        for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
            if token.type in ("fence", "code_block") and token.map is not None:
                yield str(page.relative_to(ROOT)), token.map[0] + 1, token.info.strip(), token.content


def sections(page: Path) -> list[tuple[str, list[str]]]:
    """Give the headings of a page in turn, each with its blocks of bash as they are written."""
    found: list[tuple[str, list[str]]] = [("", [])]
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            found.append((token.content, []))
        elif token.type == "fence" and token.info.strip() == "bash":
            found[-1][1].append(token.content)
    return found


def lines() -> list[Line]:
    """Give every command of every block of bash."""
    return [
        command
        for page, start, language, text in blocks()
        if language == "bash"
        for command in _commands(f"{page}:{start}", text)
    ]


def _commands(place: str, text: str) -> Iterator[Line]:
    for line in text.replace("\\\n", " ").splitlines():
        reader = shlex.shlex(line, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        found: list[str] = []
        for word in [*reader, ";"]:
            if word not in _BETWEEN:
                found.append(word)
            elif found:
                yield _command(place, found)
                found = []


def _command(place: str, words: list[str]) -> Line:
    """Take apart variables, words, and where the output goes."""
    ends = [index for index, word in enumerate(words) if word and set(word) <= set("<>")]
    kept = words[: ends[0]] if ends else list(words)
    variables: list[tuple[str, str]] = []
    while kept and kept[0].partition("=")[0].isidentifier() and "=" in kept[0]:
        name, _, value = kept.pop(0).partition("=")
        variables.append((name, value))
    return Line(place, tuple(kept), tuple(variables))


def split(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part the words at `--`."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def quoted(words: tuple[str, ...]) -> str:
    """Write words so that a shell reads them again."""
    return shlex.join(words)
