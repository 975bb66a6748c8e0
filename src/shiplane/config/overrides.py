"""Values from the environment's variables, `SHIPLANE_SET_ROLLOUT=recreate`, which win over the file."""

from __future__ import annotations

import copy
import difflib
import tomllib
from typing import TYPE_CHECKING, Any, get_origin

from shiplane.config import describe
from shiplane.config.load import PREFIX
from shiplane.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.config.settings import Config


def variable(path: str) -> str:
    """Name the variable of a key: `environments.staging.url` has SHIPLANE_SET_ENVIRONMENTS__STAGING__URL."""
    return PREFIX + path.replace(".", "__").replace("-", "_").upper()


def given(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the keys that variables set, each with its variable; raises `ConfigError` where one names no key."""
    named = {variable(path): path for path in describe.values(config) if "[" not in path}
    found = {}
    for name in environ:
        if name.startswith(PREFIX):
            if name not in named:
                raise _unknown(name, named)
            found[named[name]] = name
    return found


def applied(table: Mapping[str, Any], found: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Any]:
    """Give the table `tool.shiplane` with the values of variables; raises `ConfigError`."""
    changed = copy.deepcopy(dict(table))
    for path, name in found.items():
        *place, key = path.split(".")
        inner = changed
        for part in place:
            inner = inner.setdefault(part, {})
        inner[key] = value(path, environ[name], name)
    return changed


def value(path: str, text: str, source: str) -> Any:  # noqa: ANN401 - what TOML holds
    """Read the value of a key from a text: as it is for a text, as TOML (or with commas) for others.

    Raises `ConfigError`, which names `source`.
    """
    key = describe.find(path)
    if key is None or key.hint is str:
        return text
    if get_origin(key.hint) is tuple and not text.lstrip().startswith(("[", "{")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        read = {}
    if set(read) != {"value"}:
        raise ConfigError(source, f"{text!r} is no value for {path}", f"write it as {_example(key.hint)}")
    return read["value"]


def _example(hint: Any) -> str:  # noqa: ANN401 - a type
    return {int: "5", bool: "true"}.get(hint, 'one,two or ["one", "two"]')


def _unknown(name: str, known: Iterable[str]) -> ConfigError:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    fix = f"did you mean {near[0]}?" if near else "see the names: invoke config.show --origin"
    return ConfigError(name, "names no key of the configuration", fix)
