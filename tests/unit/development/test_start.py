from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.development.rows import parse
from shiplane.development.start import Wish, addresses, anew, debugger_port, needed, start
from shiplane.errors import StepFailed, TimeLimit, UnknownName, UsageError
from stacks import MODEL, RUNNING, container, make_stack

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_start_needs() -> None:
    services = MODEL["services"]
    assert set(needed(services, Wish())) == {"db", "redis", "backend", "frontend", "proxy"}
    assert set(needed(services, Wish(celery=True))) == set(services)
    assert needed(services, Wish(("frontend",))) == ["frontend", "backend", "db", "redis"]
    assert needed(services, Wish(("celery",))) == ["celery", "db", "redis"]


def test_addresses_name_the_application_first(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    assert list(addresses(stack, parse(RUNNING)).items()) == [
        ("application", "http://127.0.0.1:8080"),
        ("status", "http://127.0.0.1:8080/api/v1/status/"),
        ("backend", "http://127.0.0.1:8000"),
        ("db", "127.0.0.1:5432"),
        ("frontend", "http://127.0.0.1:5173"),
        ("redis", "127.0.0.1:6379"),
    ]


def test_a_debugger_has_an_address_where_one_listens(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    listening = parse(container("backend", (8000, 8000), (9000, 9000)))
    assert addresses(stack, listening)["debugger"] == "127.0.0.1:9000"
    assert addresses(stack, parse(container("db", (5432, 5432), state="exited"))) == {}


def test_a_held_port_is_told_before_anything_changes(tmp_path: Path) -> None:
    listening = 'LISTEN 0 128 127.0.0.1:{0} 0.0.0.0:* users:(("postgres",pid=7,fd=3))'
    said = "\n".join(listening.format(port) for port in (5432, 8000))
    stack, runner = make_stack(tmp_path, "", [("ss -H", said, 0)])
    with pytest.raises(UsageError) as refused:
        start(stack, Wish())
    assert refused.value.cause.startswith(
        "port 5432 is held by postgres (process 7), so the db of the development stack"
    )
    assert refused.value.fix.startswith("end it: kill 7")
    assert [detail.partition(" is held")[0] for detail in refused.value.details] == ["port 8000"]
    assert not [line for line in runner.transcript if " up " in line]


def test_the_stack_of_another_checkout_is_not_taken_over(tmp_path: Path) -> None:
    other, mine = tmp_path / "other", tmp_path / "mine"
    other.mkdir()
    mine.mkdir()
    labels = f"a=b,com.docker.compose.project.working_dir={other},com.docker.compose.depends_on=db,redis"
    stack, runner = make_stack(mine, container("db", state="exited", Labels=labels))
    for change in (lambda: start(stack, Wish(("redis",))), lambda: anew(stack, ())):
        with pytest.raises(UsageError) as refused:
            change()
        assert refused.value.cause == f"the development stack app-dev is that of {other}"
        assert refused.value.fix == (
            "name this one in .env: DEV_PROJECT_NAME=app-dev-2, or go on with that one's data: invoke dev.down there"
        )
    assert not [line for line in runner.transcript if " up " in line]
    other.rmdir()
    start(stack, Wish(("redis",)))
    other.symlink_to(mine)
    start(stack, Wish(("redis",)))


def test_a_machine_too_busy_to_tell_of_its_ports_starts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_runner: object) -> None:
        raise TimeLimit("docker", 5)

    monkeypatch.setattr("shiplane.facts.listeners.survey", slow)
    stack, runner = make_stack(tmp_path)
    start(stack, Wish())
    assert [line for line in runner.transcript if " up " in line]


def test_a_port_that_is_not_wanted_may_be_held(tmp_path: Path) -> None:
    said = 'LISTEN 0 128 127.0.0.1:8080 0.0.0.0:* users:(("nginx",pid=7,fd=3))'
    stack, _ = make_stack(tmp_path, "", [("ss -H", said, 0)])
    start(stack, Wish(("redis",)))


def test_the_stack_itself_may_hold_its_ports(tmp_path: Path) -> None:
    said = "app-dev-db-1\tapp-dev\t/elsewhere\t127.0.0.1:5432->5432/tcp"
    stack, _ = make_stack(tmp_path, RUNNING, [("docker ps --no-trunc", said, 0)])
    assert start(stack, Wish()).changes["as they were"] == ["backend", "db", "frontend", "proxy", "redis"]


@pytest.mark.parametrize(
    ("pattern", "cause"),
    [(" up ", "the development stack did not start"), ("manage.py seed", "the example data could not be added")],
)
def test_what_fails_is_told_with_its_last_lines(tmp_path: Path, pattern: str, cause: str) -> None:
    stack, _ = make_stack(tmp_path, RUNNING, [(pattern, "one\ntwo", 1)])
    with pytest.raises(StepFailed) as failed:
        start(stack, Wish())
    assert (failed.value.cause, failed.value.details) == (cause, ("one", "two"))


def test_a_build_that_another_process_disturbed_is_made_once_more(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, RUNNING, [(r" (up|build)\b", "failed to solve: not found", 1)])
    for change in (lambda: start(stack, Wish()), lambda: anew(stack, (), cached=True)):
        with pytest.raises(StepFailed):
            change()
    made = [word for command in runner.commands for word in command.argv if word in ("up", "build")]
    assert made == ["up", "up", "build", "build"]


def test_a_container_of_a_service_that_is_no_more_is_not_made_anew(tmp_path: Path) -> None:
    gone = container("db").replace('"Service": "db"', '"Service": "mail"')
    stack, runner = make_stack(tmp_path, f"{container('redis')}\n{gone}")
    anew(stack, ())
    assert [line.rpartition("--force-recreate ")[2] for line in runner.transcript if " up " in line] == ["redis"]


def test_an_unknown_service(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path)
    with pytest.raises(UnknownName, match="unknown service 'bakend'"):
        start(stack, Wish(("bakend",)))
    assert len(runner.transcript) == 1


def test_the_port_of_the_debugger(tmp_path: Path) -> None:
    given: tuple[dict[str, str], ...] = ({}, {"DEV_DEBUG_PORT": ""}, {"DEV_DEBUG_PORT": "9000"})
    assert [debugger_port(one, tmp_path) for one in given] == ["5678", "5678", "9000"]
    (tmp_path / ".env").write_text("# ports\nDEV_DEBUG_PORT=9001\n")
    assert [debugger_port(one, tmp_path) for one in given] == ["9001", "9001", "9000"]
    for wrong in ("on", "0", "65536", "-1"):
        with pytest.raises(UsageError, match=f"DEV_DEBUG_PORT '{wrong}' is no port"):
            debugger_port({"DEV_DEBUG_PORT": wrong}, tmp_path)


def test_a_held_port_of_the_debugger(tmp_path: Path) -> None:
    said = 'LISTEN 0 128 127.0.0.1:5678 0.0.0.0:* users:(("code",pid=7,fd=3))'
    stack, _ = make_stack(tmp_path, "", [("ss -H", said, 0)])
    with pytest.raises(UsageError, match="so the debugger of the development stack cannot be published there"):
        start(stack, Wish(debugger="5678"))
