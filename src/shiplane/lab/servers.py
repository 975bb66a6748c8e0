"""The stand-in servers: each a container with sshd and an engine of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from shiplane.errors import Unreachable
from shiplane.lab.containers import Blueprint, Published, ensure_running, last_lines
from shiplane.lab.credentials import public_key
from shiplane.lab.engine import docker
from shiplane.lab.files import Planted
from shiplane.lab.layout import ADDRESS, MIRROR_PORT
from shiplane.lab.probes import says, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.lab.engine import Engine
    from shiplane.lab.layout import Layout
    from shiplane.lab.state import Record

_DEPLOY_UID = 1000
_READY_SECONDS = 60.0
# What an engine in a container needs where the outer one may not give every privilege away.
_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_ADMIN",
    "SYS_NICE",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
    "SYSLOG",
]
_UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined")
_CONTROL_GROUPS = "/sys/fs/cgroup"
_WAIT_FOR_ENGINE = "until docker version >/dev/null 2>&1; do sleep 0.1; done"


def privilege_options(*, privileged: bool) -> tuple[str, ...]:
    """Give the options that let an engine run in the container."""
    if privileged:
        return ("--privileged", "--cgroupns", "private")
    capabilities = (word for name in _CAPABILITIES for word in ("--cap-add", name))
    unconfined = (word for name in _UNCONFINED for word in ("--security-opt", name))
    groups = ("--volume", f"{_CONTROL_GROUPS}:{_CONTROL_GROUPS}:rw", "--env", "HOST_CONTROL_GROUPS=1")
    return (*capabilities, *unconfined, "--device-cgroup-rule", "a *:* rwm", *groups)


def engine_settings(nested_range: str, lab: str, *, privileged: bool) -> str:
    """Write daemon.json: a range of its own for containers, bounded logs, containers that outlive the engine."""
    bridge, pool = ip_network(nested_range).subnets(prefixlen_diff=1)
    settings = {
        "storage-driver": "overlay2",
        "features": {"containerd-snapshotter": False},
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "bip": f"{bridge[1]}/24",
        "default-address-pools": [{"base": str(pool), "size": 24}],
        "registry-mirrors": [f"http://{ADDRESS}:{MIRROR_PORT}"],
    }
    # In control groups that are shared with the machine, what this lab makes has to be found again.
    return json.dumps(settings if privileged else {**settings, "cgroup-parent": f"/{lab}"}, indent=2)


@dataclass(frozen=True, slots=True)
class Servers:
    """Run the stand-in servers of a lab."""

    engine: Engine
    layout: Layout
    record: Record
    image: str
    report: Callable[[str], None]

    def ensure(self, environment: str, found: Mapping[str, str]) -> None:
        """Bring one server up, until its sshd and its engine answer."""
        blueprint = self._blueprint(environment)
        if ensure_running(self.engine, blueprint, found):
            self.report(f"{environment}: started, ssh on port {self.record.ports[f'{environment}-ssh']}")
        waiting = ("exec", blueprint.name, "timeout", f"{_READY_SECONDS:.0f}", "sh", "-c", _WAIT_FOR_ENGINE)
        done = self.engine.run(docker(*waiting, timeout=_READY_SECONDS + 10))
        port = self.record.ports[f"{environment}-ssh"]
        missing = "engine" if not done.ok else "" if wait_for(lambda: says(port, b"SSH-2.0-"), 10) else "sshd"
        if missing:
            raise Unreachable(
                f"the {missing} of the stand-in server {environment} does not come up",
                "make the lab anew: invoke lab.down, then invoke lab.up",
                last_lines(self.engine, blueprint.name),
            )

    def _blueprint(self, environment: str) -> Blueprint:
        name, ports = self.layout.part(environment), self.record.ports
        forwards = f"{ports['registry']}=registry:5000 {MIRROR_PORT}=mirror:5000"
        options = (
            *("--network", self.layout.name, "--network-alias", environment, "--hostname", environment),
            *("--volume", f"{name}:/var/lib/docker", "--env", f"FORWARDS={forwards}", "--stop-timeout", "15"),
            *privilege_options(privileged=bool(self.record.privileged)),
        )
        published = (
            Published(ports[f"{environment}-ssh"], 22, f"ssh of {environment}"),
            Published(ports[f"{environment}-http"], 80, f"http of {environment}"),
            Published(ports[f"{environment}-https"], 443, f"https of {environment}"),
        )
        return Blueprint(name, self.layout.name, self.image, options, published, self._files(environment))

    def _files(self, environment: str) -> tuple[Planted, ...]:
        key = self.layout.host_key(environment)
        settings = engine_settings(self.record.nested_range, self.layout.name, privileged=bool(self.record.privileged))
        allowed = public_key(self.layout.key_file).read_text(encoding="ascii")
        return (
            Planted("/etc/docker/daemon.json", settings),
            Planted("/etc/ssh/ssh_host_ed25519_key", key.read_text(encoding="ascii"), 0o600),
            Planted("/etc/ssh/ssh_host_ed25519_key.pub", public_key(key).read_text(encoding="ascii")),
            Planted("/home/deploy/.ssh/authorized_keys", allowed, 0o600, _DEPLOY_UID),
        )


def may_be_privileged(engine: Engine, image: str) -> bool:
    """Try whether this engine can run a privileged container."""
    return engine.ask("run", "--rm", "--privileged", "--network", "none", "--entrypoint", "true", image).ok


def remove_control_groups(engine: Engine, image: str, lab: str) -> None:
    """Remove the groups that the servers' containers left on the machine, once no container is in them."""
    script = f"find {_CONTROL_GROUPS} -depth -type d -path '*/{lab}*' -exec rmdir {{}} + 2>/dev/null; true"
    volume = ("--volume", f"{_CONTROL_GROUPS}:{_CONTROL_GROUPS}:rw", "--security-opt", "apparmor=unconfined")
    engine.ask("run", "--rm", "--network", "none", "--entrypoint", "sh", *volume, image, "-c", script)
