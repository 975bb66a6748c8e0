"""Answers of the played GitHub."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold an answer; `late` says that the request is carried out and the answer never arrives."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    late: bool = False


LOST = Reply(0, late=True)
"""A request that is carried out, whose answer nobody hears."""


def message(status: int, text: str) -> Reply:
    """Give a refusal."""
    return Reply(status, {"message": text, "documentation_url": "https://docs.github.com/rest", "status": str(status)})


def invalid(resource: str, name: str) -> Reply:
    """Refuse a body for one of its fields."""
    errors = [{"resource": resource, "code": "custom", "field": name, "message": f"{name} is too long or empty"}]
    url = "https://docs.github.com/rest"
    return Reply(422, {"message": "Validation Failed", "errors": errors, "documentation_url": url})
