"""The keys of the configuration as values: from the fields of settings and the texts below them, and nowhere else."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from shiplane.config import image_settings, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = "tool.shiplane"
_NAME = "name"
_BY_NAME = {image_settings.Component: ("*",), settings.EnvironmentConfig: ("*",), settings.StepSettings: ("*", "*")}
"""Tables below the name of what they describe; a step's below its stage's."""


@dataclass(frozen=True, slots=True)
class Key:
    """Describe one key; `hint` is its Python type, `default` None where it has to be given."""

    name: str
    hint: Any
    default: Any
    text: str
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Tell whether it has to be given."""
        return self.default is None

    @property
    def holds_pairs(self) -> bool:
        """Tell whether it is a table of texts."""
        return get_origin(self.hint) is tuple and get_origin(get_args(self.hint)[0]) is tuple

    @property
    def lowest(self) -> int:
        """Give the least number: where it is 0 unless it is set, 0 may be written too."""
        return 0 if self.default == 0 else 1


@dataclass(frozen=True, slots=True)
class Table:
    """Describe a table: its place below `tool.shiplane` (`*` stands for any name), what it is for, its keys.

    `repeated` marks one that stands in double brackets.
    """

    place: tuple[str, ...]
    text: str
    keys: tuple[Key, ...]
    repeated: bool = False


@cache
def tables() -> tuple[Table, ...]:
    """Give every table, the whole configuration's own keys first."""
    return tuple(_tables(settings.Config, ()))


def _tables(kind: type, place: tuple[str, ...], *, repeated: bool = False) -> Iterator[Table]:
    own, below = [], []
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        inner, hint = _inner(hints[field.name]), hints[field.name]
        if inner is not None:
            name = _written(kind, field.name)
            named = _BY_NAME.get(inner, ())
            below.append((inner, (*place, name, *named), get_origin(hint) is tuple and not named))
        elif field.name != _NAME or not place:
            own.append(_key(kind, field, hint))
    if own or not place:
        yield Table(place, _texts()[kind.__name__, ""], tuple(own), repeated)
    for inner, where, many in below:
        yield from _tables(inner, where, repeated=many)


def _written(kind: type, field: str) -> str:
    """Give a field as the file has it: hooks with dashes."""
    return field.replace("_", "-") if kind is settings.Hooks else field


def _inner(hint: Any) -> type | None:  # noqa: ANN401 - a type
    """Give the dataclass that a field holds one or several of."""
    held = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return held if dataclasses.is_dataclass(held) and isinstance(held, type) else None


def _key(kind: type, field: dataclasses.Field[Any], hint: Any) -> Key:  # noqa: ANN401 - a type
    default = None if field.default is dataclasses.MISSING else field.default
    choices = settings.CHOICES.get((kind.__name__, field.name), ())
    return Key(field.name, hint, default, _texts()[kind.__name__, field.name], choices)


@cache
def _texts() -> Mapping[tuple[str, str], str]:
    """Read what stands below each class and each field; KeyError at the field that has nothing."""
    modules = [ast.parse(inspect.getsource(one)) for one in (settings, image_settings)]
    found: dict[tuple[str, str], str] = {}
    for node in (node for module in modules for node in module.body):
        if isinstance(node, ast.ClassDef):
            found[node.name, ""] = ast.get_docstring(node) or ""
            for field, after in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    text = after.value if isinstance(after, ast.Expr) else None
                    if isinstance(text, ast.Constant):
                        found[node.name, field.target.id] = " ".join(str(text.value).split())
    return found


def find(path: str) -> Key | None:
    """Give the key of a dotted path below `tool.shiplane`, `environments.staging.url` for example."""
    *place, name = path.split(".")
    table = find_table(place)
    return next((key for key in table.keys if key.name == name), None) if table else None


def find_table(place: Sequence[str]) -> Table | None:
    """Give the table at a place below `tool.shiplane`; those in double brackets have none."""
    for table in tables():
        fits = not table.repeated and len(table.place) == len(place)
        if fits and all(part in ("*", given) for part, given in zip(table.place, place, strict=True)):
            return table
    return None


def values(config: settings.Config) -> dict[str, Any]:
    """Give each key's value by its dotted path; hooks, which stand in lists, by their number."""
    return dict(_values(config, ""))


def _values(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a dataclass of settings
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        name = _written(type(value), field.name)
        where = f"{path}.{name}".lstrip(".")
        if dataclasses.is_dataclass(held):
            yield from _values(held, where)
        elif isinstance(held, tuple) and held and dataclasses.is_dataclass(held[0]):
            for number, each in enumerate(held):
                yield from _values(each, f"{where}.{each.name}" if hasattr(each, _NAME) else f"{where}[{number}]")
        elif _inner(get_type_hints(type(value))[field.name]) is None and (field.name != _NAME or not path):
            yield where, held
