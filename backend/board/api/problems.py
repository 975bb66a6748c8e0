"""Say where in a report a bad field is."""

from collections.abc import Iterator
from typing import Any

SHOWN = 20


def flatten(errors: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield path and message of every error in the framework's nested form."""
    if isinstance(errors, dict):
        for key, inner in errors.items():
            yield from flatten(inner, step(path, key))
    elif isinstance(errors, list) and any(isinstance(inner, (dict, list)) for inner in errors):
        for index, inner in enumerate(errors):
            yield from flatten(inner, f"{path}[{index}]")
    elif isinstance(errors, list):
        yield from ({"path": path, "message": str(message)} for message in errors)
    else:
        yield {"path": path, "message": str(errors)}


def step(path: str, key: Any) -> str:
    """Extend a path by a key; errors about the whole have no key of their own."""
    if key == "non_field_errors":
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def explain(errors: Any) -> dict[str, Any]:
    """Return the body of a 400: the first problem in words, and the list."""
    problems = list(flatten(errors))
    first = problems[0]
    where = f"{first['path']}: " if first["path"] else ""
    return {
        "detail": f"the report is not valid: {where}{first['message']}",
        "errors": problems[:SHOWN],
    }
