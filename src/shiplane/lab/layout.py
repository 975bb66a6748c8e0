"""The names of a lab: everything derives from the checkout's real path, so that two labs never meet."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model.identity import checkout_id, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

ENVIRONMENTS = ("staging", "production")
LAB_LABEL = "dev.shiplane.lab"
PORTS_LABEL = "dev.shiplane.lab.ports"
ADDRESS = "127.0.0.1"
MIRROR_PORT = 5001
PORT_PURPOSES = ("registry", *(f"{name}-{kind}" for name in ENVIRONMENTS for kind in ("ssh", "http", "https")))

_FIRST_PORT = 20000
_PORT_COUNT = 10000
_RANGE_COUNT = 55
_SLUG_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Layout:
    """Name what a lab consists of: files below `folder`, and containers, volumes and a network after `name`."""

    checkout: Path
    name: str

    @classmethod
    def of(cls, checkout: Path) -> Layout:
        """Derive the names from the checkout."""
        real = checkout.resolve()
        return cls(real, f"shiplane-{slug(real.name, _SLUG_LENGTH)}-{checkout_id(real)}")

    @property
    def folder(self) -> Path:
        """Give the folder of the lab's state, keys and secrets."""
        return self.checkout / ".shiplane" / "lab"

    @property
    def state_file(self) -> Path:
        """Give the file with ports and what was found out about the engine."""
        return self.folder / "state.json"

    @property
    def secrets_file(self) -> Path:
        """Give the file with the secrets of every environment."""
        return self.folder / "secrets.json"

    @property
    def key_file(self) -> Path:
        """Give the client's private key."""
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Give the file with the pinned host keys."""
        return self.folder / "known_hosts"

    def host_key(self, environment: str) -> Path:
        """Give the private host key of a server."""
        return self.folder / f"host_key_{environment}"

    @property
    def ca_file(self) -> Path:
        """Give the certificate authority of the lab, which its clients trust."""
        return self.folder / "ca.pem"

    @property
    def ca_key_file(self) -> Path:
        """Give the authority's private key."""
        return self.folder / "ca_key.pem"

    def certificate(self, environment: str) -> Path:
        """Give the certificate that an environment is served with."""
        return self.folder / f"certificate_{environment}.pem"

    def certificate_key(self, environment: str) -> Path:
        """Give the private key of an environment's certificate."""
        return self.folder / f"certificate_key_{environment}.pem"

    def part(self, part: str) -> str:
        """Name a container or volume."""
        return f"{self.name}-{part}"


def first_port(checkout: Path) -> int:
    """Derive where the search for free ports starts."""
    return _FIRST_PORT + int(checkout_id(checkout), 16) % _PORT_COUNT


def choose_ports(start: int, is_free: Callable[[int], bool]) -> dict[str, int]:
    """Take the first free ports from `start` on, in a ring, one for each purpose; ValueError where too few are."""
    ring = (_FIRST_PORT + (start - _FIRST_PORT + step) % _PORT_COUNT for step in range(_PORT_COUNT))
    free = (port for port in ring if is_free(port))
    try:
        return {purpose: next(free) for purpose in PORT_PURPOSES}
    except (StopIteration, RuntimeError) as error:
        raise ValueError("too few free ports") from error


def choose_range(taken: Iterable[str]) -> str:
    """Pick a /16 for the servers' own containers that none of the `taken` networks and addresses lies in."""
    used = [ipaddress.ip_network(text, strict=False) for text in taken]
    candidates = (ipaddress.ip_network(f"10.{200 + number}.0.0/16") for number in range(_RANGE_COUNT))
    return str(next((c for c in candidates if not _meets(c, used)), ipaddress.ip_network("10.200.0.0/16")))


def _meets(
    candidate: ipaddress.IPv4Network | ipaddress.IPv6Network,
    used: Collection[ipaddress.IPv4Network | ipaddress.IPv6Network],
) -> bool:
    # A default route (0.0.0.0/0) meets everything and takes nothing.
    return any(u.version == candidate.version and u.prefixlen and candidate.overlaps(u) for u in used)
