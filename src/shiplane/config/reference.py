"""The configuration's documentation and its JSON schema, both from the same description of the keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args, get_origin

from shiplane.config import describe
from shiplane.config.load import NAME
from shiplane.config.settings import Hooks
from shiplane.model import STEP_NAMES

if TYPE_CHECKING:
    from shiplane.config.describe import Key, Table

_DRAFT = "http://json-schema.org/draft-07/schema#"
_NAME = f"^{NAME.pattern}$"
_LONGEST_DEFAULT = 60
_HEAD = """\
# Configuration

Everything is configured in `pyproject.toml`, below `[tool.shiplane]`. Nothing secret belongs there: see
[secrets](secrets.md). A key that is misspelt or has the wrong type is refused with its path and the right one.

```bash
invoke config.show --origin                         # every value, and where it comes from
invoke config.set environments.staging.url https://staging.example.com
invoke config.set limits.e2e 2400
invoke config.unset limits.e2e                      # back to the default
```

`config.set` changes that key and leaves comments, order and all else of the file as they are; it writes nothing that
would be refused. Both take `--dry-run`, which prints the difference.

A variable of the environment wins over the file: `SHIPLANE_SET_ROLLOUT=recreate`, `SHIPLANE_SET_LIMITS__E2E=900`,
`SHIPLANE_SET_ENVIRONMENTS__STAGING__URL=…`: the path in capitals, `__` for a dot and `_` for a dash. Lists are written
with commas or as TOML.

`docs/shiplane.schema.json` describes the keys to editors; `.taplo.toml` names it to those that use
Taplo (Even Better TOML):

```toml
[[rule]]
include = ["pyproject.toml"]
[rule.schema]
path = "./docs/shiplane.schema.json"
```

This page and the schema are written from `settings.py` and `image_settings.py` in `src/shiplane/config`, by
`.venv/bin/python -m shiplane.cli.reference`.
"""


def page() -> str:
    """Write `docs/configuration.md`."""
    return "\n".join([_HEAD, *(_section(table) for table in describe.tables())])


def _section(table: Table) -> str:
    place = ".".join((describe.ROOT, *_shown(table)))
    title = f"[[{place}]]" if table.repeated else f"[{place}]"
    rows = "\n".join(f"| `{key.name}` | {_default(key)} | {_text(key)} |" for key in table.keys)
    summary = table.text.splitlines()[0]
    return f"## `{title}`\n\n{summary}\n\n| key | default | meaning |\n|---|---|---|\n{rows}\n"


def _shown(table: Table) -> tuple[str, ...]:
    names = iter(("STAGE", "STEP") if len(table.place) > 2 else ("NAME",))  # noqa: PLR2004 - steps stand below stages
    return tuple(next(names) if part == "*" else part for part in table.place)


def _text(key: Key) -> str:
    few = f" One of: {', '.join(f'`{choice}`' for choice in key.choices)}." if key.choices else ""
    return (key.text + few).replace("|", "\\|")


def _default(key: Key) -> str:
    if key.required:
        return "has to be given"
    shown = json.dumps(_listed(key.default), ensure_ascii=False)
    if get_origin(key.hint) is tuple and not key.default:
        return "none"
    if "pg_dump" in shown:
        return "PostgreSQL's own"
    kept = shown if len(shown) <= _LONGEST_DEFAULT else f"{shown[:_LONGEST_DEFAULT]}…"
    return f"`{kept}`".replace("|", "\\|")


def schema() -> str:
    """Write `docs/shiplane.schema.json`, for the whole of a pyproject.toml."""
    root = _object(describe.tables()[0])
    for table in describe.tables()[1:]:
        inner = _object(table)
        if table.repeated:
            inner = {"type": "array", "items": inner}
        _place(root, table.place, inner)
    root["required"] = ["components"]
    tool = {"type": "object", "properties": {"shiplane": root}}
    whole = {"$schema": _DRAFT, "title": "Shiplane's part of pyproject.toml", "type": "object"}
    return json.dumps({**whole, "properties": {"tool": tool}}, indent=2, ensure_ascii=False) + "\n"


def _object(table: Table) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "description": table.text, "additionalProperties": False}
    made["properties"] = {key.name: _schema(key) for key in table.keys}
    required = [key.name for key in table.keys if key.required]
    return made | ({"required": required} if required else {})


def _place(root: dict[str, Any], place: tuple[str, ...], inner: dict[str, Any]) -> None:
    """Put a table where it belongs: below its name, any name, or each stage and step that there is."""
    if place[:1] == ("steps",):
        steps = {
            stage: {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(names, inner)}
            for stage, names in STEP_NAMES.items()
        }
        root["properties"]["steps"] = {"type": "object", "additionalProperties": False, "properties": steps}
    elif place[-1] == "*":
        names = {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": inner}
        root["properties"][place[0]] = names
    else:
        for part in place[:-1]:
            group: dict[str, Any] = {
                "type": "object",
                "description": Hooks.__doc__,
                "additionalProperties": False,
                "properties": {},
            }
            root = root["properties"].setdefault(part, group)
        root["properties"][place[-1]] = inner


def _schema(key: Key) -> dict[str, Any]:
    made = {"description": key.text, **_type(key.hint, key.lowest)}
    if key.choices:
        made["enum"] = list(key.choices)
    if not key.required:
        made["default"] = {} if made["type"] == "object" else _listed(key.default)
    return made


def _type(hint: Any, lowest: int = 1) -> dict[str, Any]:  # noqa: ANN401 - a type
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if get_origin(item) is tuple:
            return {"type": "object", "additionalProperties": {"type": "string"}}
        return {"type": "array", "items": _type(item)}
    plain: dict[Any, dict[str, Any]] = {str: {"type": "string"}, bool: {"type": "boolean"}}
    return plain.get(hint) or {"type": "integer", "minimum": lowest}


def _listed(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    return list(value) if isinstance(value, tuple) else value
