from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from certificates import NOW, issue
from shiplane.errors import UsageError
from shiplane.facts import machine
from shiplane.facts.machine import Authority, DockerConfig
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Command
    from shiplane.runners.base import Completed


def test_resources_of_this_machine_and_of_the_engine(tmp_path: Path) -> None:
    found = machine.resources(RecordingRunner([("docker info", f"{tmp_path}\t8329658368\n", 0)]), tmp_path)
    assert [disk.folder for disk in found.disks] == [str(tmp_path)]
    assert found.disks[0].free > 0
    assert found.engine_total == 8329658368
    far = machine.resources(RecordingRunner([("docker info", "/not/here\t0\n", 0)]), tmp_path)
    assert ([disk.folder for disk in far.disks], far.engine_total) == ([str(tmp_path)], None)


class Bare(RecordingRunner):
    """Have no docker."""

    def run(self, command: Command, **words: object) -> Completed:
        del command, words
        raise UsageError("docker is not on this machine", "run ./scripts/bootstrap")


def test_resources_without_an_engine(tmp_path: Path) -> None:
    assert machine.resources(Bare(), tmp_path).engine_total is None


def test_authorities_that_variables_name(tmp_path: Path) -> None:
    now = NOW.timestamp()
    files = {
        "good": issue().pem + issue(begins=NOW - timedelta(days=100)).pem,
        "old": issue(begins=NOW - timedelta(days=100)).pem,
        "empty": "",
        "nonsense": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    environ = {
        "SSL_CERT_FILE": f"{tmp_path}/good",
        "PIP_CERT": f"{tmp_path}/old",
        "CURL_CA_BUNDLE": f"{tmp_path}/empty",
        "CA_BUNDLE": f"{tmp_path}/nonsense",
        "TLS_CA": f"{tmp_path}/gone",
        "NODE_EXTRA_CA_CERTS": "",
    }
    assert set(machine.authorities(environ, now)) == {
        Authority("SSL_CERT_FILE", f"{tmp_path}/good", "", 2, 1),
        Authority("PIP_CERT", f"{tmp_path}/old", "", 1, 0),
        Authority("CURL_CA_BUNDLE", f"{tmp_path}/empty"),
        Authority("CA_BUNDLE", f"{tmp_path}/nonsense"),
        Authority("TLS_CA", f"{tmp_path}/gone", "No such file or directory"),
    }


def test_the_clients_configuration(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    file = tmp_path / ".docker" / "config.json"
    assert machine.docker_config(environ) == DockerConfig(str(file))
    file.parent.mkdir()
    for text, problem in (("{", "it is no JSON"), ("[]", "it is no JSON object")):
        file.write_text(text)
        assert machine.docker_config(environ) == DockerConfig(str(file), problem)
    program = tmp_path / "bin" / "docker-credential-pass"
    program.parent.mkdir()
    program.touch(0o755)
    file.write_text(
        json.dumps({"auths": {"ghcr.io": {}}, "credsStore": "desktop", "credHelpers": {"registry.test": "pass"}})
    )
    assert machine.docker_config(environ) == DockerConfig(
        str(file), "", ("ghcr.io", "registry.test"), stored=True, missing=("docker-credential-desktop",)
    )
    assert (
        machine.docker_config({**environ, "DOCKER_CONFIG": f"{tmp_path}/other"}).file == f"{tmp_path}/other/config.json"
    )
