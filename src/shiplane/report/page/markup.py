"""HTML in which every text is escaped unless it was made here."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"meta", "link", "br"})


class Markup(str):
    """Hold HTML as it goes into the page."""

    __slots__ = ()


Part = str | None
SPACE = Markup(" ")


def tag(name: str, /, *parts: Part, **attributes: str | float | bool | None) -> Markup:
    """Make an element: texts are escaped, None is left out; `class_` is `class`, `data_status` is `data-status`."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(parts)}</{name}>")


def joined(parts: Iterable[Part]) -> Markup:
    """Put parts one after the other."""
    return Markup("".join(text(part) for part in parts if part is not None))


def text(part: str) -> Markup:
    """Escape a text; of each line nothing is kept that would turn it around or hide it."""
    if isinstance(part, Markup):
        return part
    return Markup(html.escape("\n".join(clean(line) for line in part.split("\n"))))


def link(label: Part, address: str, **attributes: str | None) -> Markup:
    """Make a link where the address is one of the web; else the label stays a text."""
    if urlsplit(address).scheme in ("http", "https"):
        return tag("a", label, href=address, rel="noreferrer", **attributes)
    return tag("span", label, **attributes)


def icon(status: str) -> Markup:
    """Show a status by a shape of its own; the word stands beside it or is read aloud."""
    shape = Markup(f'<svg aria-hidden="true"><use href="#is-{html.escape(status)}"/></svg>')
    return tag("span", shape, class_="icon", data_status=status, title=status)


def pill(status: str, word: str = "") -> Markup:
    """Show a status as a word on its colour."""
    return tag("span", icon(status), word or status, class_="pill", data_status=status)


def facts(*pairs: tuple[str, Part]) -> Markup:
    """List names with what they are; empty ones are left out."""
    rows = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value]
    return tag("dl", *rows, class_="facts")


def log_box(lines: Markup) -> Markup:
    """Show lines as they came; a long log is opened at its end."""
    return tag("div", tag("pre", lines), class_="log", tabindex="0")


def stage_title(name: str) -> str:
    """Write a stage's name as a heading: `Build`, `E2E`."""
    return name.upper() if name == "e2e" else name.capitalize()


def code(value: str, **attributes: str | None) -> Markup:
    """Show text in the typeface of machines."""
    return tag("code", value, **attributes)


def _attribute(key: str, value: str | float | bool | None) -> str:  # noqa: FBT001 - an attribute's value
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(clean(str(value)))}"'


_SHAPES = {
    "passed": '<circle cx="8" cy="8" r="7"/><path class="cut" d="M4.8 8.3l2.2 2.2 4.2-4.6"/>',
    "failed": '<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z"/>'
    '<path class="cut" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"/>',
    "running": '<circle class="line faint" cx="8" cy="8" r="6.2"/><path class="line" d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2"/>'
    '<path class="line" d="M6.6 5.4L9.6 8l-3 2.6"/>',
    "pending": '<circle class="line dashed" cx="8" cy="8" r="6.2"/>',
    "skipped": '<circle class="line" cx="8" cy="8" r="6.2"/><path class="line" d="M5 11l6-6"/>',
    "cancelled": '<rect x="1.5" y="1.5" width="13" height="13" rx="2.5"/><path class="cut" d="M5 8h6"/>',
    "reused": '<circle class="line" cx="8" cy="8" r="6.2"/><path class="line" d="M5 8.2l2.1 2.1 3.9-4.3"/>',
    "flaky": '<path d="M8 1.2L15.2 14H.8z"/><path class="cut" d="M8 6v3.6M8 11.8v.1"/>',
}


def shapes() -> Markup:
    """Give the drawings that `icon` names."""
    symbols = "".join(f'<symbol id="is-{name}" viewBox="0 0 16 16">{drawn}</symbol>' for name, drawn in _SHAPES.items())
    return Markup(f'<svg class="shapes" aria-hidden="true">{symbols}</svg>')
