"""Where an environment lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """Address a server: SSH, and only host keys that are pinned in `known_hosts` (or the other files named).

    With `key_file`, that key alone is used; without it, the keys of ssh-agent where `agent` is set, then
    `identities`. `jump` is the host through which this one is reached, `pinned_as` the name under which its host
    keys are pinned where that is not its address.
    """

    name: str
    address: str
    port: int
    user: str
    key_file: str
    known_hosts: str
    more_known_hosts: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    agent: bool = False
    pinned_as: str = ""
    jump: Host | None = None

    @property
    def place(self) -> str:
        """Give the name with the address, for people."""
        return f"{self.name} ({self.address}:{self.port})"


@dataclass(frozen=True, slots=True)
class Site:
    """Place one environment: its server, its folder there (below the home folder) and its public address.

    `proxy_bind` and `proxy_port` are where the proxy is published on the server, `proxy_tls_port` where it is for
    HTTPS. `ca_file` names an authority that clients of the address trust beside the system's. Where the server is a
    container of this machine, `network` is the one that it is in, where it has the environment's name.
    """

    environment: str
    host: Host
    folder: str
    url: str
    overlay: str
    proxy_bind: str = "0.0.0.0"  # noqa: S104 - the proxy is the one public port
    proxy_port: int = 80
    proxy_tls_port: int = 443
    ca_file: str = ""
    network: str = ""
