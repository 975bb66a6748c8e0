"""The VPN is left however a run ends: by itself, by a signal, or by the command that each job types at its end.

The program `tailscale` is played, with the words and answers of the real one; all else is what a job runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from acting import ROOT, program
from checkouts import make_checkout
from helpers.engine import wait_for
from samples import CONFIG_TEXT, REMOTE, make_release
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

KEY = "tskey-client-abc"
# Its state is a file with the name that it has in the VPN. `up` reads its key from where it is told to.
_TAILSCALE = r"""#!/bin/bash
cd "$(dirname "$0")/.." || exit
echo "$*" >>asked
case $1 in
status)
    if [ -e joined ]; then state=Running; else state=NeedsLogin; fi
    printf '{"Version": "1.90.6", "BackendState": "%s", "Self": {"HostName": "%s", "Online": true}}\n' \
        "$state" "$(cat joined 2>/dev/null)" ;;
up)
    for word; do case $word in --hostname=*) name=${word#*=} ;; esac; done
    cat "${3#file:}" >key
    [ ! -e refuses ] || { echo "backend error: invalid key: API key does not exist" >&2; exit 1; }
    echo "$name" >joined ;;
ping)
    [ "$2 $4 $5 $#" = "--c --until-direct=false --timeout 7" ] || exit 2
    if [ -e hangs ]; then
        echo $$ >pinging
        exec sleep 300
    fi
    for ((n = 0; n < $3; n++)); do
        if [ -s silent ]; then
            sed -i 1d silent
            echo "ping \"$7\" timed out"
        else
            answered=1
            echo "pong from server ($7) via DERP(fra) in 12ms"
            sleep 1 # as the real one, which takes every ping that it is asked for
        fi
    done
    [ -n "$answered" ] || { echo "no reply" >&2; exit 1; } ;;
logout) rm -f joined ;;
esac
"""
JOINING = [
    "status --json --peers=false",
    "up --auth-key file:/dev/stdin --advertise-tags=tag:ci --hostname=shiplane-staging --timeout=60s",
]
PING = "ping --c 1 --until-direct=false --timeout 5s 127.0.0.1"


class Job:
    """Type commands as a job does, in a checkout with a published release, on a machine with a played VPN."""

    def __init__(self, folder: Path) -> None:
        self.vpn, self.checkout = folder / "vpn", folder / "shop"
        program(self.vpn / "bin" / "tailscale", _TAILSCALE)
        tunnel = '[tool.shiplane.vpn]\nprovider = "tailscale"\n'
        make_checkout(self.checkout, {"pyproject.toml": CONFIG_TEXT + tunnel})
        (self.checkout / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Begin")):
            subprocess.run(["git", *who, *words], cwd=self.checkout, check=True)
        store = Store(self.checkout)
        store.save_release("remote", make_release("r1"))
        store.save_release_files("remote", "r1", in_checkout(self.checkout))
        self.environ = {
            "PATH": f"{self.vpn / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT / "src"),
            **REMOTE,
            "SERVER_HOST": "127.0.0.1",
            "SERVER_PORT": "1",  # where nobody listens
            "TS_OAUTH_CLIENT_ID": "id",
            "TS_OAUTH_SECRET": KEY,
        }

    def start(self, line: str) -> subprocess.Popen[str]:
        # Tests that were started in the background ignore Ctrl-C, and so would what they start.
        words = ["env", "--default-signal=INT", sys.executable, "-m", "invoke", *line.split()]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(words, cwd=self.checkout, env=self.environ, text=True, **pipes)  # type: ignore[call-overload]

    def deploy(self) -> subprocess.Popen[str]:
        return self.start("deploy --env staging --release r1 --target remote --plain")

    def pinging(self) -> bool:
        file = self.vpn / "pinging"
        return file.is_file() and file.read_text().endswith("\n")

    @property
    def asked(self) -> list[str]:
        return (self.vpn / "asked").read_text().splitlines()

    @property
    def joined(self) -> bool:
        return (self.vpn / "joined").exists()


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    made = Job(tmp_path)
    yield made
    if made.pinging():
        with suppress(ProcessLookupError):
            os.kill(int((made.vpn / "pinging").read_text()), signal.SIGKILL)


def test_it_is_left_after_a_step_that_failed(job: Job) -> None:
    """The way in is there, and the server behind it is not."""
    deploy = job.deploy()
    said = deploy.communicate()[0]
    assert deploy.returncode == 4, said
    assert "staging.deploy failed" in said
    # Who opens the environment looks whether the way is there.
    assert job.asked == [*JOINING, PING, JOINING[0], "logout"]
    assert (job.joined, KEY in said) == (False, False)
    assert (job.vpn / "key").read_text() == f"{KEY}?ephemeral=true&preauthorized=true"


def test_a_server_that_answers_late_is_asked_again(job: Job) -> None:
    (job.vpn / "silent").write_text("once\ntwice\n")
    said = job.deploy().communicate()[0]
    assert job.asked == [*JOINING, *[PING] * 3, JOINING[0], "logout"], said
    assert "staging.deploy failed" in said


def test_it_is_left_after_a_login_that_was_refused(job: Job) -> None:
    (job.vpn / "refuses").touch()
    deploy = job.deploy()
    said = deploy.communicate()[0]
    assert (deploy.returncode, "the VPN cannot be joined" in said) == (4, True), said
    assert job.asked == [*JOINING, "logout"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_left_after_a_cancel(job: Job, number: signal.Signals) -> None:
    (job.vpn / "hangs").touch()
    deploy = job.deploy()
    wait_for("the wait for the server", job.pinging, 120)
    assert job.joined
    deploy.send_signal(number)
    said = deploy.communicate()[0]
    assert deploy.returncode == 130, said
    assert job.asked == [*JOINING, PING, "logout"]
    assert not job.joined


def test_a_job_whose_command_was_killed_leaves_it_by_the_last_one(job: Job) -> None:
    (job.vpn / "hangs").touch()
    deploy = job.deploy()
    wait_for("the wait for the server", job.pinging, 120)
    with deploy:
        deploy.kill()
    assert job.asked == [*JOINING, PING]
    for told in ("left the VPN, where this machine was shiplane-staging\n", "no run has left this machine in a VPN\n"):
        leave = job.start("vpn.leave")
        assert (leave.communicate()[0], leave.returncode) == (told, 0)
    assert job.asked[3:] == ["status --json --peers=false", "logout", "status --json --peers=false"]
    assert not job.joined
