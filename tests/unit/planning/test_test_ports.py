from __future__ import annotations

import pytest

from shiplane.errors import PortTaken
from shiplane.facts.listeners import Listener, Ports, Published
from shiplane.planning.test_ports import choose

PROJECT = "app-test-abcd1234-suites"
SPECIFIED = {
    "TEST_DB_PORT": "5433",
    "TEST_REDIS_PORT": "6380",
    "TEST_BACKEND_PORT": "8001",
    "TEST_FRONTEND_PORT": "5174",
    "TEST_PROXY_PORT": "8081",
}


def test_the_ports_are_those_of_the_specification() -> None:
    assert choose(Ports((), ()), PROJECT, {}) == SPECIFIED


def test_what_a_program_or_another_stack_holds_is_left_to_it() -> None:
    held = Ports(
        (Listener("127.0.0.1", 8081, "python", 7), Listener("*", 9999)),
        (Published("other-db-1", "app-test", "/other", "127.0.0.1", 5433),),
    )
    assert choose(held, PROJECT, {}) == SPECIFIED | {"TEST_PROXY_PORT": "0", "TEST_DB_PORT": "0"}


def test_an_environment_that_runs_keeps_its_ports() -> None:
    held = Ports((Listener("127.0.0.1", 8081, "docker-proxy", 7),), (Published("p", PROJECT, "/", "127.0.0.1", 8081),))
    assert choose(held, PROJECT, {}) == SPECIFIED


def test_a_port_that_was_named_stays_or_is_refused() -> None:
    rest = {name: port for name, port in SPECIFIED.items() if name != "TEST_PROXY_PORT"}
    assert choose(Ports((), ()), PROJECT, {"TEST_PROXY_PORT": "9000"}) == rest
    with pytest.raises(PortTaken, match=r"port 9000 \(TEST_PROXY_PORT, of the test environment\)"):
        choose(Ports((Listener("*", 9000),), ()), PROJECT, {"TEST_PROXY_PORT": "9000"})
