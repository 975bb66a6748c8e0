"""The tutorial as its page has it, from the doctor to production: what each section promises is what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import documented
from helpers.servers import ENVIRONMENTS
from helpers.tutorial import opened

if TYPE_CHECKING:
    from helpers.clone import Clone
    from helpers.servers import Servers
    from helpers.tutorial import Lesson

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def shipped(lessons: dict[str, Lesson]) -> tuple[str, str]:
    """Give the releases of the tutorial: the one that is deployed first, and that of the edit."""
    return lessons["4. Deploy it"].serves, lessons["5. Change something"].serves


def test_the_machine_is_prepared_and_the_plan_shown(lessons: dict[str, Lesson], shipped: tuple[str, str]) -> None:
    judged = re.search(r"^✓ (\d+) of (\d+): ", lessons["1. Prepare the machine"].told, re.MULTILINE)
    assert judged
    assert judged[1] == judged[2]
    plan = lessons["2. Look at what would happen"].told
    assert f"\nrelease {shipped[0]}\n" in plan
    assert re.findall(r"^(\w+) · at most", plan, re.MULTILINE) == [
        *("build", "test", "publish", "staging", "e2e", "production"),
    ]


def test_a_release_is_made_and_deployed(
    lessons: dict[str, Lesson], shipped: tuple[str, str], servers: Servers, clone: Clone
) -> None:
    published, state = (each.output for each in lessons["3. Make a release"].ended)
    assert re.search(rf"release {shipped[0]}\n  backend .* sha256:\w+\n  frontend .* sha256:\w+$", published)
    for named in (servers.registry, *map(servers.url, ENVIRONMENTS), str(clone.folder / ".shiplane/lab/ca.pem")):
        assert named in state
    deployed, seen = (each.output for each in lessons["4. Deploy it"].ended)
    assert f"release {shipped[0]} deployed: {servers.url('staging')}\n" in deployed
    assert seen.endswith(f"staging answers healthy with {shipped[0]}\n")


def test_the_dry_run_says_what_then_happens_to_each_service(
    lessons: dict[str, Lesson], shipped: tuple[str, str]
) -> None:
    first, second = shipped
    told = lessons["5. Change something"].told
    assert first != second
    foretold = dict(re.findall(r"^  (\w+) +(leave|roll|recreate|start|remove) ", told, re.MULTILINE))
    left = dict.fromkeys(("db", "redis", "edge", "proxy"), "leave")
    assert foretold == {**left, "backend": "roll", "frontend": "roll"}
    assert f"release {second} deployed: " in told


def test_it_is_taken_back_and_ships_all_the_way(
    lessons: dict[str, Lesson], shipped: tuple[str, str], servers: Servers, clone: Clone
) -> None:
    first, second = shipped
    back = lessons["6. Take it back"]
    assert re.search(rf"^→  {second} .*\n   {first} ", back.told, re.MULTILINE)
    assert back.serves == first
    whole, report = lessons["7. The whole way"].ended
    assert set(whole.table.values()) == {"passed"}
    assert lessons["7. The whole way"].serves == second
    assert f"release {second} promoted: {servers.url('production')}\n" in whole.output
    page = Path(report.output.strip())
    assert opened(clone) == page.as_uri()
    logs = page.parent / "logs"
    assert "nothing to build" in (logs / "publish.images.log").read_text(encoding="utf-8")
    assert f"{second} serves" in (logs / "staging.deploy.log").read_text(encoding="utf-8")


@pytest.mark.usefixtures("lessons")
def test_what_a_page_says_of_work_on_a_server_by_hand_leaves_it_as_it_is(servers: Servers) -> None:
    (block,) = (text for *_, text in documented.blocks() if text.startswith("cd ~/deployments/app-staging\n"))
    look, login = ("docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}"), servers.secrets["staging"]
    enter = f"docker login --username {shlex.quote(login['REGISTRY_USER'])} --password-stdin {servers.registry}"
    before = servers.run("staging", *look)
    script = f"set -eu\n{enter} 2>&1\ntrap 'rm ~/.docker/config.json' EXIT\n{block}"
    told = servers.run("staging", "su", "--login", "deploy", "-c", script, stdin=login["REGISTRY_PASSWORD"].encode())
    assert servers.run("staging", *look) == before
    listed = told.decode().partition("\nNAME ")[2]
    assert all(f"app-staging-{name}-" in listed for name in ("db", "redis", "backend", "frontend", "edge", "proxy"))
