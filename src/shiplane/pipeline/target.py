"""Where environments live: what a run must know of a target, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.commands.login import RegistryLogin
    from shiplane.model import Host, Secret, Site
    from shiplane.planning import Naming


class Target(Protocol):
    """Answer where images go, where environments are, and with which secrets."""

    name: str
    allows_edits: bool
    """Whether uncommitted edits may be shipped."""
    allows_stand_ins: bool
    """Whether images built on stand-ins of the official base images may be published."""

    @property
    def ca_file(self) -> str:
        """Give the file of an authority that clients of the environments trust beside the system's; empty for none."""

    def serves_https(self, environment: str) -> bool:
        """Tell whether a certificate is given for an environment, as a plan shows it: no source of secrets is asked."""

    @property
    def carried(self) -> int:
        """Give the port of a registry on this machine that servers see through their SSH connection; 0: none."""

    def naming(self) -> Naming:
        """Give how images are called."""

    def sources(self, reference: str) -> tuple[str, ...]:
        """Give where the image of a third party is to be had for this target, the first that has it."""

    def login(self) -> RegistryLogin | None:
        """Give what opens the registry; None where this machine's own login is to be used."""

    def own_login(self) -> RegistryLogin | None:
        """Give the login that this machine's Docker client has; None where it has none."""

    def planned_login(self) -> RegistryLogin | None:
        """Give the login as a plan shows it: without its password, and without asking anybody."""

    def server_login(self) -> RegistryLogin | None:
        """Give what opens the registry for servers; None where it is open to them. May ask this machine's keyring."""

    def has_server(self, environment: str) -> bool:
        """Tell whether a server is named for an environment, be it reachable or not."""

    def site(self, environment: str) -> Site:
        """Give an environment's place; raises `UsageError` where it is not known."""

    def admin(self, environment: str, user: str) -> Host:
        """Give the environment's server as an administrator reaches it."""

    def secrets(self, environment: str) -> Mapping[str, Secret]:
        """Give the secrets of an environment by name; raises `SecretsMissing` with all that are missing."""

    def vpn_secret(self, environment: str) -> Secret:
        """Give what opens the VPN to an environment; raises `SecretsMissing`."""

    def require(self, environments: tuple[str, ...], *, secrets: bool = True) -> None:
        """Raise before anything runs where something that these environments need is missing.

        Without `secrets` that is only what one needs to reach them: what they hold is there already.
        """
