"""Where the links of Markdown pages lead, judged without a network."""

from __future__ import annotations

import itertools
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from markdown_it.token import Token

_ID = re.compile(r"\bid=[\"']([^\"']+)[\"']")
_ABROAD = ("https", "http")


@dataclass(frozen=True, slots=True)
class Page:
    """Hold what a page offers, the anchors of its headings as GitHub makes them, and its links with their lines."""

    anchors: frozenset[str]
    links: tuple[tuple[int, str], ...]


def read(text: str) -> Page:
    """Read a page of Markdown."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    raw = (token.content for token in _all(tokens) if token.type in ("html_block", "html_inline"))
    ids = {found for content in raw for found in _ID.findall(content)}
    return Page(frozenset({*_anchors(tokens), *ids}), tuple(_links(tokens)))


def faults(texts: Mapping[str, str], files: Collection[str]) -> Iterator[str]:
    """Tell of each link of these pages (by path) that leads nowhere, with its line; `files` are all that there are."""
    pages = {path: read(text) for path, text in texts.items()}
    known = {*files, *(folder for file in files for folder in _folders(file))}
    for path, page in pages.items():
        for line, link in page.links:
            problem = _problem(path, link, pages, known)
            if problem:
                yield f"{path}:{line}: {link}: {problem}"


def _problem(page: str, link: str, pages: Mapping[str, Page], known: Collection[str]) -> str:
    """Say what is wrong with a link; empty where nothing is."""
    parts = urlsplit(link)
    if parts.scheme:
        return "it names no host" if parts.scheme in _ABROAD and not parts.hostname else ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
    if path not in known:
        return f"there is no {path}"
    anchor = unquote(parts.fragment)
    if anchor and path in pages and anchor not in pages[path].anchors:
        return f"{path} has no such heading"
    return ""


def _folders(file: str) -> Iterator[str]:
    while file := posixpath.dirname(file):
        yield file


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _anchors(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the anchors of headings: GitHub counts those that would be the same."""
    seen: dict[str, int] = {}
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            words = "".join(child.content for child in token.children or ())
            name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            count = seen[name] = seen.get(name, -1) + 1
            yield f"{name}-{count}" if count else name


def _links(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    for token in tokens:
        if token.type != "inline" or token.map is None:
            continue
        line = token.map[0] + 1
        for child in token.children or ():
            line += child.type in ("softbreak", "hardbreak")
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if isinstance(target, str):
                yield line, target
