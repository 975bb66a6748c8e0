from __future__ import annotations

import dataclasses
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import CONFIG
from shiplane.cli.targets import RemoteTarget
from shiplane.deploy.lock import Holder, Lock, Timing
from shiplane.deploy.phases import Options
from shiplane.errors import HeldTooLong, Interrupted, Locked, StepFailed, TimeLimit, UnknownName, Unreachable
from shiplane.pipeline.environments import Environments
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.recording import RecordingRunner
from worlds import SilentPublic

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.deploy.context import Context
    from shiplane.model import Host

ENVIRON = {
    **dict.fromkeys(("SERVER_HOST", "SERVER_USER", "SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS"), "x"),
    **dict.fromkeys(("DB_PASSWORD", "REDIS_PASSWORD"), "secret"),
}
HELD = 'held\t{"run": "r7", "user": "ada", "host": "laptop", "pid": 12, "since": "", "renewed_at": ""}'


class Server(RecordingRunner):
    """Answer to the lock's questions; `closed` tells that the connection was given up."""

    def __init__(self, taken: str = "taken\t") -> None:
        super().__init__([("lock take", taken, 0), ("lock drop", "dropped\t", 0)])
        self.closed = False

    def close(self) -> None:
        self.closed = True

    @property
    def verbs(self) -> list[str]:
        return [command.argv[3] for command in self.commands]


class Servers:
    """Connect to servers that stand here by name."""

    def __init__(self, **servers: Server) -> None:
        self.known = servers
        self.connected: list[str] = []

    def connect(self, host: Host) -> Server:
        self.connected.append(host.name)
        return self.known.setdefault(host.name, Server())


@pytest.fixture
def servers() -> Servers:
    return Servers()


def opened(servers: Servers, folder: Path) -> Environments:
    target = RemoteTarget(folder, CONFIG, ENVIRON)
    holder = Holder("r1", "me", "here", 1)
    return Environments(target, CONFIG, servers.connect, SilentPublic(), Masker(), holder)


def quiet(_line: str) -> None:
    pass


def test_each_environment_is_connected_to_once(servers: Servers, tmp_path: Path) -> None:
    environments = opened(servers, tmp_path)
    assert environments.site("staging").url == "https://staging.example.com"
    environments.deployer("staging", quiet, Cancel())
    environments.lock("production", quiet, Cancel())
    assert servers.connected == ["staging", "production"]
    environments.close()
    assert [server.closed for server in servers.known.values()] == [True, True]


def test_an_environment_may_be_reached_before_it_is_needed(servers: Servers, tmp_path: Path) -> None:
    environments, tries = opened(servers, tmp_path), []
    servers.known["staging"] = server = Server()
    server.connect = lambda: tries.append("connect")  # type: ignore[attr-defined]
    environments.reach("staging")
    assert (servers.connected, tries) == (["staging"], ["connect"])
    environments.deployer("staging", quiet, Cancel())
    assert servers.connected == ["staging"]


def test_who_only_reaches_ahead_hears_of_no_failure(servers: Servers, tmp_path: Path) -> None:
    environments = opened(servers, tmp_path)
    servers.known["staging"] = server = Server()
    tries = []

    def connect() -> None:
        tries.append("connect")
        raise Unreachable("it is down", "start it")

    server.connect = connect  # type: ignore[attr-defined]
    environments.reach("staging")
    environments.reach("stagin")
    assert tries == ["connect"]


def test_an_unknown_environment_connects_nowhere(servers: Servers, tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        opened(servers, tmp_path).site("stagin")
    assert servers.connected == []


def test_an_environment_is_held_until_it_is_given_back(servers: Servers, tmp_path: Path) -> None:
    environments = opened(servers, tmp_path)
    environments.give_back("staging")
    for _ in range(2):
        environments.hold("staging", quiet, Cancel(), wait=True)
    server = servers.known["staging"]
    assert server.verbs == ["take"]
    for _ in range(2):
        environments.give_back("staging")
    assert server.verbs == ["take", "drop"]
    environments.hold("staging", quiet, Cancel(), wait=True)
    environments.close()
    assert server.verbs == ["take", "drop", "take", "drop"]
    assert server.closed


def test_another_holder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.pipeline.environments.Lock", partial(Lock, timing=Timing(renew=0.05, stale=0, ask=0)))
    environments = opened(Servers(staging=Server(HELD)), tmp_path)
    with pytest.raises(Locked, match=r"staging is held by run r7 \(ada@laptop, process 12\)"):
        environments.hold("staging", quiet, Cancel(), wait=False)


def test_waiting_for_another_ends_with_the_step(tmp_path: Path) -> None:
    environments = opened(Servers(staging=Server(HELD)), tmp_path)
    cancel = Cancel()
    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        cancel.set(TimeLimit("stage staging", 1))

    with pytest.raises(HeldTooLong) as caught:
        environments.hold("staging", report, cancel, wait=True)
    assert said == ["waiting for staging, held by run r7 (ada@laptop, process 12)"]
    held = "staging was held by run r7 (ada@laptop, process 12) until the time limit was reached"
    assert (caught.value.cause, caught.value.exit_code, caught.value.may_pass) == (held, 5, True)


def test_an_interrupt_while_waiting_is_one(tmp_path: Path) -> None:
    environments, cancel = opened(Servers(staging=Server(HELD)), tmp_path), Cancel()
    with pytest.raises(Interrupted):
        environments.hold("staging", lambda _: cancel.set(Interrupted()), cancel, wait=True)


LOST = 'lost\t{"run": "r7", "user": "ada", "host": "laptop", "pid": 12, "since": "", "renewed_at": ""}'
ADA = r"staging is held by run r7 \(ada@laptop, process 12\)"


def context_of(environments: Environments, cancel: Cancel) -> Context:
    return environments.deployer("staging", quiet, cancel)._context  # noqa: SLF001 - what a running deploy looks at


def test_what_runs_under_a_lock_that_is_lost_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.pipeline.environments.Lock", partial(Lock, timing=Timing(renew=0.05)))
    server, step = Server(), Cancel()
    environments = opened(Servers(staging=server), tmp_path)
    environments.hold("staging", quiet, step, wait=True)
    context = context_of(environments, step)
    assert not context.cancel.is_set()
    assert context.cancel.error is None
    server.answers.append(("lock renew", LOST, 0))
    with pytest.raises(Locked, match=ADA):
        context.cancel.sleep(5)
    assert context.cancel.is_set()
    assert isinstance(context.cancel.error, Locked)
    with pytest.raises(Locked, match=ADA):
        context.taken.check()
    assert not step.is_set()
    with pytest.raises(Locked, match=ADA):
        environments.deployer("staging", quiet, Cancel()).survey()
    environments.close()


def test_what_runs_under_a_lock_ends_with_its_step(servers: Servers, tmp_path: Path) -> None:
    environments, step = opened(servers, tmp_path), Cancel()
    environments.hold("staging", quiet, step, wait=True)
    context = context_of(environments, step)
    context.cancel.sleep(0.001)
    threading.Timer(0.05, step.set, [TimeLimit("stage staging", 1)]).start()
    with pytest.raises(TimeLimit):
        context.cancel.sleep(5)
    assert isinstance(context.cancel.error, TimeLimit)
    assert not context.taken.is_set()
    context_of(environments, Cancel()).cancel.check()
    environments.close()


def test_a_lock_is_asked_for_while_it_is_held(servers: Servers, tmp_path: Path) -> None:
    environments = opened(servers, tmp_path)
    context_of(environments, Cancel()).confirm()
    environments.hold("staging", quiet, Cancel(), wait=True)
    servers.known["staging"].answers.append(("lock renew", LOST, 0))
    context = context_of(environments, Cancel())
    with pytest.raises(Locked, match=ADA):
        context.confirm()
    assert context.taken.is_set()
    environments.close()
    assert servers.known["staging"].verbs == ["take", "renew", "drop"]


def test_what_was_begun_for_the_run_ends_with_it(servers: Servers, tmp_path: Path) -> None:
    environments = opened(servers, tmp_path)
    ended: list[str] = []

    def fail() -> None:
        ended.append("failed")
        raise StepFailed("tailscale is gone", "look")

    environments.hold("staging", quiet, Cancel(), wait=True)
    environments.at_close += [lambda: ended.append(" ".join(servers.known["staging"].verbs)), fail]
    environments.close()
    environments.close()
    assert ended == ["failed", "take drop"]


@given(st.lists(st.booleans()))
def test_what_was_begun_is_taken_back_in_reverse_whatever_fails(fails: list[bool]) -> None:
    environments = Environments(None, CONFIG, None, SilentPublic(), Masker(), Holder("r1", "me", "here", 1))  # type: ignore[arg-type]
    ended: list[int] = []

    def take_back(number: int) -> None:
        ended.append(number)
        if fails[number]:
            raise StepFailed("it is gone", "look")

    environments.at_close += [partial(take_back, number) for number in range(len(fails))]
    environments.close()
    assert ended == list(reversed(range(len(fails))))


def test_the_options_of_a_rollout_are_configured() -> None:
    changed = {"health_seconds": 7, "verify_tries": 2, "verify_interval_seconds": 3, "release_command": ("migrate",)}
    made = Options.of(dataclasses.replace(CONFIG, **changed))  # type: ignore[arg-type]
    assert (made.health_seconds, made.verify_tries, made.verify_seconds) == (7, 2, 3)
    assert made.release_command == ("migrate",)
