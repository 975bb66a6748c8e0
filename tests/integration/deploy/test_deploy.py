"""Deploys, failures and rollbacks on real servers."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.containers import beside
from shiplane.errors import DeployUndone, Interrupted, RegistryRefused, StepFailed
from shiplane.model import Secret
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place


def deploy_does_nothing(place: Place, kind: str) -> bool:
    """Deploy what runs; how long that takes is the benchmark's to say."""
    place.deploy(kind)
    return place.reports[-1] == f"{kind} runs already with the same files and digests: nothing to do"


def test_a_first_deploy_that_fails_is_cleared_away(fresh: Place) -> None:
    with pytest.raises(DeployUndone, match=r"not healthy: web \(running, unhealthy\); nothing served before") as caught:
        fresh.deploy("unhealthy")
    assert "web | this is unhealthy" in caught.value.details
    assert any("HTTP Error 503" in line for line in caught.value.details)
    assert fresh.serves() is None
    assert fresh.ask("docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom") == ""
    assert fresh.ask("ls -A deployments/app-staging deployments/app-staging/releases").split() == [
        "deployments/app-staging:", "audit.jsonl", "releases", "deployments/app-staging/releases:",
    ]  # fmt: skip
    fresh.deploy("one")
    assert fresh.serves() == "one"


def test_a_wrong_registry_password_changes_nothing(fresh: Place) -> None:
    look = "docker ps -a --format '{{.ID}} {{.CreatedAt}}'; ls -lA deployments/app-staging/releases"
    before = fresh.ask(look)
    fresh.login = replace(fresh.login, password=Secret("P", "wrong"))
    with pytest.raises(RegistryRefused):
        fresh.deploy("two")
    assert fresh.ask(look) == before
    assert fresh.leftovers() == ""


def test_deploy_again_next_and_back(staging: Place) -> None:
    staging.deploy("one")
    assert staging.serves() == "one"
    assert deploy_does_nothing(staging, "one")
    staging.deploy("two")
    assert staging.serves() == "two"
    status = staging.deployer().status()
    assert (status["release"], status["services"]["web"]["digest"]) == ("two", staging.images["two"].digest)
    assert [entry["release"] for entry in staging.deployer().releases()] == ["two", "one"]
    assert staging.deployer().rollback().release == "one"
    assert staging.serves() == "one"
    assert staging.leftovers() == ""


def test_the_manual_commands_work_on_the_server(serving: Place) -> None:
    files = "-f docker-compose.yml -f compose.staging.yml"
    line = f"cd ~/deployments/app-staging && docker compose {files} up -d 2>&1 && docker compose ps --services"
    told = serving.ask(line)
    assert "Recreate" not in told
    assert told.split()[-6:] == ["db", "edge", "proxy", "redis", "web", "worker"]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("unhealthy", r"not healthy: web \(running, unhealthy\)"),
        ("wrong", "from another release: 'another'"),
    ],
)
def test_a_deploy_that_fails_brings_the_release_before_back(serving: Place, kind: str, cause: str) -> None:
    listed = "ls deployments/app-staging/releases"
    before = serving.ask(listed)
    with pytest.raises(DeployUndone, match=f"{cause}; one serves again"):
        serving.deploy(kind)
    assert serving.serves() == "one"
    assert serving.deployer().status()["release"] == "one"
    assert serving.ask(listed) == before
    assert json.loads(serving.ask("tail -n 1 deployments/app-staging/audit.jsonl"))["outcome"] == "undone"
    assert serving.leftovers() == ""
    assert deploy_does_nothing(serving, "one")


def test_a_migration_that_fails_leaves_the_release_before_untouched(serving: Place) -> None:
    look = "docker ps --no-trunc --format '{{.ID}} {{.CreatedAt}}'"
    before = serving.ask(look)
    with pytest.raises(StepFailed, match=r"release command failed: .*: no such column"):
        serving.deploy("migration")
    assert serving.ask(look) == before
    assert serving.serves() == "one"
    assert serving.leftovers() == ""
    assert deploy_does_nothing(serving, "one")


def test_a_cancel_during_the_change_brings_the_release_before_back(serving: Place) -> None:
    cancel = Cancel()

    def cancelling(line: str) -> None:
        if line.startswith("let two"):
            cancel.set(Interrupted())

    with pytest.raises(DeployUndone, match="interrupted; one serves again"):
        serving.deploy("two", cancel, report=cancelling)
    assert serving.serves() == "one"


def test_a_recreate_makes_all_anew_in_the_order_of_need_and_is_undone_as_one(recreating: Place) -> None:
    files = "cd deployments/app-staging && docker compose -f docker-compose.yml -f compose.staging.yml"
    began = "for one in db web proxy; do docker inspect --format '{{.State.StartedAt}}' app-staging-$one-1; done"
    ids = "docker ps -q --no-trunc"
    before = set(recreating.ask(ids).split())
    recreating.deploy("two")
    assert recreating.serves() == "two"
    after = set(recreating.ask(ids).split())
    assert (len(after), before & after) == (len(before), set())
    started = recreating.ask(began).split()
    assert started == sorted(started)
    assert "Recreate" not in recreating.ask(f"{files} up -d 2>&1")
    with pytest.raises(DeployUndone, match=r"not healthy: web \(running, unhealthy\); two serves again"):
        recreating.deploy("unhealthy")
    assert recreating.serves() == "two"
    assert recreating.deployer().status()["release"] == "two"
    assert recreating.leftovers() == ""
    tasks = recreating.ask(f"{files} exec -T web cat /data/tasks || {files} exec -T worker cat /data/tasks").split()
    begun, ended = ({tasks[i + 1] for i in range(0, len(tasks), 2) if tasks[i] == word} for word in ("begin", "end"))
    assert len(begun - ended) <= 1, "only the task at hand is not finished"


SEARCH = b"""
services:
  search:
    image: nginx:1.30
    command: [sleep, infinity]
    init: true
    volumes: [{type: volume, source: found, target: /found}]
    healthcheck: {test: [CMD, "true"], start_period: 5s, start_interval: 0.2s}
volumes: {found: {}}
"""


def test_a_data_service_that_is_new_is_up_before_the_release_command(serving: Place) -> None:
    asks = ("python", "-c", "import socket; socket.gethostbyname('search')")
    usual = serving.options
    serving.options = replace(usual, data_services=("db", "redis", "search"), release_command=asks)
    running = "docker ps --filter label=com.docker.compose.service=search --format '{{.Status}}'"
    try:
        serving.deploy("two", overlay=SEARCH)
        assert "(healthy)" in serving.ask(running)
        assert serving.serves() == "two"
    finally:
        serving.options = usual
    serving.deploy("one")
    assert serving.ask(running) == ""
    serving.ask("docker volume rm app-staging_found")
    assert serving.leftovers() == ""


def test_other_files_under_the_same_name_that_fail_leave_the_old_ones(serving: Place) -> None:
    broken = b"services: {web: {command: [sleep, infinity]}}\n"
    with pytest.raises(DeployUndone, match="one serves again"):
        serving.deploy("one", overlay=broken)
    assert serving.ask("cat deployments/app-staging/compose.staging.yml") == "services: {}"
    assert serving.serves() == "one"
    assert serving.leftovers() == ""


def test_secrets_arrive_byte_for_byte_and_are_seen_by_nobody_else(serving: Place) -> None:
    with watched(serving) as processes:
        serving.deploy("two")
    ask = "cd deployments/app-staging && docker compose exec -T"
    assert serving.ask(f"{ask} db printenv PASSWORD") == serving.secrets["DB_PASSWORD"].value
    assert serving.ask(f"{ask} web printenv BOARD_TOKEN") == serving.secrets["BOARD_TOKEN"].value
    hard = [secret.value for secret in (*serving.secrets.values(), serving.login.password)]
    seen = "\n".join((*processes, *serving.reports, serving.ask("cat deployments/app-staging/audit.jsonl")))
    assert "docker compose" in seen
    assert not [value for value in hard if value in seen or value.split()[0] + " " in seen]
    holders = "grep -rlE 'PASSWORD|SECRET|TOKEN' deployments --include='.env*' | xargs stat -L -c %a | sort -u"
    assert serving.ask(holders) == "600"
    assert (
        serving.ask("stat -c %a deployments deployments/app-staging deployments/app-staging/releases/*").split()
        == ["700"] * 4
    )


def test_workers_finish_the_tasks_that_they_have_begun(serving: Place) -> None:
    serving.deploy("two")
    serving.deploy("one")
    told = serving.ask("cd deployments/app-staging && docker compose exec -T db cat /data/tasks").splitlines()
    begun, ended = ([line.split()[1] for line in told if line.startswith(word)] for word in ("begin", "end"))
    assert len({name.rpartition("-")[0] for name in begun}) >= 3
    running = serving.ask("docker ps -q --filter label=com.docker.compose.service=worker --format '{{.ID}}'")
    assert {name for name in begun if name not in ended} <= {name for name in begun if name.startswith(running[:12])}


def test_what_did_not_change_is_left_alone(serving: Place) -> None:
    look = "docker ps --no-trunc --format '{{.Label \"com.docker.compose.service\"}} {{.ID}}' | sort"
    before = dict(line.split() for line in serving.ask(look).splitlines())
    serving.deploy("two")
    after = dict(line.split() for line in serving.ask(look).splitlines())
    assert {name for name in after if after[name] == before[name]} == {"db", "edge", "proxy", "redis"}


@contextmanager
def watched(place: Place) -> Iterator[list[str]]:
    """Collect the server's process lists while the block runs."""
    lists: list[str] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            lists.append(place.ask("ps -eww -o args"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lists
    finally:
        ended.set()
        thread.join()


def test_marks_of_e2e_and_old_releases(serving: Place) -> None:
    deployer = serving.deployer()
    before = deployer.survey()
    deployer.mark_tested(serving.release("one"), beside(before.containers, serving.images.values()))
    state = deployer.survey()
    assert state.tested_beside["one"] == beside(state.containers, serving.images.values())
    assert {each.partition("@")[0].rpartition("/")[2] for each in state.tested_beside["one"]} == {"nginx"}
    assert state.tested["one"] == serving.release("one").digests() == state.running_digests(serving.release("one"))
    assert state.served("one")
    assert not state.served("wrong")
    assert deploy_does_nothing(serving, "one"), "a mark does not change the release"
    audit = [json.loads(line) for line in serving.ask("cat deployments/app-staging/audit.jsonl").splitlines()]
    assert "deployed" in {entry["outcome"] for entry in audit} <= {"deployed", "undone"}
    assert serving.ask("stat -c %a deployments/app-staging/audit.jsonl") == "600"


def test_every_answer_of_a_probe_is_told(serving: Place) -> None:
    with pytest.raises(DeployUndone):
        serving.deploy("unhealthy")
    told = [line.strip() for line in serving.reports if "web: probe: exit code 1: " in line]
    assert told
    assert all("HTTP Error 503" in line or "refused" in line for line in told)


DYING = """
import http.server, os, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        print("answered, and now to die", flush=True)
        threading.Timer(1, os._exit, [3]).start()

http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def test_what_gets_healthy_and_dies_is_told(serving: Place) -> None:
    web = {"restart": "no", "command": ["python", "-c", DYING]}
    dying = json.dumps({"services": {"web": web}}).encode()
    with pytest.raises(DeployUndone, match=r"web \(exited, .*exit code 3\).*; one serves again") as caught:
        serving.deploy("two", overlay=dying)
    assert "web | answered, and now to die" in caught.value.details
    assert serving.serves() == "one"


def test_a_release_is_verified_at_the_port_that_it_was_made_for(serving: Place) -> None:
    """As where the first certificate brings another port: the way back leads to the one before."""
    first = serving.site
    serving.site = replace(first, url=serving.other_url, proxy_port=443)
    try:
        serving.deploy("two")
        assert serving.serves() == "two"
        with pytest.raises(DeployUndone, match="two serves again"):
            serving.deploy("wrong")
        assert serving.deployer().rollback().url == first.url
        assert serving.deployer().status()["url"] == first.url
    finally:
        serving.site = first
    assert serving.serves() == "one"


def test_an_edge_that_dies_alone_takes_the_proxy_s_network_along(serving: Place) -> None:
    """The proxy runs on, healthy by its own socket, in a network that is gone: the next deploy starts it anew."""
    look = "docker inspect --format '{{.State.Pid}} {{.State.Status}}' app-staging-edge-1"
    process = serving.ask(look).split()[0]
    serving.as_root("kill", "-KILL", process)
    end = time.monotonic() + 20
    while serving.ask(look).split() in ([process, "running"], ["0", "restarting"]) and time.monotonic() < end:
        time.sleep(0.2)
    assert serving.serves() is None
    state = serving.deployer().survey()
    assert [container.service for container in state.containers if container.cut_off] == ["proxy"]
    assert "edge" in state.running
    assert "proxy" not in state.running
    assert not deploy_does_nothing(serving, "one")
    assert serving.serves() == "one"
    assert serving.deployer().survey().well
    assert serving.leftovers() == ""


def test_a_proxy_that_the_engine_could_not_start_comes_with_the_next_deploy(serving: Place) -> None:
    """An engine that starts again does not wait for the edge before it starts the proxy, and tries once."""
    proxy, edge = "app-staging-proxy-1", "app-staging-edge-1"
    serving.ask(f"docker stop -t 1 {proxy} {edge} && ! docker start {proxy} 2>/dev/null && docker start {edge}")
    assert serving.serves() is None
    assert not deploy_does_nothing(serving, "one")
    assert serving.serves() == "one"
    assert serving.leftovers() == ""
