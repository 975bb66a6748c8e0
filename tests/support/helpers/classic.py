"""An engine with the classic image store, and the image of a builder: both from the programs of the lab's servers.

No image of BuildKit can be made from packages, and none can be pulled. The one made here has BuildKit all the same:
that of the distribution's engine, which the container runs on the containerd store, behind what buildx asks for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.engine import docker, wait_for
from shiplane.lab.engine import Engine
from shiplane.lab.files import Planted, archive
from shiplane.lab.images.catalogue import OFFICIAL_NAMES
from shiplane.lab.images.ensure import server_image
from shiplane.lab.servers import may_be_privileged, privilege_options, remove_control_groups
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = "127.0.0.1:9"
"""A registry that refuses every connection: what is named there is in the engine, or cannot be had."""
BUILDER = f"{NOWHERE}/buildkit:1"
_SOCKET = "/run/shared/docker.sock"
# buildx puts every builder below this control group.
_BUILDERS = "docker/buildx"
_RUNC = r"""#!/bin/sh
# Run containers with what this machine may give away: buildx asks for every privilege there is.
last=
for word; do
    case $last in
        --bundle) file=$word/config.json ;;
        --process) file=$word ;;
        *) file= ;;
    esac
    [ -z "$file" ] || perl -pi -e 's/"CAP_(\w+)",?/" KEPT " =~ m{ $1 } ? $& : ""/ge; s/,\]/]/g' "$file"
    last=$word
done
exec runc "$@"
"""
_BUILDKITD = """#!/bin/bash
# Let the engine be a builder and nothing else; what buildx gives to a buildkitd is not for it.
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null
    sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi
mkdir -p /etc/docker /tmp
echo '{"features": {"containerd-snapshotter": true}}' >/etc/docker/daemon.json
exec dockerd --data-root /var/lib/buildkit --userland-proxy=false --bridge docker0 --iptables=false --ip6tables=false
"""
_BUILDCTL = r"""#!/bin/bash
# Hand buildx on to the BuildKit of the engine, as the engine's own client reaches it. Before that it asks for workers,
# and for a while only: the answer comes when there is one.
until docker version >/dev/null 2>&1; do sleep 0.1; done
[[ $1 == dial-stdio ]] || exit 0
coproc socat - UNIX-CONNECT:/var/run/docker.sock
exec 3<&"${COPROC[0]}" 4>&"${COPROC[1]}"
printf 'POST /grpc HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n' >&4
while read -r line <&3 && [[ $line != $'\r' ]]; do :; done
cat <&3 &
cat >&4
"""
_PACK = """
set -eu
programs() { for name; do command -v "$name"; done; }
libraries() { ldd "$@" 2>/dev/null | grep -o '/[^ )]*' | grep -v : | sort -u; }
pack() { tar -ch -C / --ignore-failed-read "$@" $(libraries "$@") 2>/dev/null; }
"""
_PACK_BUILDER = f"""{_PACK}
pack $(programs buildkitd buildctl bash sleep xargs sed mkdir cat socat docker dockerd containerd runc iptables \
    containerd-shim-runc-v2) /bin/bash /bin/sh | docker import --change 'ENTRYPOINT ["buildkitd"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' - {BUILDER}
"""


@dataclass(frozen=True, slots=True)
class Classic:
    """Reach the engine; its `environ` lets docker's client do so, with settings of its own."""

    container: str
    environ: dict[str, str]

    def docker(self, *words: str) -> str:
        """Ask this engine, which has to do it."""
        environ = {**os.environ, **self.environ}
        done = subprocess.run(["docker", *words], env=environ, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"docker {' '.join(words)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def inside(self, script: str) -> None:
        """Run a script on the engine's machine."""
        docker("exec", "-i", self.container, "bash", stdin=script.encode())

    def bring_base(self, reference: str) -> None:
        """Push an image with a shell in it; official images are here too, as where they can be pulled."""
        self.inside(f"{_PACK}\npack /bin/sh | docker import - {reference}")
        self.docker("push", "--quiet", reference)
        for name in (*OFFICIAL_NAMES, server_image()):
            self.docker("tag", reference, name)

    def bring_builder(self) -> None:
        """Let `BUILDER` be had."""
        self.inside(_PACK_BUILDER)


@contextmanager
def classic(folder: Path, registry: tuple[str, str]) -> Iterator[Classic]:
    """Run the engine; `registry` (its address and container) has that address for it too."""
    name, runner = f"classic-test-{uuid.uuid4().hex[:12]}", LocalRunner(folder, os.environ)
    here, image = Engine(runner), server_image()
    privileged = may_be_privileged(here, image)
    shared, settings = folder / "run", folder / "client"
    shared.mkdir()
    settings.mkdir()
    _take_plugins(settings)
    words = ("--volume", "/var/lib/docker", "--volume", f"{shared}:/run/shared", "--env", f"FORWARDS={_way(*registry)}")
    docker("create", "--name", name, *privilege_options(privileged=privileged), *words, image)
    made = Classic(name, {"DOCKER_HOST": f"unix://{shared}/docker.sock", "DOCKER_CONFIG": str(settings)})
    try:
        docker("cp", "-", f"{name}:/", stdin=archive(_files(name, privileged=privileged)).encode())
        docker("start", name)
        wait_for("an answer of the engine", lambda: _answers(made))
        yield made
    finally:
        docker("rm", "--force", "--volumes", name)
        for group in () if privileged else (name, _BUILDERS):
            remove_control_groups(here, image, group)


def _files(name: str, *, privileged: bool) -> tuple[Planted, ...]:
    settings: dict[str, object] = {
        "storage-driver": "overlay2",
        "features": {"containerd-snapshotter": False},
        "hosts": ["unix:///run/docker.sock", f"unix://{_SOCKET}"],
        "group": str(os.getgid()),
    }
    if not privileged:
        runc = "/usr/local/sbin/runc-here"
        settings |= {"cgroup-parent": f"/{name}", "runtimes": {"here": {"path": runc}}, "default-runtime": "here"}
    kept = " ".join(re.findall(r"--cap-add (\w+)", " ".join(privilege_options(privileged=False))))
    return (
        Planted("/etc/docker/daemon.json", json.dumps(settings)),
        Planted("/usr/local/sbin/runc-here", _RUNC.replace("KEPT", kept), 0o755),
        Planted("/usr/local/sbin/buildkitd", _BUILDKITD, 0o755),
        Planted("/usr/local/sbin/buildctl", _BUILDCTL, 0o755),
    )


def _take_plugins(settings: Path) -> None:
    """Let the client find the plugins that its user has; builders it makes are remembered here, and not at home."""
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if own.is_dir():
        (settings / "cli-plugins").symlink_to(own)


def _way(address: str, container: str) -> str:
    """Say where connections to the registry's port go: to its container, which has an address beside the engine's."""
    asked = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", container).decode().strip()
    return f"{address.rpartition(':')[2]}={asked}:5000"


def _answers(made: Classic) -> bool:
    environ = {**os.environ, **made.environ}
    return subprocess.run(["docker", "version"], env=environ, capture_output=True, check=False).returncode == 0
