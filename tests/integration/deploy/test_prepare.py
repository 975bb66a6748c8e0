"""A bare server with sshd, and what makes it ready."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.prepare import Preparation
from shiplane.lab.servers import privilege_options
from shiplane.model import Command
from shiplane.runners.keys import public_key
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place
    from shiplane.deploy.readiness import Check
    from shiplane.model import Site

# What a machine from a provider is: an engine that is not there, a root that has a key, few sessions.
MACHINE = """
userdel -r deploy 2>/dev/null; groupdel docker
dpkg -r --force-depends docker-compose docker.io docker-cli >/dev/null 2>&1
cat >/etc/ssh/sshd_config.d/10-own.conf <<END
PermitRootLogin prohibit-password
AllowUsers root new-comer
MaxSessions 3
END
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
mkdir -m 700 /root/.ssh; echo "$KEY" >/root/.ssh/authorized_keys
exec tini -g -- server
"""


def docker(*words: str) -> str:
    return subprocess.run(("docker", *words), check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.fixture
def bare(staging: Place, tmp_path: Path) -> Iterator[Site]:
    """Run a machine on which root alone may log in, and give it as the site that it is to become."""
    key, name = Path(staging.host.key_file), f"{staging.host.name}-bare"
    privileged = bool(json.loads(key.with_name("state.json").read_text())["privileged"])
    image = docker("inspect", "--format", "{{.Config.Image}}", staging.host.name)
    words = (
        "--volume",
        "/var/lib/docker",
        "--entrypoint",
        "bash",
        "--env",
        f"KEY={key.with_suffix('.pub').read_text()}",
    )
    publish = ("--name", name, "--publish", "127.0.0.1::22")
    docker("run", "--detach", *publish, *privilege_options(privileged=privileged), *words, image, "-uc", MACHINE)
    try:
        port = int(docker("port", name, "22").rpartition(":")[2])
        pins = tmp_path / "known_hosts"
        end = time.monotonic() + 60
        while "ssh-ed25519" not in (pins.read_text() if pins.exists() else ""):
            assert time.monotonic() < end
            time.sleep(0.3)
            scan = ("ssh-keyscan", "-t", "ed25519", "-p", str(port), "127.0.0.1")
            pins.write_text(subprocess.run(scan, capture_output=True, text=True, check=False).stdout)
        host = replace(staging.host, name="bare", port=port, user="new-comer", known_hosts=str(pins))
        yield replace(staging.site, host=host, folder="deployments/shop-staging")
    finally:
        docker("rm", "--force", "--volumes", name)


def preparation(site: Site, admin: str = "") -> Preparation:
    other = SshRunner(replace(site.host, user=admin)) if admin else None
    return Preparation(site, lambda: SshRunner(site.host), time.time, other, public_key(site.host.key_file))


def bad(checks: list[Check]) -> list[str]:
    return [check.id for check in checks if not check.ok]


def test_a_bare_machine_becomes_a_server(bare: Site) -> None:
    stranger = preparation(bare)
    found, _ = stranger.look()
    assert (bad(found), len(found)) == (["reach"], 1)
    assert "refuses the key of user 'new-comer'" in found[0].cause
    stranger.close()

    root = preparation(bare, "root")
    found, how = root.look()
    assert (bad(found), how) == (["reach", "user", "engine", "compose", "max-sessions"], "yes")
    made, found = root.mend(found, how)
    assert (bad(found), root.refused) == ([], {}), found
    assert {"user", "engine", "compose", "max-sessions", "docker-group", "authorized-key", "folders"} < set(made)
    assert root.mend(found, how)[0] == ()
    root.close()

    own = preparation(bare)
    found, how = own.look()
    assert (bad(found), how) == ([], "")
    with SshRunner(bare.host) as runner:
        modes = "stat -c '%a %U' . .ssh .ssh/authorized_keys deployments deployments/shop-staging"
        assert runner.run(Command(("sh", "-c", modes))).stdout.split("\n")[1:] == [
            "700 new-comer",
            "600 new-comer",
            "700 new-comer",
            "700 new-comer",
        ]
        assert runner.run(Command(("docker", "compose", "ls"))).ok
        runner.run(Command(("sh", "-c", "chmod 755 deployments; rm -r deployments/shop-staging")))
    found, how = own.look()
    assert bad(found) == ["folders"]
    made, found = own.mend(found, how)
    assert (made, bad(found)) == (("folders",), [])
    own.close()
