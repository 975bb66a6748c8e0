"""The target `remote`: real servers, described by configuration and environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.cli.hosts import Wanted, make_host, unknown
from shiplane.cli.secret_files import SecretFiles
from shiplane.commands import compose
from shiplane.commands.login import RegistryLogin
from shiplane.deploy import tls
from shiplane.errors import ConfigError, SecretsMissing, UsageError
from shiplane.model import Secret, Site
from shiplane.planning import Naming
from shiplane.planning.reference import on_mirror
from shiplane.runners.http import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.cli.hosts import Lookup
    from shiplane.config import Config, EnvironmentConfig
    from shiplane.facts.secret_sources import Sources
    from shiplane.model import Host

    OwnLogin = Callable[[str], RegistryLogin | None]

REQUIRED = ("DB_PASSWORD", "REDIS_PASSWORD")
OPTIONAL = ("DJANGO_SECRET_KEY", "BOARD_TOKEN")
_TO_CONNECT = ("SERVER_HOST", "SERVER_USER", "SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS")
CONFIGURED = {
    "SERVER_HOST": "ssh_host",
    "SERVER_USER": "ssh_user",
    "SERVER_PORT": "ssh_port",
    "SERVER_JUMP": "ssh_jump",
}
"""Variables for which a key of an environment stands in."""
_TLS = (tls.CERTIFICATE, tls.KEY)
_PORTS = 65536
_PULL = "REGISTRY_PULL_PASSWORD"


def no_login(_registry: str) -> RegistryLogin | None:
    """Know no login of this machine."""
    return None


class RemoteTarget:
    """Answer for real servers: addresses and secrets come from the environment, as the specification names them.

    `STAGING_DB_PASSWORD` wins over `DB_PASSWORD` for staging, and so for every name. Where ssh's configuration knows
    the name in `SERVER_HOST`, user, key and pinned host keys may be left to it.
    """

    name = "remote"
    allows_edits = False
    allows_stand_ins = False

    def __init__(  # noqa: PLR0913 - what it answers from, each by name
        self,
        checkout: Path,
        config: Config,
        environ: Mapping[str, str],
        lookup: Lookup = unknown,
        sources: Sources | None = None,
        own: OwnLogin = no_login,
    ) -> None:
        self._own = cache(own)
        self.checkout = checkout
        self._sources = sources
        self.config = config
        self.environ = environ
        self._lookup = cache(lookup)
        self._files = SecretFiles()

    @property
    def ca_file(self) -> str:
        """Give the authority that TLS_CA names, which clients trust beside the system's."""
        return self.environ.get("TLS_CA", "")

    def serves_https(self, environment: str) -> bool:
        """Tell whether a certificate is set, or may be held by a source of secrets, which is not asked."""
        held = self._has_sources and self.config.environment(environment).url.startswith("https://")
        return held or bool(named(self.environ, environment, tls.CERTIFICATE))

    @property
    def carried(self) -> int:
        """Give the port of a registry on this machine, unless servers reach it by themselves."""
        return self._own_port if self.config.registry_through_ssh else 0

    @property
    def _own_port(self) -> int:
        host, _, port = self._registry.rpartition(":")
        return int(port) if port.isdecimal() and is_loopback(host) else 0

    @property
    def _registry(self) -> str:
        return self.environ.get("CONTAINER_REGISTRY") or self.config.registry

    @property
    def _github_token(self) -> str:
        """Give GitHub's own token where the registry is GitHub's, on a company's own server too; nobody else gets it.

        A server's registry is at `containers.` or `docker.` and its name:
        https://docs.github.com/en/enterprise-server/packages/working-with-a-github-packages-registry
        """
        server = urlsplit(self.environ.get("GITHUB_SERVER_URL", "")).hostname
        its_own = ("ghcr.io", f"containers.{server}", f"docker.{server}")
        return self.environ.get("GITHUB_TOKEN", "") if self._registry in its_own else ""

    def naming(self) -> Naming:
        """Give how images are called in the configured registry."""
        owner = self.environ.get("REPOSITORY_OWNER") or self.environ.get("GITHUB_REPOSITORY_OWNER") or self.config.owner
        if not owner:
            fix = 'add owner = "your-organisation", or set REPOSITORY_OWNER'
            raise ConfigError("tool.shiplane.owner", "is needed for the target remote", fix)
        return Naming(self._registry, owner.lower(), self.config.name)

    def sources(self, reference: str) -> tuple[str, ...]:
        """Give its name on the mirror of Docker Hub, where there is one, and the reference itself."""
        mirrored = on_mirror(reference, self.config.hub_mirror) if self.config.hub_mirror else ""
        return (mirrored, reference) if mirrored else (reference,)

    def login(self) -> RegistryLogin | None:
        """Give the registry's user and password, or GitHub's token for its own; None: this machine's own login."""
        return self._login(self._anywhere)

    def _login(self, get: Callable[[str], str]) -> RegistryLogin | None:
        password = get("REGISTRY_PASSWORD") or self._github_token
        if not password:
            return None
        naming = self.naming()
        user = get("REGISTRY_USER") or self.environ.get("GITHUB_ACTOR") or naming.owner
        return RegistryLogin(naming.registry, user, Secret("REGISTRY_PASSWORD", password))

    def server_login(self) -> RegistryLogin | None:
        """Give the login that may only read, where one is set; else ours, else that of this machine's Docker client."""
        return self._pull_login(self._anywhere) or self.own_login()

    def own_login(self) -> RegistryLogin | None:
        """Give the login of this machine's Docker client; a registry of this machine needs none."""
        return None if self._own_port else self._own(self.naming().registry)

    def planned_login(self) -> RegistryLogin | None:
        """Give the login as a plan shows it; what a source of secrets may hold stands as its name."""

        def get(name: str) -> str:
            from_source = name if self._has_sources and name != _PULL else ""
            return self.environ.get(name, "") or from_source

        found = self._pull_login(get)
        if found is None:
            return None
        # A login that a server keeps is renewed where its password is known, and only then: that is told too.
        value = found.password.name if found.kept and found.password.value else ""
        return replace(found, password=Secret(found.password.name, value))

    def _pull_login(self, get: Callable[[str], str]) -> RegistryLogin | None:
        naming, kept = self.naming(), self.config.server_login == "kept"
        password = get(_PULL)
        if not password and not kept:
            return self._login(get)
        user = get("REGISTRY_PULL_USER") or get("REGISTRY_USER") or naming.owner
        return RegistryLogin(naming.registry, user, Secret(_PULL, password), kept)

    @property
    def _has_sources(self) -> bool:
        return self._sources is not None and self._sources.configured

    def has_server(self, environment: str) -> bool:
        """Tell whether SERVER_HOST is set, or the key that stands in for it."""
        return bool(self._get(environment, "SERVER_HOST"))

    def site(self, environment: str) -> Site:
        """Give an environment's server; raises `SecretsMissing`."""
        settings = self.config.environment(environment)
        self._require((environment,), _TO_CONNECT)
        wanted = Wanted(
            name=environment,
            address=self._get(environment, "SERVER_HOST"),
            port=self._port(environment),
            user=self._get(environment, "SERVER_USER"),
            key_file=self._file(environment, "SSH_PRIVATE_KEY"),
            known_hosts=self._file(environment, "SSH_KNOWN_HOSTS"),
            jump=self._get(environment, "SERVER_JUMP"),
            jump_key=self._file(environment, "SSH_JUMP_PRIVATE_KEY"),
        )
        host = make_host(wanted, self._lookup)
        folder = compose.folder(self.config.name, environment)
        bound = (settings.proxy_bind, settings.proxy_port, settings.proxy_tls_port)
        return Site(environment, host, folder, settings.url, settings.overlay, *bound, self.ca_file)

    def admin(self, environment: str, user: str) -> Host:
        """Give the server for an administrator: SSH_ADMIN_PRIVATE_KEY, else any key that is there."""
        host, key = self.site(environment).host, self._file(environment, "SSH_ADMIN_PRIVATE_KEY")
        if key:
            return replace(host, user=user, key_file=key)
        return replace(host, user=user, key_file="", identities=(host.key_file, *host.identities), agent=True)

    def secrets(self, environment: str) -> Mapping[str, Secret]:
        """Give the secrets that are set; what can be derived is derived where the bundle is made."""
        self._require((environment,), REQUIRED)
        found = {name: self._get(environment, name) for name in (*REQUIRED, *OPTIONAL)}
        found |= {name: self._text(environment, name) for name in _TLS}
        return {name: Secret(name, value) for name, value in found.items() if value}

    def vpn_secret(self, environment: str) -> Secret:
        """Give the secret of the VPN's OAuth client."""
        self.require((environment,), secrets=False)
        return Secret("TS_OAUTH_SECRET", self._get(environment, "TS_OAUTH_SECRET"))

    def require(self, environments: tuple[str, ...], *, secrets: bool = True) -> None:
        """Name every missing secret that a deploy to these environments needs at once, or what reaches them alone."""
        vpn = ("TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET") if self.config.vpn.provider == "tailscale" else ()
        self._require(environments, (*_TO_CONNECT, *(REQUIRED if secrets else ()), *vpn))
        if self.config.server_login == "kept" and secrets and not self._anywhere(_PULL):
            raise SecretsMissing((_PULL,), " and ".join(environments))
        if self.ca_file and not Path(self.ca_file).is_file():
            raise UsageError(f"TLS_CA names {self.ca_file}, which is no file", "set it to the authority's file")
        for environment in environments if secrets else ():
            self._check_certificate(environment)
            self._check_neighbours(environment)

    def _check_certificate(self, environment: str) -> None:
        certificate = tls.given(environment, self.secrets(environment))
        if certificate is not None:
            tls.check(self.config.environment(environment).url, environment, certificate, datetime.now(UTC))

    def _require(self, environments: tuple[str, ...], needed: tuple[str, ...]) -> None:
        asked = [self.config.environment(name).name for name in dict.fromkeys(environments)]
        missing: list[str] = []
        for name in needed:
            lacking = [environment for environment in asked if self._lacks(environment, name)]
            by_environment = [f"{environment.upper()}_{name}" for environment in lacking]
            missing += [name] if lacking and lacking == asked else by_environment
        if missing:
            raise SecretsMissing(missing, " and ".join(asked))

    def _check_neighbours(self, environment: str) -> None:
        """Refuse two environments that are known to be on one server and would be published on one port."""
        mine, place = self.config.environment(environment), self._own_place(environment)
        for other in self.config.environments:
            anywhere = "0.0.0.0" in (mine.proxy_bind, other.proxy_bind)  # noqa: S104 - compared, not bound
            near = other.name != environment and place and self._own_place(other.name) == place
            shared = self._ports(mine).keys() & self._ports(other).keys()
            if near and shared and (anywhere or other.proxy_bind == mine.proxy_bind):
                port = min(shared)
                raise UsageError(
                    f"{environment} and {other.name} are on one server and both publish port {port}",
                    f"set another {self._ports(other)[port]} in [tool.shiplane.environments.{other.name}]",
                )

    def _ports(self, settings: EnvironmentConfig) -> dict[int, str]:
        """Give the ports that an environment publishes, with the keys that set them."""
        tls = {settings.proxy_tls_port: "proxy_tls_port"} if self._get(settings.name, "TLS_CERTIFICATE") else {}
        return {**tls, settings.proxy_port: "proxy_port"}

    def _own_place(self, environment: str) -> str:
        """Give the server that is named for this environment alone: a job on GitHub sees SERVER_HOST of its own one."""
        named = self.environ.get(f"{environment.upper()}_SERVER_HOST", "")
        configured = "" if self.environ.get("SERVER_HOST") else self.config.environment(environment).ssh_host
        host = named or configured
        return f"{host}:{self._port(environment)}" if host else ""

    def _lacks(self, environment: str, name: str) -> bool:
        if self._get(environment, name):
            return False
        if name == "SSH_PRIVATE_KEY" and self.environ.get("SSH_AUTH_SOCK"):
            return False
        address = self._get(environment, "SERVER_HOST")
        left_to_ssh = name in _TO_CONNECT and address and name != "SERVER_HOST"
        return not (left_to_ssh and self._lookup(address, self._get(environment, "SERVER_USER"), 0).known)

    def _get(self, environment: str, name: str) -> str:
        """Give a variable; for some a key of the configuration stands in."""
        configured = getattr(self.config.environment(environment), CONFIGURED.get(name, ""), "")
        return named(self.environ, environment, name) or self._kept(environment, name) or str(configured)

    def _kept(self, environment: str, name: str) -> str:
        """Give what the configured sources of secrets hold."""
        return self._sources.get(environment, name) if self._sources else ""

    def _anywhere(self, name: str) -> str:
        """Give what is the same for all environments: a variable, else the first that a source has."""
        kept = (self._kept(environment.name, name) for environment in self.config.environments)
        return self.environ.get(name) or next(filter(None, kept), "")

    def _port(self, environment: str) -> int:
        text = self._get(environment, "SERVER_PORT")
        if not (text.isdecimal() and int(text) < _PORTS):
            raise UsageError(f"SERVER_PORT of {environment} is {text!r}, which is no port", "set it to a number")
        return int(text)

    def _text(self, environment: str, name: str) -> str:
        """Give what a variable holds, or the file that it names."""
        value = self._get(environment, name)
        return Path(self._file(environment, name)).read_text(errors="replace") if value.startswith("/") else value

    def _file(self, environment: str, name: str) -> str:
        """Give the path of a file that a variable names, or whose text it holds; such a file ends with the process."""
        value = self._get(environment, name)
        if not value:
            return ""
        if value.startswith("/"):
            if not Path(value).is_file():
                raise UsageError(f"{name} of {environment} names {value}, which is no file", "set the path or the text")
            return value
        return self._files.keep(f"{environment}-{name.lower()}", f"{value.strip()}\n")


def named(environ: Mapping[str, str], environment: str, name: str) -> str:
    """Give a variable; the one with the environment in front wins."""
    return environ.get(f"{environment.upper()}_{name}") or environ.get(name) or ""
