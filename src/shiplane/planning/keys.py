"""The key of a step: a hash of all that its result depends on, and what a key's change came from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shiplane.config import Config
    from shiplane.facts.inventory import Inventory
    from shiplane.model import Inputs

Item = tuple[str, str, str]
"""Kind, name and value of one input: `("file", "backend/manage.py", "100755 <hash>")`."""

UNTOLD = ""
"""The key of a step whose inputs cannot all be told: no result counts for it, and none is kept."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NAMED = 2
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_GLOB_WORDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def items_of(  # noqa: PLR0913 - what inputs may be of, each by name
    inputs: Inputs,
    inventory: Inventory,
    config: Config,
    environ: Mapping[str, str],
    images: Mapping[str, str],
    tools: Mapping[str, str] = _NOTHING,
) -> tuple[Item, ...]:
    """List what the inputs are now; `images` gives the ids of images by reference, `tools` versions by name."""
    return (
        *(("file", name, value) for name, value in _files(inputs, inventory)),
        *(("config", path, _configured(config, path)) for path in inputs.config),
        # A variable may hold a password: its hash is enough to see that it changed.
        *(("variable", name, _hashed(environ.get(name))) for name in inputs.environ),
        *(("image", name, images.get(name, "")) for name in inputs.images),
        *(("tool", name, value) for name, value in _matching(tools, inputs.tools)),
        *(("value", name, value) for name, value in inputs.values),
    )


def key_of(items: Sequence[Item]) -> str:
    """Hash items to 64 hex digits; `UNTOLD` where the content of one is unknown."""
    if any(kind == "file" and value == "unknown" for kind, _, value in items):
        return UNTOLD
    text = json.dumps(items, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def difference(before: Sequence[Item], after: Sequence[Item]) -> str:
    """Say in a few words what differs: `backend/a.py changed, backend/b.py is new and 3 more`; empty: nothing."""
    old, new = ({(kind, name): value for kind, name, value in items} for items in (before, after))
    said = [_said(each, old, new) for each in sorted(old.keys() | new.keys()) if old.get(each) != new.get(each)]
    more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more


def _said(each: tuple[str, str], old: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]) -> str:
    kind, name = each
    title = name if kind in ("file", "value") else f"{kind} {name}"
    if each not in old:
        return f"{title} is new"
    return f"{title} {'changed' if each in new else 'is gone'}"


def _files(inputs: Inputs, inventory: Inventory) -> Iterator[tuple[str, str]]:
    unwanted = matcher(inputs.without)
    return ((name, value) for name, value in _matching(inventory.files, inputs.files) if not unwanted.fullmatch(name))


def _matching(known: Mapping[str, str], patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    wanted = matcher(patterns)
    return ((name, known[name]) for name in sorted(known) if wanted.fullmatch(name))


def matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Make one expression of glob patterns; `**` crosses folders, as in Python's own glob. None match nothing."""
    return re.compile("|".join(map(_expression, patterns)) or "(?!)", re.DOTALL)


def _expression(pattern: str) -> str:
    return "".join(_GLOB_WORDS.get(part) or re.escape(part) for part in _GLOB.findall(pattern))


def _configured(config: Config, path: str) -> str:
    """Give a configuration key as text; a table of tables is entered by name. AttributeError where there is none."""
    value: Any = config
    for word in path.split("."):
        if isinstance(value, tuple):
            value = next((each for each in value if each.name == word), None)
        else:
            value = getattr(value, word)
    return json.dumps(value, default=dataclasses.asdict, ensure_ascii=False)


def _hashed(value: str | None) -> str:
    return "unset" if value is None else hashlib.sha256(value.encode(errors="surrogateescape")).hexdigest()
