"""A registry on this machine, for servers that see it through their SSH connection: found, or made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import PortTaken, StepFailed, Unreachable
from shiplane.facts import listeners
from shiplane.lab.engine import Engine, docker
from shiplane.lab.files import Planted, archive
from shiplane.lab.probes import wait_for
from shiplane.lab.registry import configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.runners.base import Runner
    from shiplane.runners.http import Http

_IMAGE = "registry:3"
_CONFIG = "/etc/shiplane/config.yml"
_INSIDE = 5000
_SERVES = (200, 401)
_QUESTION_SECONDS = 2.0
_READY_SECONDS = 20.0
_PULL_SECONDS = 300.0


def ensure(runner: Runner, http: Http, port: int, say: Callable[[str], None]) -> None:
    """Make sure that a registry answers at a port of 127.0.0.1; what is in it stays in a volume of its own.

    Raises `PortTaken` or `Unreachable` where something else answers there.
    """
    if _answers(http, port):
        return
    engine, name = Engine(runner), f"shiplane-registry-{port}"
    if not _is_there(engine, name):
        place = ("--publish", f"127.0.0.1:{port}:{_INSIDE}", "--volume", f"{name}:/var/lib/registry")
        words = ("create", "--name", name, "--restart", "unless-stopped", *place, _IMAGE, _CONFIG)
        made = engine.run(docker(*words, timeout=_PULL_SECONDS))
        # Another run may have made it meanwhile.
        if not made.ok and not _is_there(engine, name):
            raise StepFailed(f"could not make the registry {name}", f"try it: docker pull {_IMAGE}", made.tail())
    # Each time: who made it may have been interrupted before.
    config = Planted(_CONFIG, configuration({}, read_only=False))
    engine.do(f"put files into {name}", docker("cp", "--quiet", "-", f"{name}:/", stdin=archive([config])))
    started = engine.ask("start", name)
    if listeners.taken(started.output):
        raise PortTaken(port, "the registry of this machine")
    if not started.ok:
        raise StepFailed(f"could not start {name}", f"see why: docker logs {name}", started.tail())
    if not wait_for(lambda: _answers(http, port), _READY_SECONDS):
        raise Unreachable(f"the registry {name} does not answer", f"see why: docker logs {name}")
    say(f"registry: {name} serves 127.0.0.1:{port}")


def _is_there(engine: Engine, name: str) -> bool:
    return engine.ask("container", "inspect", "--format", "{{.Id}}", name).ok


def _answers(http: Http, port: int) -> bool:
    try:
        answer = http.request("GET", f"http://127.0.0.1:{port}/v2/", timeout=_QUESTION_SECONDS)
    except Unreachable:
        return False
    if answer.status not in _SERVES:
        raise Unreachable(
            f"what answers at 127.0.0.1:{port} is no registry: {answer.status}",
            "set registry in [tool.shiplane] to a free port of 127.0.0.1, or end what listens there",
        )
    return True
