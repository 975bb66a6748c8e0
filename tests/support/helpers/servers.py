"""The lab of a clone as the world sees it: public addresses, engines on servers, the registry."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from helpers.engine import docker

if TYPE_CHECKING:
    from helpers.clone import Clone

ENVIRONMENTS = ("staging", "production")
COMPONENTS = ("backend", "frontend")
_ACCEPTED = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.v2")
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what both environments showed at one time: their status, and the digests of what runs."""

    status: dict[str, dict[str, Any]]
    digests: dict[str, dict[str, str]]

    def release(self, environment: str) -> str:
        """Give the release that the public address named."""
        return str(self.status[environment]["release"])


class Servers:
    """Look at the lab of a clone without using Shiplane."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.state = json.loads((clone.folder / ".shiplane/lab/state.json").read_text())
        self.secrets = json.loads((clone.folder / ".shiplane/lab/secrets.json").read_text())

    @property
    def registry(self) -> str:
        """Give the registry's address."""
        return f"127.0.0.1:{self.state['ports']['registry']}"

    def url(self, environment: str) -> str:
        """Give the public address of an environment."""
        return f"https://127.0.0.1:{self.state['ports'][f'{environment}-https']}"

    @property
    def trust(self) -> ssl.SSLContext:
        """Give what checks the certificates of the lab, and none that another authority signed."""
        return ssl.create_default_context(cafile=str(self.clone.folder / ".shiplane/lab/ca.pem"))

    def get(self, environment: str, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the board of an environment."""
        return _ask("GET", f"{self.url(environment)}/api/v1/{path}", verify=self.trust).json()

    def page(self, environment: str, path: str = "/") -> str:
        """Fetch a page or an asset."""
        return _ask("GET", f"{self.url(environment)}{path}", verify=self.trust).text

    def serves(self, environment: str, release: str) -> bool:
        """Tell whether the public address answers healthy with a release."""
        try:
            return bool(self.get(environment, "status/")["release"] == release)
        except httpx.HTTPError:
            return False

    def run(self, environment: str, *argv: str, stdin: bytes = b"") -> bytes:
        """Run a program on a server, as root."""
        flags = ("--interactive",) if stdin else ()
        return docker("exec", *flags, f"{self.clone.lab_name}-{environment}", *argv, stdin=stdin)

    def received(self, environment: str) -> int:
        """Count the bytes that have reached a server: files, images and requests."""
        return int(self.run(environment, "cat", "/sys/class/net/eth0/statistics/rx_bytes"))

    def inside(self, environment: str, service: str, script: str) -> bytes:
        """Run a script in the container of a service."""
        return self.run(environment, "docker", "exec", self.container(environment, service), "sh", "-euc", script)

    def container(self, environment: str, service: str) -> str:
        """Give the id of the one container of a service; its number grows with each deploy."""
        labels = (f"project=app-{environment}", f"service={service}", "oneoff=False")
        filters = (word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}"))
        [found] = self.run(environment, "docker", "ps", "--quiet", *filters).decode().split()
        return found

    def running(self, environment: str) -> dict[str, str]:
        """Give the digests that the components' containers run, as the server's engine knows them."""
        found = {}
        for component in COMPONENTS:
            image = self.run(
                environment, "docker", "inspect", "-f", "{{.Image}}", self.container(environment, component)
            )
            known = self.run(
                environment, "docker", "image", "inspect", "-f", "{{json .RepoDigests}}", image.decode().strip()
            )
            place = f"{self.registry}/lab/app-{component}@"
            [found[component]] = {d.removeprefix(place) for d in json.loads(known) if d.startswith(place)}
        return found

    def look(self) -> Seen:
        """Look at both environments."""
        status = {name: self.get(name, "status/") for name in ENVIRONMENTS}
        return Seen(status, {name: self.running(name) for name in ENVIRONMENTS})

    def published(self, component: str, tag: str) -> str:
        """Ask the registry for the digest of a tag."""
        secrets = self.secrets["staging"]
        login = (secrets["REGISTRY_USER"].encode(), secrets["REGISTRY_PASSWORD"].encode())
        url = f"http://{self.registry}/v2/lab/app-{component}/manifests/{tag}"
        answer = _ask("HEAD", url, auth=login, headers={"Accept": _ACCEPTED})
        return answer.headers["Docker-Content-Digest"]


def _ask(method: str, url: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
    # The lab is on this machine: no proxy of the environment leads there.
    return httpx.request(method, url, timeout=10, trust_env=False, **more).raise_for_status()
