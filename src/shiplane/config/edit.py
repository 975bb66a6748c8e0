"""Changing `[tool.shiplane]` in the text of pyproject.toml: comments, order and all else stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomlkit

from shiplane.config import describe
from shiplane.errors import ConfigError, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tomlkit.items import Item

_HEADER = re.compile(r"^\s*\[\[?(?P<name>[^\[\]]+)\]\]?\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"^\s*(?P<name>[A-Za-z0-9_.\"'-]+)\s*=")


def require(path: str) -> describe.Key:
    """Give the key of a path; raises `UnknownKey` with the nearest one."""
    key = describe.find(path)
    if key is None:
        *place, name = path.split(".")
        raise UnknownKey(".".join((describe.ROOT, *place)), name, _near(place))
    return key


def _near(place: list[str]) -> list[str]:
    """Give the keys of the table that was meant, else the names of tables."""
    table = describe.find_table(place)
    if table is not None:
        return [key.name for key in table.keys]
    return [".".join(table.place) for table in describe.tables() if table.place and not table.repeated]


def with_value(text: str, path: str, value: Any) -> str:  # noqa: ANN401 - what TOML holds
    """Give the text with a key set; its table is made where it is not there."""
    require(path)
    document = tomlkit.parse(text)
    *place, name = path.split(".")
    table: Any = document
    is_new = False
    for part in ("tool", "shiplane", *place):
        if part not in table:
            is_new = True
            table[part] = tomlkit.table()
        table = table[part]
    if name not in table or _plain(table[name]) != value:
        table[name] = value
    made = tomlkit.dumps(document)
    if is_new:
        tried = _with_table(text, f"[{describe.ROOT}.{'.'.join(place)}]", tomlkit.dumps({name: value}))
        # Where the lines were misread, it is left to the library, which puts the table before the next one's comment.
        if tried and _plain(tomlkit.parse(tried)) == _plain(document):
            return tried
    return made


def _with_table(text: str, header: str, content: str) -> str:
    """Put a new table behind the last one of ours, before the comment that leads in the next."""
    lines = text.splitlines(keepends=True)
    headers = [(number, found["name"].strip()) for number, line in enumerate(lines) if (found := _HEADER.match(line))]
    ours = [number for number, name in headers if f"{name}.".startswith(f"{describe.ROOT}.")]
    if not ours:
        return ""
    end = next((number for number, _ in headers if number > ours[-1]), len(lines))
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    before = "".join(lines[:end])
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}\n{header}\n{content}{''.join(lines[end:])}"


def without(text: str, path: str) -> str:
    """Give the text without a key; raises `ConfigError` where it is not set there."""
    require(path)
    document = tomlkit.parse(text)
    *place, name = path.split(".")
    table: Any = document
    for part in ("tool", "shiplane", *place):
        table = table.get(part, {})
    if name not in table:
        raise ConfigError(f"{describe.ROOT}.{path}", "is not set in pyproject.toml", "see: invoke config.show --origin")
    table.remove(name)
    return tomlkit.dumps(document)


def _plain(item: Item | Any) -> Any:  # noqa: ANN401 - what TOML holds
    return item.unwrap() if hasattr(item, "unwrap") else item


def lines(text: str) -> dict[str, int]:
    """Give the line of each key below `tool.shiplane`, where it stands in a table of its own."""
    return dict(_lines(text))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header, assigned = _HEADER.match(line), _ASSIGNED.match(line)
        if header:
            table = header["name"].strip()
        elif assigned:
            path = f"{table}.{assigned['name']}".replace('"', "").replace("'", "")
            if path.startswith(f"{describe.ROOT}."):
                yield path.removeprefix(f"{describe.ROOT}."), number
