"""What serves comes back by itself: after the engine, the edge or the proxy ended, in whichever order they start."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from yard.aftermath import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yard.checkout import Yard

_SECONDS = 30.0
_FOLDER = "/home/deploy/deployments/app-staging"
_IDS = "docker ps -aq --no-trunc --filter label=com.docker.compose.project=app-staging"


@pytest.fixture(scope="module")
def release(yard: Yard) -> str:
    """Give a release that serves, whose proxy is not the first one."""
    yard.deploy(yard.release("one"))
    name = yard.release("one", edit=yard.other_proxy)
    yard.deploy(name)
    return name


@pytest.fixture(autouse=True)
def unchanged(yard: Yard, release: str) -> Iterator[None]:
    """Let the release serve before and after, by containers that all run."""
    assert settled(yard, {release}, _SECONDS) == (release, [])
    yield
    assert settled(yard, {release}, _SECONDS) == (release, [])
    time.sleep(1)
    states = yard.on_server(f"{_IDS} | xargs docker inspect --format '{{{{.State.Status}}}}'").split()
    assert set(states) == {"running"}


def container(yard: Yard, service: str) -> str:
    """Give the id of a service's one container."""
    [found] = yard.on_server(f"{_IDS} --filter label=com.docker.compose.service={service}").split()
    return found


@pytest.mark.parametrize("number", range(5))
def test_the_engine_is_restarted(yard: Yard, number: int) -> None:
    signal = "KILL" if number % 2 else "TERM"
    yard.on_server(f"pkill -{signal} -x dockerd; sleep 1; until docker version >/dev/null 2>&1; do sleep 0.2; done")


@pytest.mark.parametrize("order", [("proxy", "edge"), ("edge", "proxy")])
def test_one_starts_long_before_the_other(yard: Yard, order: tuple[str, str]) -> None:
    first, last = (container(yard, service) for service in order)
    yard.on_server(f"docker stop {first} {last}")
    yard.on_server(f"docker start {first}")
    time.sleep(5)
    yard.on_server(f"docker start {last}")


@pytest.mark.parametrize("service", ["edge", "proxy"])
def test_one_dies(yard: Yard, service: str) -> None:
    yard.on_server(f"kill -KILL $(docker inspect --format '{{{{.State.Pid}}}}' {container(yard, service)})")


def test_compose_by_hand_leaves_all_as_it_is(yard: Yard) -> None:
    before = yard.on_server(_IDS)
    yard.on_server(f"cd {_FOLDER} && su deploy -c 'docker compose up -d'")
    assert yard.on_server(_IDS) == before


def test_compose_by_hand_may_make_the_proxy_anew(yard: Yard) -> None:
    before = container(yard, "proxy")
    yard.on_server(f"cd {_FOLDER} && su deploy -c 'docker compose up -d --no-deps --force-recreate proxy'")
    assert container(yard, "proxy") != before


def test_what_was_made_anew_answers_as_soon_as_it_is_well(yard: Yard, release: str) -> None:
    before = set(yard.on_server(_IDS).split())
    for name in (yard.release("two"), release):
        yard.deploy(name, 0, "--strategy", "recreate")
        assert yard.serves() == name
    assert not before & set(yard.on_server("docker ps -q --no-trunc").split())
