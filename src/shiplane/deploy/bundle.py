"""The files of one release on a server: the same release and secrets give the same bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from shiplane.commands import dotenv
from shiplane.commands.compose import BASE_ENV, BASE_FILE, project
from shiplane.commands.remote import PRIVATE, SHARED, FileContent, archive
from shiplane.deploy.tls import Certificate, given
from shiplane.errors import SecretsMissing, UsageError
from shiplane.model import Host, Image, Release, Secret, Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUIRED_SECRETS = ("DB_PASSWORD", "REDIS_PASSWORD")
_DERIVED_SECRETS = ("DJANGO_SECRET_KEY", "BOARD_TOKEN")
_DATABASE = {"DB_USER": "app", "DB_NAME": "app", "DB_HOST": "db", "DB_PORT": "5432"}
_PROXY_FOLDER = "proxy/"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Bundle:
    """Hold the files of a release by path below its folder, and the secrets that are in them.

    `certificate` is no part of the release: it goes to the environment, and is renewed without one.
    """

    release: Release
    files: Mapping[str, FileContent] = field(repr=False)
    secrets: tuple[Secret, ...] = ()
    certificate: Certificate | None = field(default=None, repr=False)

    @property
    def checksum(self) -> str:
        """Give one digest of all files, as the server computes it by `sha256sum`."""
        sums = "".join(
            f"{hashlib.sha256(content.data).hexdigest()}  ./{path}\n"
            for path, content in sorted(self.files.items(), key=lambda file: file[0].encode())
        )
        return hashlib.sha256(sums.encode()).hexdigest()

    def archive(self) -> str:
        """Pack the files for the transfer; the secrets are in it."""
        return archive(self.files)


def environment_secrets(site: Site, secrets: Mapping[str, Secret]) -> dict[str, Secret]:
    """Complete the secrets of an environment; raises `SecretsMissing` with all the missing names.

    What is not given is derived from the database's password, so that the two passwords suffice: stable from one
    deploy to the next, different for each environment and purpose, and of no use to find the password.
    """
    given = {name: secret for name, secret in secrets.items() if secret.value}
    missing = [name for name in REQUIRED_SECRETS if name not in given]
    if missing:
        raise SecretsMissing(missing, site.environment)
    key = given["DB_PASSWORD"].value.encode()
    for name in _DERIVED_SECRETS:
        purpose = f"shiplane/{site.environment}/{name}".encode()
        given.setdefault(name, Secret(name, hmac.new(key, purpose, hashlib.sha256).hexdigest()))
    return given


def bundle(  # noqa: PLR0913 - what makes a release's files, each by name
    site: Site,
    release: Release,
    compose_files: Mapping[str, bytes],
    base_env: str,
    secrets: Mapping[str, Secret],
    *,
    root: Mapping[str, str] = _NOTHING,
    container: Mapping[str, str] = _NOTHING,
) -> Bundle:
    """Make the files of a release: Compose files as they are, the three environment files, the manifest.

    `base_env` is the text of `.env.docker`. `root` and `container` add variables to `.env` and to
    `.env.<environment>`. Raises `UsageError` where a file is missing or a value cannot be written.
    """
    for path in (BASE_FILE, site.overlay):
        if path not in compose_files:
            raise UsageError(f"{path} is missing from the release", "add it to the repository and publish again")
    known = environment_secrets(site, secrets)
    certificate = given(site.environment, known)
    variables = {
        **root_variables(site, release, known),
        **tls_variables(site, certificate),
        "PROXY_FILES": proxy_files(compose_files),
        **root,
    }
    manifest = {**release.to_json(), "environment": site.environment, "url": site.url}
    files = {path: FileContent(data, SHARED) for path, data in compose_files.items()}
    files |= {
        ".env": _env_file(variables),
        BASE_ENV: FileContent(base_env.encode(), PRIVATE),
        f".env.{site.environment}": _env_file({**container_variables(site, base_env, known), **container}),
        "manifest.json": FileContent(f"{json.dumps(manifest, indent=2, sort_keys=True)}\n".encode(), PRIVATE),
    }
    return Bundle(release, MappingProxyType(files), tuple(known.values()), certificate)


def root_variables(site: Site, release: Release, secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Give the variables that Compose puts into its files."""
    registry, _, name = (release.images[0][1].reference if release.images else "").partition("/")
    return {
        "COMPOSE_PROJECT_NAME": project(site),
        "COMPOSE_FILE": f"{BASE_FILE}:{site.overlay}",
        "CONTAINER_REGISTRY": registry,
        "REPOSITORY_OWNER": name.rpartition("/")[0],
        **{image_variable(component): image.pinned for component, image in release.images},
        **{variable: image.pinned for variable, image in (*release.third_party, *release.asked)},
        "DB_PASSWORD": secrets["DB_PASSWORD"].value,
        "REDIS_PASSWORD": secrets["REDIS_PASSWORD"].value,
        "PROXY_BIND": site.proxy_bind,
        "PROXY_PORT": str(site.proxy_port),
        "RELEASE": release.id,
        "RELEASE_COMMIT": release.commit,
        "RELEASE_VERSION": release.version,
    }


def root_names(components: Iterable[str]) -> frozenset[str]:
    """Name the variables of `.env` on a server: what an overlay may use without a default."""
    images = tuple((name, Image("registry/owner/name", "")) for name in components)
    release = Release("", "", "", "", dirty=False, created_at="", images=images)
    site = Site("", Host("", "", 0, "", "", ""), "folder", "", "")
    secrets = {name: Secret(name, "") for name in REQUIRED_SECRETS}
    certificate = Certificate("", Secret("", ""))
    return frozenset({*root_variables(site, release, secrets), *tls_variables(site, certificate), "PROXY_FILES"})


def tls_variables(site: Site, certificate: Certificate | None) -> dict[str, str]:
    """Give the variables by which the proxy serves HTTPS; none without a certificate.

    What the certificate holds is not among them: its renewal changes no service.
    """
    if certificate is None:
        return {}
    place = {"PROXY_TLS_BIND": site.proxy_bind, "PROXY_TLS_PORT": str(site.proxy_tls_port)}
    return {"PROXY_SCHEME": "https", "PUBLIC_URL": site.url, **place}


def proxy_files(files: Mapping[str, bytes]) -> str:
    """Give one digest of the proxy's files: a proxy reads them when it starts, so others make it another one."""
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        if path.startswith(_PROXY_FOLDER):
            digest.update(f"{hashlib.sha256(data).hexdigest()} {path}\n".encode())
    return digest.hexdigest()


def container_variables(site: Site, base_env: str, secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Give the variables of the application's containers."""
    base = {**_DATABASE, **_values(base_env)}
    user, password = quote(base["DB_USER"], safe=""), quote(secrets["DB_PASSWORD"].value, safe="")
    place = f"{base['DB_HOST']}:{base['DB_PORT']}/{quote(base['DB_NAME'], safe='')}"
    hosts = dict.fromkeys([urlsplit(site.url).hostname or "localhost", "localhost", "127.0.0.1", "backend"])
    return {
        "DJANGO_SETTINGS_MODULE": f"config.settings.{site.environment}",
        "DJANGO_SECRET_KEY": secrets["DJANGO_SECRET_KEY"].value,
        "DJANGO_ALLOWED_HOSTS": ",".join(hosts),
        "PUBLIC_URL": site.url,
        "DATABASE_URL": f"postgres://{user}:{password}@{place}",
        "REDIS_URL": f"redis://:{quote(secrets['REDIS_PASSWORD'].value, safe='')}@redis:6379/0",
        "BOARD_TOKEN": secrets["BOARD_TOKEN"].value,
        "ENVIRONMENT_NAME": site.environment,
    }


def image_variable(component: str) -> str:
    """Name the variable that holds a component's image: `backend` has BACKEND_IMAGE."""
    return f"{component.upper().replace('-', '_')}_IMAGE"


def _env_file(variables: Mapping[str, str]) -> FileContent:
    try:
        return FileContent(dotenv.render(variables).encode(), PRIVATE)
    except ValueError as error:
        raise UsageError(str(error), "set the variable to a value that an environment can hold") from error


def _values(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, equals, value in lines if equals}
