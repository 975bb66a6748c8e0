"""What traffic is wanted: flows of requests, each at its own rate, and where they go."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Flow:
    """Describe requests of one kind at `rate` a second.

    `connections` are kept open and used in turn; 0 opens a new one for every request. `{id}` in `body` is another
    word each time: with `writes` it names a row that the server acknowledges by its answer. `kind` is plain, page
    (the answer's hashed assets are remembered) or asset (one of those of the last two pages).
    """

    name: str
    rate: float
    path: str = "/"
    method: str = "GET"
    connections: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    writes: bool = False
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Describe the whole traffic to one port of this machine; times in seconds.

    `host` is what clients call the server; `ca_file` makes them speak TLS and trust its authority.
    """

    port: int
    flows: tuple[Flow, ...]
    host: str = "127.0.0.1"
    ca_file: str = ""
    timeout: float = 10.0
    limit: float = 600.0

    @property
    def rate(self) -> float:
        """Give the requests a second of all flows."""
        return sum(flow.rate for flow in self.flows)

    def save(self, file: Path) -> None:
        """Write it for the generator's process; it may hold a token."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Wanted:
        """Read what `save` wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**data, "flows": tuple(Flow(**flow) for flow in data["flows"])})


def mix(read: str, write: Flow, rate: float = 200.0) -> tuple[Flow, ...]:
    """Give reads and writes, on kept and on new connections, pages and the assets of pages opened before.

    Some kept connections are idle for seconds between their requests, as those of people are.
    """
    share = rate / 200

    def writes(name: str, each: float, connections: int) -> Flow:
        more = {"name": name, "rate": each, "connections": connections, "writes": True}
        return Flow(**{**asdict(write), **more})

    return (
        Flow("read, kept", 73 * share, read, connections=8),
        Flow("read, new", 64 * share, read),
        Flow("read, idle for 4 s", 2, read, connections=8),
        writes("write, kept", 20 * share, 4),
        writes("write, new", 20 * share, 0),
        writes("write, idle for 3 s", 2, 6),
        Flow("page", 4, kind="page"),
        Flow("asset", 15 * share, connections=4, kind="asset"),
    )
