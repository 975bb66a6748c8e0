"""A registry of this machine, seen by a server through its SSH connection."""

from __future__ import annotations

import io
import os
import tarfile
import uuid
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker, docker_build, image_names
from helpers.faults import between
from helpers.registry import digest, registry, tags
from shiplane.errors import Unreachable
from shiplane.model import Command
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from conftest import Place

BASE_BYTES = 3_000_000


def layer(name: str, size: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = size
        tar.addfile(member, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()


def answer(runner: SshRunner, port: int, request: str) -> str:
    """Ask the port on the server, by hand, and go on to speak when the first line may have been answered already."""
    first, rest = f"{request} HTTP/1.1\\r\\n", "Host: here\\r\\nConnection: close\\r\\n\\r\\n"
    said = f"printf '{first}' >&3; sleep 0.3; printf '{rest}' >&3"
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port}; {said}; sleep 0.1; timeout 20 cat <&3"
    return runner.run(Command(("bash", "-c", script))).stdout


def test_images_travel_over_the_ssh_connection_and_only_what_is_missing(staging: Place) -> None:
    base, name = f"tunnel-base-{uuid.uuid4().hex[:12]}", f"acme/tunnel-{uuid.uuid4().hex[:12]}"
    docker("import", "-", base, stdin=layer("base", BASE_BYTES))
    with registry() as (behind, _), between(behind) as door, SshRunner(staging.host) as runner:
        port = int(door.address.rpartition(":")[2])
        given = []
        try:
            for tag in ("1", "2"):
                reference = f"{door.address}/{name}:{tag}"
                text = f"FROM {base}\nLABEL tag={tag}{uuid.uuid4().hex}\n"
                docker_build("--tag", reference, "-", stdin=text)
                docker("push", "--quiet", reference)
                pull = Command(("docker", "pull", "--quiet", f"{door.address}/{name}@{digest(behind, name, tag)}"))
                assert not runner.run(pull).ok
                before = door.given
                with runner.lend(port):
                    done = runner.run(pull)
                    assert done.ok, done.output
                    with pytest.raises(Unreachable, match=f"does not let us lend it port {port}"), runner.lend(port):
                        pass
                given.append(door.given - before)
                assert not runner.run(Command(("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"))).ok
                # Whoever is on the server may read what is lent, and neither add to it nor delete.
                with runner.lend(port):
                    push = Command(("docker", "push", f"{door.address}/{name}:mine"))
                    source = pull.argv[-1]
                    assert runner.run(Command(("docker", "tag", source, push.argv[-1]))).ok
                    pushed = runner.run(push)
                    assert not pushed.ok
                    assert "405" in pushed.output or "it is lent to be read" in pushed.output, pushed.output
                    path = f"/v2/{name}/manifests/{source.partition('@')[2]}"
                    assert answer(runner, port, f"DELETE {path}").startswith("HTTP/1.1 405 ")
                    # Docker tries TLS first, and waits for what comes of it.
                    assert answer(runner, port, "\\x16\\x03\\x01").startswith("HTTP/1.1 405 ")
                    assert answer(runner, port, f"GET /v2/{name}/tags/list").startswith("HTTP/1.1 200 ")
                assert "mine" not in tags(behind, name)
                assert tags(behind, name)[tag] == source.partition("@")[2]
            assert given[0] > BASE_BYTES
            assert given[1] < 100_000
        finally:
            docker("rmi", "--force", base, *(image for image in image_names() if name in image))
            staging.ask(f"docker images -q --filter reference='*/{name}' | xargs -r docker rmi -f")
