"""The lab's registry, and a read-only one over the same storage that answers for official names."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import Unreachable
from shiplane.facts.registry_api import MANIFESTS
from shiplane.lab.containers import Blueprint, Published, ensure_running, last_lines
from shiplane.lab.credentials import REGISTRY_USER, client_login, htpasswd
from shiplane.lab.engine import docker
from shiplane.lab.files import Planted, write_private
from shiplane.lab.images.catalogue import ON_SERVERS
from shiplane.lab.probes import says, wait_for
from shiplane.model import Command
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.lab.engine import Engine
    from shiplane.lab.layout import Layout
    from shiplane.lab.state import Record

_IMAGE = "registry:3"
_INSIDE = 5000
_FOLDER = "/etc/shiplane"
_READY_SECONDS = 20.0
_QUESTION = b"GET /v2/ HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n"
_PUSH_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Registry:
    """Run the registry of a lab; `password` opens it."""

    engine: Engine
    layout: Layout
    record: Record
    password: str
    report: Callable[[str], None]

    def ensure(self, found: Mapping[str, str]) -> None:
        """Bring the registry and the mirror up, and the base images that servers need into them."""
        name = self.layout.part("registry")
        for blueprint in (self._registry(), self._mirror()):
            if ensure_running(self.engine, blueprint, found) and blueprint.name == name:
                self.report(f"registry: started on {self.record.registry}")
        port = self.record.ports["registry"]
        if not wait_for(lambda: says(port, b"HTTP/1.1 401", _QUESTION), _READY_SECONDS):
            raise Unreachable(
                f"the lab's registry does not answer on {self.record.registry}",
                "make the lab anew: invoke lab.down, then invoke lab.up",
                last_lines(self.engine, name),
            )
        self._push_base_images()

    def _registry(self) -> Blueprint:
        users = Planted(f"{_FOLDER}/htpasswd", htpasswd(REGISTRY_USER, self.password), 0o600)
        auth = {"htpasswd": {"realm": "shiplane", "path": users.path}}
        published = Published(self.record.ports["registry"], _INSIDE, "the lab's registry")
        return self._blueprint("registry", {"auth": auth}, (published,), (users,))

    def _mirror(self) -> Blueprint:
        return self._blueprint("mirror", {}, (), (), access="ro")

    def _blueprint(
        self,
        part: str,
        settings: Mapping[str, object],
        published: tuple[Published, ...],
        files: tuple[Planted, ...],
        access: str = "rw",
    ) -> Blueprint:
        config = Planted(f"{_FOLDER}/config.yml", configuration(settings, read_only=access == "ro"))
        options = ("--network", self.layout.name, "--network-alias", part, "--hostname", part)
        volume = ("--volume", f"{self.layout.part('registry')}:/var/lib/registry:{access}")
        name, planted = self.layout.part(part), (config, *files)
        return Blueprint(name, self.layout.name, _IMAGE, (*options, *volume), published, planted, (config.path,))

    def _push_base_images(self) -> None:
        held = self.engine.images(ON_SERVERS)
        due = {
            name: image.id
            for name, image in held.items()
            if self.record.pushed.get(name) != image.id or not self._holds(name)
        }
        if not due:
            return
        self.report(f"registry: taking in {', '.join(due)}")
        with temporary.folder("login") as folder:
            login = client_login(self.record.registry, REGISTRY_USER, self.password)
            write_private(folder / "config.json", login)
            where = self.engine.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout.strip()
            with ThreadPoolExecutor(len(due)) as pool:
                pushed = dict(zip(due, pool.map(lambda name: self._push(name, str(folder), where), due), strict=True))
        self.record.pushed.update({name: due[name] for name, ok in pushed.items() if ok})
        self.record.save(self.layout)

    def _holds(self, name: str) -> bool:
        """Ask the registry for an image's tag: somebody may have emptied it since."""
        image, _, tag = name.partition(":")
        user = base64.b64encode(f"{REGISTRY_USER}:{self.password}".encode()).decode()
        headers = {"Host": "registry", "Authorization": f"Basic {user}", **MANIFESTS, "Connection": "close"}
        lines = [f"HEAD /v2/library/{image}/manifests/{tag} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        question = "\r\n".join([*lines, "", ""])
        return says(self.record.ports["registry"], b"HTTP/1.1 200", question.encode())

    def _push(self, name: str, folder: str, where: str) -> bool:
        """Push one image; the client's own settings, and with them its context, give way to the login."""
        target = f"{self.record.registry}/library/{name}"
        self.engine.do(f"name {name} for the lab's registry", docker("tag", name, target))
        argv = ("docker", "--config", folder, "push", "--quiet", target)
        env = (("DOCKER_HOST", where),) if where else ()
        done = self.engine.run(Command(argv, env=env, timeout=_PUSH_SECONDS))
        self.engine.ask("rmi", "--no-prune", target)
        if not done.ok:
            # An image that was pulled can be pulled by the servers too; a stand-in is missed at the deploy.
            self.report(f"registry: {name} cannot be taken in: {' '.join(done.tail(1))}")
        return done.ok


def configuration(settings: Mapping[str, object], *, read_only: bool) -> str:
    """Write a registry's configuration: JSON, which is YAML too."""
    storage = {
        "filesystem": {"rootdirectory": "/var/lib/registry"},
        "delete": {"enabled": not read_only},
        "maintenance": {"uploadpurging": {"enabled": False}, "readonly": {"enabled": read_only}},
    }
    log = {"level": "error", "accesslog": {"disabled": True}}
    return json.dumps({"version": 0.1, "log": log, "storage": storage, "http": {"addr": f":{_INSIDE}"}, **settings})
