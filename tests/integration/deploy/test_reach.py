"""Ways to a server: through a jump host, by ssh's configuration, and what is noticed when the way is cut."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from samples import CONFIG
from shiplane.cli.remote_target import RemoteTarget
from shiplane.deploy.lock import Holder, Lock, Timing
from shiplane.errors import HostKeyChanged, HostKeyMissing, UsageError
from shiplane.errors import Unreachable as Gone
from shiplane.model import Command
from shiplane.runners.base import Cancel
from shiplane.runners.connection import CONNECT_SECONDS
from shiplane.runners.heartbeat import Rhythm
from shiplane.runners.ssh import SshRunner
from shiplane.runners.ssh_config import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place
    from shiplane.model import Host

QUICK = Rhythm(tick=0.25, ask=2, lost=8)
NOTICED = 10
HELLO = Command(("sh", "-c", "hostname; whoami"))


@contextmanager
def cut(place: Place) -> Iterator[None]:
    """Drop what arrives for sshd: neither side of a connection is told."""
    rule = ("INPUT", "-p", "tcp", "--dport", "22", "-j", "DROP")
    place.as_root("iptables", "-I", *rule)
    try:
        yield
    finally:
        place.as_root("iptables", "-D", *rule)


def test_a_cut_link_is_noticed_and_taken_up_again(staging: Place) -> None:
    before = threading.active_count()
    with SshRunner(staging.host, rhythm=QUICK) as runner:
        # Silent for longer than a cut link is borne: nothing of this may end it.
        assert runner.run(Command(("sh", "-c", "sleep 5; echo done"))).stdout == "done"
        started = time.monotonic()
        with cut(staging):
            with pytest.raises(Gone, match=r"was lost \(nothing was heard for 2 s\) while: sleep 60") as caught:
                runner.run(Command(("sleep", "60")))
            assert caught.value.exit_code == 4
            assert time.monotonic() - started < NOTICED
        assert runner.run(Command(("echo", "again"))).stdout == "again"
    while threading.active_count() > before and time.monotonic() - started < NOTICED * 2:
        time.sleep(0.05)
    assert threading.active_count() == before


def test_a_link_that_is_cut_ends_an_upload(staging: Place) -> None:
    with SshRunner(staging.host, rhythm=QUICK) as runner:
        runner.run(Command(("true",)))
        with cut(staging), pytest.raises(Gone, match=r"while: wc -c < \(40000000 bytes\)"):
            runner.run(Command(("wc", "-c"), stdin="x" * 40_000_000))


@pytest.fixture
def pins(staging: Place, fresh: Place, tmp_path: Path) -> Path:
    """Pin both servers: staging as it is reached from here, the other one as staging reaches it."""
    lines = dict(line.split(" ", 1) for line in Path(staging.host.known_hosts).read_text().splitlines())
    port = {place: f"[{place.host.address}]:{place.host.port}" for place in (staging, fresh)}
    file = tmp_path / "known hosts"
    file.write_text(f"{port[staging]} {lines[port[staging]]}\nproduction {lines[port[fresh]]}\n")
    return file


@pytest.fixture
def behind(staging: Place, fresh: Place, pins: Path) -> Host:
    """Address production through staging."""
    jump = replace(staging.host, name="jump host staging", known_hosts=str(pins))
    return replace(fresh.host, name="production", address="production", port=22, known_hosts=str(pins), jump=jump)


def test_a_server_behind_another(staging: Place, behind: Host) -> None:
    with SshRunner(behind, rhythm=QUICK) as runner:
        assert runner.run(HELLO).stdout == "production\ndeploy"
        assert runner.run(Command(("wc", "-c"), stdin="x" * 3_000_000)).stdout == "3000000"
        with cut(staging), pytest.raises(Gone, match=r"production \(production:22\) was lost \(nothing was heard"):
            runner.run(Command(("sleep", "60")))
        assert runner.run(HELLO).ok


@pytest.mark.parametrize("end", ["server", "jump host"])
def test_both_ends_of_a_jump_are_pinned(behind: Host, pins: Path, tmp_path: Path, end: str) -> None:
    lines = pins.read_text().splitlines()
    index = 1 if end == "server" else 0
    pins.write_text(lines[1 - index] + "\n")
    with pytest.raises(
        HostKeyMissing, match=f"no host key is pinned for {lines[index].split()[0][:5]}".replace("[", r"\[")
    ):
        SshRunner(behind).run(HELLO)
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"), check=True)
    other = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    pins.write_text(f"{lines[1 - index]}\n{lines[index].split()[0]} {other}\n")
    with pytest.raises(
        HostKeyChanged, match=("production" if end == "server" else "jump host staging") + r" \(.*pinned"
    ):
        SshRunner(behind).run(HELLO)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (
            {"port": 1},
            r"production \(production:1\) cannot be reached through jump host staging \(.*: .*Connect failed",
        ),
        ({"user": "nobody"}, r"production \(production:22\) refuses the key of user 'nobody'"),
    ],
)
def test_what_a_jump_host_does_not_lead_to(behind: Host, pins: Path, change: dict[str, object], cause: str) -> None:
    pins.write_text(pins.read_text() + pins.read_text().splitlines()[1].replace("production", "[production]:1") + "\n")
    with pytest.raises(Gone, match=cause):
        SshRunner(replace(behind, **change)).run(HELLO)  # type: ignore[arg-type]


def test_by_ssh_s_own_configuration(staging: Place, fresh: Place, pins: Path, tmp_path: Path) -> None:
    # ssh prints several files side by side: one with a space could not be told from two.
    plain = pins.rename(tmp_path / "pins")
    more, config = tmp_path / "more", tmp_path / "config"
    more.write_text(f"Host shop\n HostName production\n ProxyJump bastion\n UserKnownHostsFile {plain}\n")
    config.write_text(
        f"Include {more}\nHost bastion\n HostName {staging.host.address}\n Port {staging.host.port}\n"
        f" UserKnownHostsFile {plain}\nHost *\n User deploy\n IdentityFile {fresh.host.key_file}\n"
    )

    def target() -> RemoteTarget:
        ask = partial(lookup, file=str(config))
        return RemoteTarget(tmp_path, CONFIG, {"SERVER_HOST": "shop"}, ask)

    with SshRunner(target().site("staging").host) as runner:
        assert runner.run(HELLO).stdout == "production\ndeploy"
    config.write_text("Host shop\n Prt 22\n")
    with pytest.raises(UsageError, match=r"the ssh configuration cannot be used for shop: .*terminating, 1 bad conf"):
        target().site("staging")


def test_by_ssh_agent(staging: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = replace(staging.host, key_file="", agent=True)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(Gone, match="there is no SSH key for"):
        SshRunner(host).run(HELLO)
    sock = tmp_path / "agent"
    agent = subprocess.Popen(("ssh-agent", "-D", "-a", sock), stdout=subprocess.DEVNULL)
    try:
        while not sock.exists():
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(sock))
        subprocess.run(("ssh-add", "-q", staging.host.key_file), check=True)
        with SshRunner(host) as runner:
            assert runner.run(HELLO).ok
    finally:
        agent.terminate()
        agent.wait(10)


def test_a_connection_without_room_for_one_more(staging: Place) -> None:
    refused: list[Gone] = []

    def hold() -> None:
        try:
            runner.run(Command(("sleep", "5")))
        except Gone as error:
            refused.append(error)

    with SshRunner(staging.host) as runner:
        held = [threading.Thread(target=hold) for _ in range(12)]
        runner.run(Command(("true",)))
        for thread in held:
            thread.start()
        for thread in held:
            thread.join()
        # Of twelve at once the server lets ten in; one that ended before all had begun may have made room for one.
        assert refused
        for error in refused:
            assert re.search(r"opens no channel \(.*\) for: sleep 5", error.cause)
            assert error.fix.startswith("see MaxSessions in its sshd_config (10 by default)")
        assert runner.run(Command(("true",))).ok


def test_a_deploy_goes_on_through_a_cut(staging: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    staging.deploy("one")
    told: list[str] = []
    with SshRunner(staging.host, staging.masker, QUICK) as runner, ExitStack() as link:
        monkeypatch.setattr(staging, "runner", runner)
        lock = Lock(staging.runner, staging.site, told.append, Cancel(), Timing(renew=0.5, stale=2))

        def report(line: str) -> None:
            told.append(line)
            if line == "let two serve":
                threading.Timer(0.5, link.enter_context, (cut(staging),)).start()
                threading.Timer(4.5, link.close).start()

        with lock.hold(holder := Holder("r1", "me", "here", 1)):
            staging.deploy("two", report=report)
            lock.confirm(holder)
    assert any("nothing was heard for 2 s" in line and line.endswith("connecting again") for line in told), told
    assert staging.serves() == "two"
    assert staging.leftovers() == ""


def test_a_cut_before_a_job_begins_ends_the_deploy_soon(staging: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    staging.deploy("one")
    told: list[str] = []
    with SshRunner(staging.host, staging.masker, QUICK) as runner, ExitStack() as link:
        monkeypatch.setattr(staging, "runner", runner)
        lock = Lock(staging.runner, staging.site, told.append, Cancel())

        def report(line: str) -> None:
            told.append(line)
            if line.startswith("run sh"):
                link.enter_context(cut(staging))

        started = time.monotonic()
        with (
            pytest.raises(Gone, match=r"was lost \(nothing was heard for 2 s\)"),
            lock.hold(Holder("r1", "me", "h", 1)),
        ):
            staging.deploy("two", report=report)
        # Noticed after 2 s; then one try to connect for what is left to tidy up, and one for the lock's last renewal.
        assert time.monotonic() - started < 2 + 2 * CONNECT_SECONDS + NOTICED
    assert told[-1] == "the lock of staging could not be given back: it ends in 25 s"
    assert staging.serves() == "one"
    staging.deploy("two")
    assert (staging.serves(), staging.leftovers()) == ("two", "")
