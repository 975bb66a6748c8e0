"""Where an environment lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """Address a server: SSH with one key, and only host keys that are pinned in `known_hosts`."""

    name: str
    address: str
    port: int
    user: str
    key_file: str
    known_hosts: str


@dataclass(frozen=True, slots=True)
class Site:
    """Place one environment: its server, its folder there (below the home folder) and its public address.

    `proxy_bind` and `proxy_port` are where the proxy is published on the server.
    """

    environment: str
    host: Host
    folder: str
    url: str
    overlay: str
    proxy_bind: str = "0.0.0.0"  # noqa: S104 - the proxy is the one public port
    proxy_port: int = 80
