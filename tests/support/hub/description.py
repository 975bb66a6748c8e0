"""GitHub's own description of its API: every request to our play of it and every answer is held against it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from collections.abc import Mapping

_DESCRIPTION: dict[str, Any] = json.loads(Path(__file__).with_name("description.json").read_text(encoding="utf-8"))
_REGISTRY = Registry().with_resource("", Resource.from_contents(_DESCRIPTION, default_specification=DRAFT202012))
# What any operation may answer, whether its description says so or not: GitHub's "Troubleshooting the REST API".
_ANYWHERE = frozenset({"401", "403", "404", "429", "500", "502", "503"})
_REFUSAL: dict[str, Any] = {"$ref": "#/components/schemas/basic-error"}
# What is broken may say nothing at all.
_BROKEN: dict[str, Any] = {"anyOf": [_REFUSAL, {"type": "null"}]}


class NotDescribedError(AssertionError):
    """Tell that a request or an answer is not as GitHub describes it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Hold a described operation and the values of its path's parameters."""

    name: str
    path: Mapping[str, str]
    told: Mapping[str, Any]

    def check_request(self, query: Mapping[str, str], body: Any) -> None:  # noqa: ANN401 - JSON
        """Raise where a parameter or the body is not as described."""
        parameters = [_resolved(each) for each in self.told.get("parameters", ())]
        known = {each["name"]: each for each in parameters if each["in"] == "query"}
        for name, text in query.items():
            if name not in known:
                raise NotDescribedError(f"{self.name}: no parameter {name}")
            _check(_parsed(text, known[name]["schema"]), known[name]["schema"], f"{self.name}: parameter {name}")
        asked = self.told.get("requestBody")
        if asked is None:
            assert body is None, f"{self.name} takes no body"
            return
        schema = asked["content"]["application/json"]["schema"]
        _check(body, schema, f"{self.name}: body")
        unknown = set(body) - set(schema.get("properties", {}))
        if unknown:
            raise NotDescribedError(f"{self.name}: no fields {sorted(unknown)}")

    def check_answer(self, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
        """Raise where an answer is not one that GitHub gives here."""
        described = self.told["responses"].get(str(status))
        if described is None and str(status) not in _ANYWHERE:
            raise NotDescribedError(f"{self.name}: no answer {status}")
        content = _resolved(described).get("content", {}).get("application/json") if described else {"schema": _REFUSAL}
        schema = _BROKEN if status >= 500 else content and content["schema"]
        if schema is not None:
            _check(body, schema, f"{self.name}: answer {status}")


def operation(method: str, path: str) -> Operation:
    """Find what a request is described as; raises where there is nothing."""
    for template, methods in _DESCRIPTION["paths"].items():
        found = _pattern(template).fullmatch(path)
        if found and method.lower() in methods:
            return Operation(f"{method} {template}", found.groupdict(), methods[method.lower()])
    raise NotDescribedError(f"{method} {path} is not in what was taken of the description")


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = _DESCRIPTION
    for word in str(part["$ref"]).removeprefix("#/").split("/"):
        found = found[word]
    return dict(found)


def _parsed(text: str, schema: Mapping[str, Any]) -> str | int | bool:
    kind = _resolved(schema).get("type")
    if kind == "integer":
        return int(text)
    return text == "true" if kind == "boolean" else text


def _check(value: Any, schema: Mapping[str, Any], what: str) -> None:  # noqa: ANN401 - JSON
    validator = Draft202012Validator(_absolute(schema), registry=_REGISTRY, format_checker=FormatChecker())
    errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    if errors:
        first = errors[0]
        place = ".".join(str(part) for part in first.absolute_path)
        raise NotDescribedError(f"{what}: {place}: {first.message[:300]}")


def _absolute(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Let a part of the description refer to the whole."""
    return {"allOf": [schema], "components": _DESCRIPTION["components"]}
