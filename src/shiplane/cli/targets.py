"""The two targets: the lab on this machine, and remote servers described by configuration and environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.cli.hosts import unknown
from shiplane.cli.remote_target import OPTIONAL, REQUIRED, RemoteTarget, named, no_login
from shiplane.commands import compose
from shiplane.commands.login import RegistryLogin
from shiplane.deploy import tls
from shiplane.errors import LabDown, SecretsMissing, UnknownName
from shiplane.model import Secret, Site
from shiplane.planning import Naming
from shiplane.planning.reference import on_mirror

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.cli.hosts import Lookup
    from shiplane.cli.remote_target import OwnLogin
    from shiplane.config import Config
    from shiplane.facts.secret_sources import Sources
    from shiplane.lab.state import LabState
    from shiplane.model import Host
    from shiplane.pipeline.target import Target

_LAB_OWNER = "lab"
_TLS = (tls.CERTIFICATE, tls.KEY)


def make(  # noqa: PLR0913 - what a target answers from, each by name
    name: str,
    checkout: Path,
    config: Config,
    environ: Mapping[str, str],
    lookup: Lookup = unknown,
    sources: Sources | None = None,
    own: OwnLogin = no_login,
) -> Target:
    """Make a target by its name; raises `UnknownName`.

    `lookup` asks ssh's configuration, `sources` hold secrets, `own` asks for this machine's login to a registry.
    """
    if name == "lab":
        return LabTarget(checkout, config, environ)
    if name == "remote":
        return RemoteTarget(checkout, config, environ, lookup, sources, own)
    raise UnknownName("target", name, ("lab", "remote"))


class LabTarget:
    """Answer for the registry and the stand-in servers of this checkout."""

    name = "lab"
    allows_edits = True
    allows_stand_ins = True

    def __init__(self, checkout: Path, config: Config, environ: Mapping[str, str]) -> None:
        self.checkout = checkout
        self.config = config
        self.environ = environ

    @property
    def ca_file(self) -> str:
        """Give the lab's own authority."""
        from shiplane.lab.layout import Layout  # noqa: PLC0415 - not every command needs the lab

        return str(Layout.of(self.checkout).ca_file)

    @property
    def carried(self) -> int:
        """Give none: the lab's servers reach its registry."""
        return 0

    @property
    def _network(self) -> str:
        from shiplane.lab.layout import Layout  # noqa: PLC0415 - not every command needs the lab

        return Layout.of(self.checkout).name

    def serves_https(self, _environment: str) -> bool:
        """Tell that the lab has certificates of its own."""
        return True

    def naming(self) -> Naming:
        """Give how images are called; before the first start of the lab its port stands as a word."""
        known = self._known()
        return Naming(known.registry if known else "registry.lab", _LAB_OWNER, self.config.name)

    def has_server(self, _environment: str) -> bool:
        """Tell that the lab has one for each."""
        return True

    def sources(self, reference: str) -> tuple[str, ...]:
        """Give the lab's registry first, by which its servers reach official images; else where the name leads."""
        mirrored = on_mirror(reference, self._require().registry)
        return (mirrored, reference) if mirrored else (reference,)

    def login(self) -> RegistryLogin:
        """Give the lab registry's own user."""
        known = self._require()
        generated = self._generated("staging")
        user = self.environ.get("REGISTRY_USER") or generated["REGISTRY_USER"]
        password = self.environ.get("REGISTRY_PASSWORD") or generated["REGISTRY_PASSWORD"]
        return RegistryLogin(known.registry, user, Secret("REGISTRY_PASSWORD", password))

    def planned_login(self) -> RegistryLogin | None:
        """Give the same as a plan shows it; before the lab's first start its user and password are not made yet."""
        try:
            user = self.login().user
        except LabDown:
            user = "shiplane"
        return RegistryLogin(self.naming().registry, user, Secret("REGISTRY_PASSWORD", ""))

    def own_login(self) -> RegistryLogin | None:
        """Give none: the lab's registry has its own user."""
        return None

    def server_login(self) -> RegistryLogin | None:
        """Give the same: the lab has one user."""
        return self.login()

    def site(self, environment: str) -> Site:
        """Give an environment's stand-in server; raises `LabDown`."""
        settings = self.config.environment(environment)
        server = self._require().server(environment)
        folder = compose.folder(self.config.name, environment)
        place = (environment, server.to_host(), folder, server.url, settings.overlay)
        return Site(*place, ca_file=self.ca_file, network=self._network)

    def admin(self, environment: str, user: str) -> Host:
        """Give the server for another user, with the same key."""
        return replace(self.site(environment).host, user=user)

    def secrets(self, environment: str) -> Mapping[str, Secret]:
        """Give the lab's generated secrets; variables of the environment win."""
        generated = self._generated(environment)
        found = {
            name: named(self.environ, environment, name) or value
            for name, value in generated.items()
            if name in (*REQUIRED, *OPTIONAL)
        }
        # No other authority vouches for this machine.
        found |= {name: generated[name] for name in _TLS if name in generated}
        return {name: Secret(name, value) for name, value in found.items()}

    def vpn_secret(self, environment: str) -> Secret:
        """Refuse: the lab is on this machine."""
        raise SecretsMissing(("TS_OAUTH_SECRET",), environment)

    def require(self, environments: tuple[str, ...], *, secrets: bool = True) -> None:
        """Ask for nothing: the lab makes what it needs."""
        del secrets
        for environment in environments:
            self.config.environment(environment)

    def _known(self) -> LabState | None:
        """Give the lab as its record has it, without asking an engine; None where no lab was made."""
        from shiplane.lab.layout import ENVIRONMENTS, Layout  # noqa: PLC0415 - not every command needs the lab
        from shiplane.lab.state import describe, load_record  # noqa: PLC0415

        layout = Layout.of(self.checkout)
        parts = [layout.part(part) for part in ("registry", "mirror", *ENVIRONMENTS)]
        record = load_record(layout)
        return describe(layout, record, parts, {}) if record else None

    def _require(self) -> LabState:
        known = self._known()
        if known is None:
            raise LabDown
        return known

    def _generated(self, environment: str) -> Mapping[str, str]:
        from shiplane.lab.lifecycle import secrets  # noqa: PLC0415 - see _known()

        return secrets(self.checkout)[environment]
