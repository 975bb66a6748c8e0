"""Two clones, each with a lab of its own: one ships by `invoke pipeline`, the other by `scripts/sequential`."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from helpers.engine import docker, images, wait_for
from shiplane.cli.app import App
from shiplane.commands import dotenv
from shiplane.deploy.bundle import container_variables, environment_secrets, root_variables
from shiplane.lab.layout import Layout
from shiplane.model import Release
from shiplane.pipeline.build import ca_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.clone import Clone
    from shiplane.model import Host

_STEP = re.compile(r"^step\t(.+)\t(\d+)$", re.MULTILINE)
_ENVIRONMENTS = ("staging", "production")
_SECONDS = 1800
_WAKE_SECONDS = 180


@dataclass(slots=True)
class Shipped:
    """Hold the seconds of one shipment, and of its steps by name."""

    seconds: float
    steps: dict[str, float] = field(default_factory=dict)


class Way:
    """Ship a clone to a lab of its own, which can rest while another way is timed."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self._lab = Layout.of(clone.folder)
        clone.invoke("lab.up")

    def ship(self) -> Shipped:
        """Ship what is committed."""
        raise NotImplementedError

    def rest(self) -> None:
        """Stop the lab: what serves there asks for its health all the time, and takes a good part of a core for it."""
        docker("stop", *(self._lab.part(name) for name in ("registry", "mirror", *_ENVIRONMENTS)))

    def wake(self) -> None:
        """Let the lab run, and wait until all that serves there is well."""
        self.clone.invoke("lab.up")
        servers = [self._lab.part(name) for name in _ENVIRONMENTS]
        wait_for("what serves", lambda: all(_is_well(server) for server in servers), _WAKE_SECONDS)


def _is_well(server: str) -> bool:
    """Tell whether all containers of a stand-in server are up and well; those that keep an image never run."""
    told = docker("exec", server, "docker", "ps", "--all", "--format", "{{.Status}}").decode().splitlines()
    return all(re.match(r"Created|Up(?!.*(starting|unhealthy))", status) for status in told)


class ByShiplane(Way):
    """Ship a clone by `invoke pipeline`."""

    def ship(self) -> Shipped:
        """Ship what is committed."""
        done = self.clone.invoke("pipeline", "--event", "push", "--branch", "main", "--plain")
        found = (record for record in self.clone.journal(self.clone.last_run()) if record["kind"] == "step_ended")
        return Shipped(done.seconds, {each["step"]: each["seconds"] for each in found})


class BySteps(Way):
    """Ship a clone by the script; it serves HTTP, which saves it the certificates."""

    def __init__(self, clone: Clone) -> None:
        super().__init__(clone)
        self.settings = clone.folder / ".shiplane" / "sequential"
        (self.settings / "staging").mkdir(parents=True)
        (self.settings / "production").mkdir()
        self._write()

    def ship(self) -> Shipped:
        """Ship what is committed."""
        started = time.monotonic()
        done = subprocess.run(
            ["scripts/sequential", str(self.settings / "settings")],
            cwd=self.clone.folder,
            env=self.clone.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
        return Shipped(time.monotonic() - started, {name: int(ms) / 1000 for name, ms in _STEP.findall(done.stdout)})

    def _write(self) -> None:
        target = App(self.clone.folder, {}).target("lab")
        ports = json.loads((self.clone.folder / ".shiplane/lab/state.json").read_text())["ports"]
        sites = {
            name: replace(target.site(name), url=f"http://127.0.0.1:{ports[f'{name}-http']}") for name in _ENVIRONMENTS
        }
        base = (self.clone.folder / ".env.docker").read_text()
        for name, site in sites.items():
            secrets = environment_secrets(site, target.secrets(name))
            nothing = Release("", "", "main", "", dirty=False, created_at="", images=())
            root = {key: value for key, value in root_variables(site, nothing, secrets).items() if value}
            self._file(f"{name}/.env.base", dotenv.render(root))
            self._file(f"{name}/.env.{name}", dotenv.render(container_variables(site, base, secrets)))
        login, staging = target.login(), sites["staging"]
        assert login is not None
        self._file("password", login.password.value)
        hosts = (self._host(name, site.host) for name, site in sites.items())
        self._file("ssh", "\n".join(hosts))
        settings = {
            "REGISTRY": login.registry,
            "OWNER": target.naming().owner,
            "REGISTRY_USER": login.user,
            "PASSWORD_FILE": str(self.settings / "password"),
            "SSH_CONFIG": str(self.settings / "ssh"),
            "FILES": str(self.settings),
            "STAGING_URL": staging.url,
            "PRODUCTION_URL": sites["production"].url,
            "NETWORK": staging.network,
            "FORWARD": f"{ports['staging-http']}=staging:80",
            "BOARD_TOKEN": environment_secrets(staging, target.secrets("staging"))["BOARD_TOKEN"].value,
            "PYTHON": str(self.clone.folder / ".venv/bin"),
            "CA": ca_bundle(self.clone.environ),
        }
        self._file("settings", "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()))

    def _host(self, name: str, host: Host) -> str:
        return (
            f"Host {name}\n  HostName {host.address}\n  Port {host.port}\n  User {host.user}\n"
            f"  IdentityFile {host.key_file}\n  UserKnownHostsFile {host.known_hosts}\n  IdentitiesOnly yes\n"
        )

    def _file(self, name: str, text: str) -> None:
        file: Path = self.settings / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")


def forget_builds() -> None:
    """Empty the builder's cache, and remove what was built: the next shipment begins cold."""
    built = images("backend", "frontend", "backend-dev", "frontend-dev", "test-runner")
    if built:
        docker("rmi", "--force", *built)
    docker("builder", "prune", "--all", "--force")
    # What an SBOM was made of stays in use until the engine ends, and would make the next shipment warm.
    kept = re.search(r"^Private:\s+(?!0B)(\S+)", docker("buildx", "du").decode(), re.MULTILINE)
    assert not kept, f"the builder cannot forget {kept and kept[1]}: restart the engine, and run this again"
