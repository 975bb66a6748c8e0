"""Commands on a real server."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.errors import HostKeyChanged, HostKeyMissing, Interrupted, TimeLimit, Unreachable
from shiplane.model import Command, Secret
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Place

HARD = "p)$'\"#\\ ü"


def test_ssh_runs_commands_byte_for_byte(staging: Place) -> None:
    command = Command(("sh", "-c", 'printf %s "$A"; cat; pwd; exit 3'), (("A", Secret("A", HARD)),), HARD, "/usr")
    done = SshRunner(staging.host, Masker()).run(replace(command, env=(("A", HARD),)))
    assert (done.stdout, done.exit_code) == (f"{HARD}{HARD}/usr", 3)
    assert SshRunner(staging.host).run(command).output == "******/usr"
    assert staging.looker.run(Command(("wc", "-c"), stdin="x" * 3_000_000)).stdout == "3000000"


def test_ssh_leaves_out_what_the_account_prints(staging: Place) -> None:
    once = "[ ! -e closing ] || { rm closing; echo closed; exit 0; }"
    staging.ask(f"[ ! -e .bashrc ] || mv .bashrc .bashrc.kept; echo 'echo welcome; {once}' >.bashrc")
    try:
        assert staging.ask("touch closing; echo one") == "one"
        with pytest.raises(Unreachable, match=r"did not start bash for user '.*'; it said: closed"):
            staging.ask("echo one")
        assert staging.ask("echo two") == "two"
    finally:
        staging.ask("rm -f .bashrc closing; [ ! -e .bashrc.kept ] || mv .bashrc.kept .bashrc")


def test_ssh_ends_what_it_started(staging: Place) -> None:
    with pytest.raises(TimeLimit):
        staging.looker.run(Command(("sh", "-c", "sleep 4711 & sleep 4712"), timeout=0.5))
    cancel = Cancel()
    threading.Timer(0.5, cancel.set, [Interrupted()]).start()
    with pytest.raises(Interrupted):
        staging.looker.run(Command(("sleep", "4713")), cancel=cancel)
    assert staging.ask("ps -eo args | grep '[s]leep 471'") == ""


@pytest.mark.parametrize(
    ("change", "error"),
    [({"port": 1}, HostKeyMissing), ({"user": "nobody"}, Unreachable), ({"key_file": "/nowhere"}, Unreachable)],
)
def test_ssh_refuses_what_it_does_not_know(staging: Place, change: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        SshRunner(replace(staging.host, **change)).run(Command(("true",)))


def test_ssh_refuses_another_host_key(staging: Place, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"), check=True)
    kind, key, *_ = (tmp_path / "key.pub").read_text().split()
    other.write_text(f"[{staging.host.address}]:{staging.host.port} {kind} {key}\n")
    with pytest.raises(HostKeyChanged):
        SshRunner(replace(staging.host, known_hosts=str(other))).run(Command(("true",)))
