from __future__ import annotations

import json

import pytest

from shiplane.development.rows import Port, Row, differences, parse
from stacks import RUNNING, container


def row(service: str, identifier: str = "1", state: str = "running", health: str = "healthy") -> Row:
    return Row(identifier, service, state, health, "x:1", 0, ())


def test_a_line_a_container_or_a_list() -> None:
    found = parse(RUNNING)
    assert [one.service for one in found] == ["backend", "db", "frontend", "proxy", "redis"]
    assert found[3].ports == (Port("127.0.0.1", 8080, 80),)
    assert parse(f"[{','.join(RUNNING.splitlines())}]") == found
    assert parse("\n") == ()


def test_what_is_not_published_or_not_told() -> None:
    line = {"ID": "a", "Service": "db", "State": "exited", "ExitCode": 137}
    line["Publishers"] = [{"URL": "", "PublishedPort": 0, "TargetPort": 5432}]
    assert parse(json.dumps(line)) == (Row("a", "db", "exited", "", "", 137, ()),)
    assert parse(json.dumps(line | {"Publishers": None}))[0].ports == ()


def test_a_port_of_one_address_alone() -> None:
    line = json.loads(container("db", (5432, 5432)))
    line["Publishers"] = [{"URL": "192.0.2.7", "PublishedPort": 5432, "TargetPort": 5432}]
    assert parse(json.dumps(line))[0].ports[0].address == "192.0.2.7:5432"


def test_well_is_healthy_or_unasked() -> None:
    assert [row("a", health=health).well for health in ("healthy", "", "starting", "unhealthy")] == [
        True,
        True,
        False,
        False,
    ]
    assert not row("a", state="exited", health="").well


def test_what_became_of_each_service() -> None:
    before = [row("same"), row("anew"), row("stopped", state="exited"), row("gone")]
    after = [row("same"), row("anew", "2"), row("stopped"), row("new"), row("fails", state="exited")]
    assert differences(before, after) == {
        "started": ["stopped", "new"],
        "made anew": ["anew"],
        "as they were": ["same"],
    }


@pytest.mark.parametrize("folder", ["/src/app", "/src/p)$'\"#\\ ü, and more", "/src/line\nend,", ""])
@pytest.mark.parametrize("more", ["", ",com.docker.compose.service=db", ",a/b=c,d"])
def test_the_folder_in_which_a_container_was_made(folder: str, more: str) -> None:
    labels = (
        f"com.docker.compose.depends_on=db:healthy:false,redis,com.docker.compose.project.working_dir={folder}{more}"
    )
    (row,) = parse(container("db", Labels=labels))
    assert row.folder == folder


def test_a_container_without_labels() -> None:
    assert [parse(container("db", **more))[0].folder for more in ({}, {"Labels": None}, {"Labels": "a=b"})] == [""] * 3
