"""One stack as it is judged: what Compose resolved, and the lines of the files that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MERGE = "<<"
# The one in C where the wheel has it: ten times as quick.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """Hold a compose file: its name, and its parsed nodes, which know their lines and tags."""

    file: str
    root: Any = field(repr=False)

    def line(self, *path: str) -> int:
        """Give the line of what stands at a path; 0 where nothing does."""
        node = found = None
        for node in self.nodes(*path):
            found = node
        return found.start_mark.line + 1 if found is not None else 0

    def nodes(self, *path: str) -> Iterator[Any]:
        """Give the key node at a path: none or one."""
        below = self.root
        for place, part in enumerate(path):
            pair = next((each for each in pairs(below) if each[0].value == part), None)
            if pair is None:
                return
            if place == len(path) - 1:
                yield pair[0]
            below = pair[1]


def pairs(node: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - a node of YAML
    """Give key and value of a mapping, those that are merged into it last; nothing for other nodes."""
    if not isinstance(node, yaml.MappingNode):
        return []
    own = [pair for pair in node.value if pair[0].value != _MERGE]
    below = [each for key, value in node.value if key.value == _MERGE for each in (items(value) or (value,))]
    return own + [pair for each in below for pair in pairs(each)]


def items(node: Any) -> list[Any]:  # noqa: ANN401 - a node of YAML
    """Give the nodes of a list; nothing for other nodes."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def read_source(file: str, text: str) -> Source:
    """Parse a compose file; raises `UsageError` where it is no YAML."""
    try:
        return Source(file, yaml.compose(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f":{where.line + 1}" if where else ""
        raise UsageError(
            f"{file}{line} is no YAML", f"see what is wrong there: docker compose -f {file} config"
        ) from error


@dataclass(frozen=True, slots=True)
class Roles:
    """Name the services by what they are for, as the configuration has them."""

    data: tuple[str, ...]
    release: str
    components: Mapping[str, str]
    """The components with their folders."""
    proxy: str


@dataclass(frozen=True, slots=True)
class Stack:
    """Hold one environment: its resolved model, and the files that made it, the one that wins first.

    `released` tells whether it runs on servers.
    """

    name: str
    model: Mapping[str, Any]
    sources: tuple[Source, ...]
    released: bool

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """Give the services by name."""
        found: Mapping[str, Mapping[str, Any]] = self.model["services"]
        return found

    def place(self, service: str, *keys: str) -> str:
        """Give file and line of a service's key, else of the service, in the file that wins."""
        for path in (("services", service, *keys), ("services", service)):
            for source in self.sources:
                line = source.line(*path)
                if line:
                    return f"{source.file}:{line}"
        return self.sources[0].file


@dataclass(frozen=True, slots=True)
class Flaw:
    """Tell one fault of a stack: the rule that it breaks, where, what, what comes of it, and the fix."""

    rule: str
    service: str
    place: str
    what: str
    so: str
    fix: str
