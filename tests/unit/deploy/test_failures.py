from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.deploy.failures import gate_failure, stories, with_evidence
from shiplane.deploy.phases import Phase
from shiplane.errors import StepFailed, Unreachable
from shiplane.model import Command
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Site

PHASE = Phase("switch", "let new serve", (Command(("roll",)),), 30, health=True)


def container(service: str, state: dict[str, Any], restarts: int = 0, once: str = "False") -> str:
    words = {"service": service, "once": once, "id": f"{service}-0123456789abcdef", "image": "i", "reference": "r"}
    return "container\t" + json.dumps({**words, "state": state, "restarts": restarts, "policy": "unless-stopped"})


def health(status: str, *answers: tuple[int, str]) -> dict[str, Any]:
    log = [{"ExitCode": code, "Output": output} for code, output in answers]
    return {"Status": "running", "ExitCode": 0, "Health": {"Status": status, "Log": log}}


def log(service: str, *lines: str) -> list[str]:
    return [f"log\t{service}-0123456789abcdef"[: 4 + 12] + f"\t{line}" for line in lines]


EVIDENCE = [
    container("web", health("unhealthy", (0, ""), (1, "curl: (22) 503\nretry"))),
    container("db", health("healthy", (0, ""))),
    container("worker", {"Status": "restarting", "ExitCode": 137}, restarts=3),
    container("later", {"Status": "created"}),
    container("task", {"Status": "exited", "ExitCode": 1}, once="True"),
    *log("web", "no such table"),
    *log("worker", "killed", "again"),
]


def test_all_services_that_are_not_well_are_told(site: Site) -> None:
    tail = ("web: running, unhealthy", "the 30 s to become healthy are over")
    failure = gate_failure(site, PHASE, PHASE.commands[0], EVIDENCE, tail)
    assert failure.cause == (
        "not healthy within 30 s: web (running, unhealthy), worker (restarting, exit code 137, started again 3 times)"
    )
    assert failure.details == (
        "web: running, unhealthy",
        "web: last probe: exit code 1",
        "web:   curl: (22) 503",
        "web:   retry",
        "web | no such table",
        "worker: restarting, exit code 137, started again 3 times",
        "worker | killed",
        "worker | again",
    )


def test_a_gate_that_gave_up_early_names_no_limit(site: Site) -> None:
    tail = ("after 3 of 30 s one cannot become healthy any more",)
    failure = gate_failure(site, PHASE, PHASE.commands[0], EVIDENCE, tail)
    assert failure.cause.startswith("not healthy: web ")


def test_what_died_and_came_back_is_told(site: Site) -> None:
    evidence = [
        container("web", health("healthy"), restarts=1),
        container("db", health("healthy")),
        *log("web", "boom"),
    ]
    failure = gate_failure(site, PHASE, PHASE.commands[0], evidence, ("web did not stay well",))
    assert failure.cause == "not healthy: web (running, healthy, started again 1 times)"
    assert failure.details[-1] == "web | boom"


def test_what_was_not_let_start_is_told_by_the_output(site: Site) -> None:
    evidence = [container("web", {"Status": "created", "ExitCode": 0}), container("db", health("healthy"))]
    failure = gate_failure(site, PHASE, PHASE.commands[0], evidence, ("cannot share network namespace",))
    assert failure.cause == "let new serve: cannot share network namespace"


def test_what_masking_spoilt_is_left_out(site: Site) -> None:
    spoilt = EVIDENCE[0].replace('"ExitCode": ', '"ExitCode": ***')
    assert spoilt != EVIDENCE[0]
    failure = gate_failure(site, PHASE, PHASE.commands[0], [spoilt], ("web is unhealthy",))
    assert failure.cause == "let new serve: web is unhealthy"


@pytest.mark.parametrize(
    ("port", "fix"),
    [
        (80, "set another proxy_port in [tool.shiplane.environments.staging]"),
        (443, "set another proxy_tls_port in [tool.shiplane.environments.staging]"),
        (9000, "publish another one in compose.staging.yml"),
    ],
)
def test_the_port_that_is_taken_is_the_one_to_change(site: Site, port: int, fix: str) -> None:
    said = f"Bind for 0.0.0.0:{port} failed: port is already allocated"
    failure = gate_failure(replace(site, proxy_port=80), PHASE, PHASE.commands[0], EVIDENCE, (said,))
    assert failure.fix == f"free it, or {fix}"


@pytest.mark.parametrize(
    "said",
    [
        "Bind for 127.0.0.1:8081 failed: port is already allocated",
        "failed to bind port 0.0.0.0:8081/tcp: listen tcp4 0.0.0.0:8081: bind: address already in use",
    ],
)
def test_a_port_that_is_taken_is_told_as_that(site: Site, said: str) -> None:
    tail = (f"Error response from daemon: driver failed programming external connectivity: {said}", "failed")
    evidence = [container("edge", {"Status": "created", "ExitCode": 128}), *EVIDENCE]
    failure = gate_failure(replace(site, proxy_port=8081), PHASE, PHASE.commands[0], evidence, tail)
    assert failure.cause == "port 8081 of staging is taken by another program or environment there"
    assert failure.fix == "free it, or set another proxy_port in [tool.shiplane.environments.staging]"


def test_a_change_that_takes_too_long_though_all_is_well_is_told_as_that(site: Site) -> None:
    evidence = [container("worker", health("healthy"))]
    failure = gate_failure(site, PHASE, PHASE.commands[0], evidence, ("stopping worker",), 360.0)
    assert failure.cause == "let new serve: not done within 360 s, though no container is unwell"
    assert failure.fix == "look what it waits for: docker compose -p app-staging ps -a"


def test_without_evidence_the_output_tells(site: Site) -> None:
    failure = gate_failure(site, PHASE, PHASE.commands[0], [], ("no space left on device",))
    assert failure.cause == "let new serve: no space left on device"


def test_evidence_is_added_to_another_failure(site: Site) -> None:
    failure = StepFailed("it did not answer", "look", ("try 1: 502",))
    added = with_evidence(RecordingRunner([("evidence", "\n".join(EVIDENCE), 0)]), site, failure)
    assert added.cause.startswith("it did not answer; not healthy: web (running, unhealthy), worker")
    assert added.details[:2] == ("try 1: 502", "web: running, unhealthy")
    well = with_evidence(RecordingRunner([("evidence", container("db", health("healthy")), 0)]), site, failure)
    assert well is failure


def test_a_proxy_that_is_cut_off_is_told_as_that(site: Site) -> None:
    edge = json.loads(container("edge", {"Status": "running", "StartedAt": "2026-01-01T00:00:02Z"}).partition("\t")[2])
    proxy = {**edge, "service": "proxy", "id": "p1", "network": f"container:{edge['id']}"}
    proxy["state"] = {"Status": "running", "StartedAt": "2026-01-01T00:00:01Z"}
    failure = StepFailed("it did not answer", "look")
    evidence = "\n".join(f"container\t{json.dumps(one)}" for one in (edge, proxy))
    added = with_evidence(RecordingRunner([("evidence", evidence, 0)]), site, failure)
    assert added.cause == ("it did not answer; not healthy: proxy (running, cut off from the network that it shares)")


class Away(RecordingRunner):
    def run(self, *_: object, **__: object) -> None:
        raise Unreachable("gone", "look")


def test_a_server_that_is_gone_gives_no_evidence(site: Site) -> None:
    failure = StepFailed("it did not answer", "look")
    assert with_evidence(Away(), site, failure) is failure
    assert stories([]) == ("", [])
