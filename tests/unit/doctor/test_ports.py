from __future__ import annotations

import pytest

from shiplane.doctor import ports
from shiplane.doctor.ports import Wanted
from shiplane.facts.listeners import Listener, Ports, Published

WEB = Wanted(8080, "*", "the proxy of the development stack", "set PROXY_PORT to another port in .env")
DB = Wanted(5432, "127.0.0.1", "the db of the development stack", "set DEV_DB_PORT to another port in .env")
OWN = Published("app-dev-proxy-1", "app-dev", "/work/app", "*", 8080)


def judged(found: Ports) -> list[tuple[str, str]]:
    told = ports.judge((WEB, DB), found, lambda one: one.folder == "/work/app")
    return [(one.cause, one.fix) for one in told]


def test_free_ports_and_ports_of_the_stack_itself() -> None:
    assert judged(Ports((), ())) == []
    assert judged(Ports((Listener("*", 8080, "docker-proxy", 3),), (OWN,))) == []


@pytest.mark.parametrize(("address", "held"), [("*", True), ("127.0.0.1", True), ("192.0.2.1", False)])
def test_a_port_on_one_address_is_held_there_and_by_who_holds_all(address: str, held: bool) -> None:  # noqa: FBT001
    assert bool(judged(Ports((Listener(address, 5432, "postgres", 77),), ()))) is held


def test_the_process_is_named() -> None:
    [(cause, fix)] = judged(Ports((Listener("127.0.0.1", 8080, "python3", 77),), ()))
    held, so = cause.split(", so ")
    assert held == "port 8080 is held by python3 (process 77)"
    assert so == "the proxy of the development stack cannot be published there"
    assert fix == "end it: kill 77, or set PROXY_PORT to another port in .env"


def test_a_process_of_somebody_else_has_no_name() -> None:
    [(cause, fix)] = judged(Ports((Listener("*", 8080),), ()))
    assert "held by a program of another user" in cause
    assert fix.startswith("see which: sudo ss -ltnp 'sport = :8080'")


def test_a_container_is_named_even_though_a_program_of_the_engine_listens() -> None:
    other = Published("other-web-1", "other", "/work/other", "127.0.0.1", 8080)
    [(cause, fix)] = judged(Ports((Listener("*", 8080, "docker-proxy", 3),), (other,)))
    assert cause.startswith("port 8080 is held by the container other-web-1 of /work/other, so")
    assert fix == "docker stop other-web-1, or set PROXY_PORT to another port in .env"


def test_ports_of_a_stack_and_the_variables_that_set_them() -> None:
    model = {
        "services": {
            "proxy": {"ports": [{"published": "8080", "target": 80}]},
            "db": {"ports": [{"host_ip": "127.0.0.1", "published": "5432", "target": 5432}]},
            "any": {"ports": [{"published": "0", "target": 9}, {"target": 10}]},
            "celery": {},
        }
    }
    text = '- "${PROXY_PORT:-8080}:80"\n- "127.0.0.1:${DEV_DB_PORT:-5432}:5432"\n'
    assert ports.of_stack(model, text) == (WEB, DB)
