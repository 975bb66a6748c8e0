"""What a lab is: the record that is kept of it, and the state that others see."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from shiplane.lab.files import write_private
from shiplane.lab.layout import ADDRESS, ENVIRONMENTS, PORT_PURPOSES, Layout
from shiplane.model import Host

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SERVER_USER = "deploy"


@dataclass(slots=True)
class Record:
    """Keep what is chosen once: ports by purpose, the range of the servers' containers, and how these may run.

    `privileged` is None until it is known; `pushed` holds the identity of each base image in the registry.
    """

    name: str
    ports: dict[str, int]
    nested_range: str = ""
    privileged: bool | None = None
    pushed: dict[str, str] = field(default_factory=dict)

    @property
    def registry(self) -> str:
        """Give the registry's address, which starts the names of its images."""
        return f"{ADDRESS}:{self.ports['registry']}"

    def save(self, layout: Layout) -> None:
        """Write the record."""
        write_private(layout.state_file, json.dumps(asdict(self), indent=2) + "\n")


def load_record(layout: Layout) -> Record | None:
    """Read the record; None where there is none, it is torn, or it came here with a copy of another checkout."""
    try:
        record = Record(**json.loads(layout.state_file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    # A lab that an older Shiplane made lacks ports, which its containers cannot be given any more.
    return record if record.name == layout.name and set(record.ports) == set(PORT_PURPOSES) else None


@dataclass(frozen=True, slots=True)
class Server:
    """Describe a stand-in server; `port` is SSH's, `https_port` serves the environment, `http_port` leads to it."""

    name: str
    environment: str
    port: int
    http_port: int
    https_port: int
    key_file: str
    known_hosts: str
    host: str = ADDRESS
    user: str = SERVER_USER

    @property
    def url(self) -> str:
        """Give the environment's public address."""
        return f"https://{self.host}:{self.https_port}"

    def to_host(self) -> Host:
        """Give the server as the host that runners connect to."""
        return Host(self.name, self.host, self.port, self.user, self.key_file, self.known_hosts)

    def to_json(self) -> dict[str, Any]:
        """Give the form that `invoke lab.status --json` prints."""
        return {name: getattr(self, name) for name in ("name", "environment", "host", "port", "user", "key_file")}


@dataclass(frozen=True, slots=True)
class LabState:
    """Tell what runs: `registry` is empty, and a server is missing, where its container does not run.

    `ca_file` is the authority that clients have to trust; empty where no lab was made.
    """

    registry: str
    servers: tuple[Server, ...]
    stand_in_images: Mapping[str, str]
    ca_file: str = ""

    @property
    def is_up(self) -> bool:
        """Tell whether everything runs."""
        return bool(self.registry) and len(self.servers) == len(ENVIRONMENTS)

    @property
    def environments(self) -> dict[str, str]:
        """Give the public addresses by environment."""
        return {server.environment: server.url for server in self.servers}

    def server(self, environment: str) -> Server:
        """Give the server of an environment; KeyError where it does not run."""
        return {server.environment: server for server in self.servers}[environment]

    def to_json(self) -> dict[str, Any]:
        """Give the object that `invoke lab.status --json` prints."""
        return {
            "registry": self.registry or None,
            "stand_in_images": dict(self.stand_in_images),
            "servers": [server.to_json() for server in self.servers],
            "environments": self.environments,
            "ca_file": self.ca_file or None,
        }


def describe(layout: Layout, record: Record | None, running: Collection[str], stand_ins: Mapping[str, str]) -> LabState:
    """Put together what runs from the names of the running containers."""
    if record is None:
        return LabState("", (), stand_ins)
    servers = (
        Server(
            layout.part(environment),
            environment,
            record.ports[f"{environment}-ssh"],
            record.ports[f"{environment}-http"],
            record.ports[f"{environment}-https"],
            str(layout.key_file),
            str(layout.known_hosts),
        )
        for environment in ENVIRONMENTS
    )
    registry = record.registry if {layout.part("registry"), layout.part("mirror")} <= set(running) else ""
    up = tuple(server for server in servers if server.name in running)
    return LabState(registry, up, stand_ins, str(layout.ca_file))
