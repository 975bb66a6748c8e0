"""What happens to a deploy at a boundary, and how the world is put right again afterwards (never the application)."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.engine import docker, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from yard.calls import Call
    from yard.checkout import Yard

_DISK = "/home/deploy/deployments"
_DISK_SIZE = "8m"
_ENGINE = "dockerd --"
_CUT = "iptables {} INPUT -p tcp --dport 22 -j DROP"
_SHORT_CUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Describe a fault.

    `strike` happens at the boundary, while the caller waits; `heal` once it has ended. `kind` is what is deployed.
    `everywhere` faults strike at boundaries of ours, up to the operation `until` or from `since` on (elsewhere they
    change nothing), or where the answer to each is `unheard`; the others happen by what is deployed. `action` is what
    is struck: deploy or rollback.
    """

    name: str
    strike: Callable[[Yard, Call, str], None]
    heal: Callable[[Yard], None]
    kind: str = "good"
    everywhere: bool = True
    until: str = ""
    since: str = ""
    unheard: bool = False
    action: str = "deploy"


def _nothing(yard: Yard, *_: object) -> None:
    del yard


def _lose_answer(yard: Yard, call: Call, _release: str) -> None:
    del yard
    call.go_on()


def _interrupt(yard: Yard, call: Call, _release: str) -> None:
    del yard
    call.signal(signal.SIGINT)
    time.sleep(0.3)
    call.go_on()


def _kill(yard: Yard, call: Call, _release: str) -> None:
    del yard
    call.signal(signal.SIGKILL)


def _cut(yard: Yard, call: Call, _release: str) -> None:
    yard.on_server(_CUT.format("-I"))
    call.go_on()


def _join(yard: Yard) -> None:
    yard.on_server(f"while {_CUT.format('-D')} 2>/dev/null; do :; done")


def _cut_shortly(yard: Yard, call: Call, release: str) -> None:
    _cut(yard, call, release)
    time.sleep(_SHORT_CUT_SECONDS)
    _join(yard)


def _fill(yard: Yard, call: Call, _release: str) -> None:
    yard.on_server(f"dd if=/dev/zero of={_DISK}/filled bs=4k 2>/dev/null || :; chown deploy {_DISK}/filled")
    call.go_on()


def _empty(yard: Yard) -> None:
    yard.on_server(f"rm -f {_DISK}/filled")


def _stop_registry(yard: Yard, call: Call, _release: str) -> None:
    docker("kill", yard.part("registry"))
    call.go_on()


def _start_registry(yard: Yard) -> None:
    docker("start", yard.part("registry"))
    # It answers "unauthorized", which is an answer.
    ask = f"curl -s -o /dev/null http://{yard.state.registry}/v2/"
    yard.on_server(f"until {ask}; do sleep 0.2; done", 30)


def _pause_registry(yard: Yard, call: Call, _release: str) -> None:
    docker("pause", yard.part("registry"))
    call.go_on()


def _resume_registry(yard: Yard) -> None:
    docker("unpause", yard.part("registry"))


def _engine(number: str) -> Callable[[Yard, Call, str], None]:
    def end(yard: Yard, call: Call, _release: str) -> None:
        yard.on_server(f"pkill -{number} -x dockerd")
        call.go_on()

    return end


def _engine_answers(yard: Yard) -> None:
    yard.on_server("until docker version >/dev/null 2>&1; do sleep 0.2; done", 60)


def _die(yard: Yard, call: Call, release: str) -> None:
    yard.redis("SET", "die", release)
    time.sleep(1)  # it looks four times a second
    call.go_on()


def _live(yard: Yard) -> None:
    yard.redis("DEL", "die")


FAULTS = (
    Fault("caller interrupted (SIGINT)", _interrupt, _nothing),
    Fault("caller killed (SIGKILL)", _kill, _nothing),
    Fault("link cut until the caller ends", _cut, _join),
    Fault("link cut for 5 s", _cut_shortly, _join),
    Fault("command done, answer lost", _lose_answer, _nothing, unheard=True),
    Fault("disk full", _fill, _empty),
    Fault("registry gone", _stop_registry, _start_registry, until="pull"),
    Fault("registry silent", _pause_registry, _resume_registry, until="pull"),
    Fault("engine restarted (TERM)", _engine("TERM"), _engine_answers),
    Fault("engine killed (KILL)", _engine("KILL"), _engine_answers),
    Fault("caller of a rollback killed (SIGKILL)", _kill, _nothing, action="rollback"),
    Fault("container gets healthy and dies", _die, _live, since="pull"),
    Fault("container never gets healthy", _nothing, _nothing, "unhealthy", everywhere=False),
    Fault("migration fails", _nothing, _nothing, "migration", everywhere=False),
    Fault("verify answers with another release", _nothing, _nothing, "wrong", everywhere=False),
)


def small_disk(yard: Yard) -> None:
    """Let the deployments folder of staging be a disk of a few MB; it must not have been used before."""
    options = f"size={_DISK_SIZE},mode=700,uid=1000,gid=1000"
    yard.on_server(f"mkdir -p {_DISK} && mount -t tmpfs -o {options} tmpfs {_DISK}")


def heal_all(yard: Yard) -> None:
    """Put right what a fault that ended half-way may have left."""
    _join(yard)
    _empty(yard)
    wait_for("the registry", lambda: _runs(yard))
    _engine_answers(yard)


def _runs(yard: Yard) -> bool:
    name = yard.part("registry")
    state = docker("inspect", "--format", "{{.State.Status}}", name).decode().strip()
    if state == "paused":
        docker("unpause", name)
    elif state != "running":
        docker("start", name)
    return state == "running"
