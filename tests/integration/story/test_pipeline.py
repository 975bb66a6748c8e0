"""The whole pipeline on real parts: what was shipped is what serves, and all of it is on record."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from helpers.secrecy import contents, leaks
from helpers.servers import COMPONENTS, ENVIRONMENTS
from helpers.story import FIRST_VERSION, HARD_SECRET
from shiplane.commands.dotenv import render

if TYPE_CHECKING:
    from helpers.clone import Clone
    from helpers.processes import ArgumentWatch
    from helpers.servers import Servers
    from helpers.story import Chapter

pytestmark = pytest.mark.timeout(1200)  # the first test of a fresh machine makes the base images too
STAGES = ["build", "test", "publish", "staging", "e2e", "production"]


def test_the_table_tells_of_every_stage(first: Chapter) -> None:
    assert first.done.table == dict.fromkeys(STAGES, "passed")


def test_both_public_addresses_answer_with_the_release(first: Chapter) -> None:
    for environment in ENVIRONMENTS:
        status = first.seen.status[environment]
        assert status["status"] == "ok"
        assert {name: check["status"] for name, check in status["checks"].items()} == {
            "process": "ok",
            "database": "ok",
            "redis": "ok",
        }
        assert status["release"] == first.release
        assert status["commit"] == first.commit
        assert status["environment"] == environment
        assert status["version"] == FIRST_VERSION


def test_servers_registry_and_journal_agree_on_the_digests(clone: Clone, servers: Servers, first: Chapter) -> None:
    [published] = [r for r in clone.journal(clone.runs / "1") if r["kind"] == "release_published"]
    recorded = {name: image["digest"] for name, image in published["release"]["images"].items()}
    tag = f"{FIRST_VERSION}-{first.release}"
    assert recorded == {component: servers.published(component, tag) for component in COMPONENTS}
    assert first.seen.digests == {"staging": recorded, "production": recorded}
    # What E2E passed beside, as the server keeps it: the very images of others that the release pins.
    folder = f"deployments/app-staging/releases/{first.release}"
    tested = json.loads(servers.run("staging", "sh", "-c", f"cat /home/*/{folder}/tested.json"))
    pins = [re.fullmatch(r"(.+):[^:@]+@(.+)", text) for text in published["release"]["third_party"].values()]
    assert {each.partition("@")[0] for each in tested["beside"]} == {"nginx", "postgres", "redis"}
    assert tested["beside"] == sorted(f"{pin[1]}@{pin[2]}" for pin in pins if pin)


def test_images_hold_little_above_their_base(clone: Clone, first: Chapter) -> None:
    log = (clone.runs / "1/logs/publish.images.log").read_text(encoding="utf-8")
    sizes = {
        name: float(size) for name, size in re.findall(rf"(\w+):\S+-{first.release}: ([0-9.]+) MB above its base", log)
    }
    assert set(sizes) == set(COMPONENTS)
    assert sizes["backend"] <= 110
    assert sizes["frontend"] <= 20


def test_the_boards_list_the_run_and_its_stages(clone: Clone, servers: Servers, first: Chapter) -> None:
    for environment in ENVIRONMENTS:
        run = servers.get(environment, f"runs/{clone.id}-1/")
        assert (run["number"], run["commit"], run["status"]) == (1, first.commit, "passed")
        assert [(stage["name"], stage["status"]) for stage in run["stages"]] == [(name, "passed") for name in STAGES]
        [release] = [r for r in servers.get(environment, "releases/")["results"] if r["id"] == first.release]
        images = {name: image["digest"] for name, image in release["images"].items()}
        assert images == first.seen.digests[environment]


def test_the_reports_of_the_browser_tests_are_kept(clone: Clone, first: Chapter) -> None:
    assert first.done.code == 0
    folder = clone.runs / "1" / "e2e"
    results = json.loads((folder / "results.json").read_text())
    assert results["stats"]["expected"] >= 7
    assert results["stats"]["unexpected"] == results["stats"]["skipped"] == results["stats"]["flaky"] == 0
    assert "<html" in (folder / "html/index.html").read_text().lower()
    assert re.search(rf"\b{results['stats']['expected']} passed", (clone.runs / "1/logs/e2e.tests.log").read_text())


def test_the_journal_is_complete(clone: Clone, first: Chapter) -> None:
    records = clone.journal(clone.runs / "1")
    kinds = [record["kind"] for record in records]
    assert (kinds[0], kinds[-1]) == ("run_started", "run_ended")
    assert (records[-1]["status"], records[-1]["exit_code"]) == ("passed", 0)
    assert records[0]["event"] == {"name": "push", "branch": "main", "commit": first.commit}
    for kind in ("stage_started", "stage_ended"):
        assert [record["stage"] for record in records if record["kind"] == kind] == STAGES
    planned = {step["id"] for stage in records[0]["plan"]["stages"] for step in stage["steps"]}
    for kind in ("step_started", "step_ended"):
        told = [record["step"] for record in records if record["kind"] == kind]
        assert sorted(told) == sorted(planned)
    deployed = [(r["environment"], r["release"], r["outcome"]) for r in records if r["kind"] == "deployed"]
    assert deployed == [(name, first.release, "deployed") for name in ENVIRONMENTS]
    logs = {file.stem for file in (clone.runs / "1/logs").iterdir() if file.stat().st_size}
    assert planned <= logs


def test_the_journal_tells_of_every_test(clone: Clone, first: Chapter) -> None:
    assert first.done.code == 0
    told = {record["step"]: record for record in clone.journal(clone.runs / "1") if record["kind"] == "tests"}
    assert set(told) == {"test.backend", "test.frontend", "e2e.tests"}
    for record in told.values():
        assert record["passed"] > 0
        assert (record["failed"], record["flaky"], record["failures"]) == (0, 0, [])
    for step in ("test.backend", "test.frontend"):
        figures = told[step]["coverage"]
        assert 0 < figures["lines_covered"] <= figures["lines_valid"]


def test_the_run_is_reported_as_a_page_and_as_junit(clone: Clone, first: Chapter) -> None:
    page = Path(clone.invoke("report", "--run", "1").output.strip())
    assert page == clone.runs / "1" / "report.html"
    text = page.read_text(encoding="utf-8")
    assert f"<code>{first.release}</code>" in text
    for digest in first.seen.digests["production"].values():
        assert digest in text
    suites = clone.invoke("report", "--run", "1", "--junit", "-").output
    assert re.findall(r'<testsuite name="([\w.]+)"', suites) == ["test.backend", "test.frontend", "e2e.tests"]
    assert clone.json("history", "--limit", "500")["runs"][-1]["status"] == "passed"


def test_plans_name_the_stages_of_their_event(clone: Clone) -> None:
    stages = {
        ("--branch", "main"): STAGES,
        ("--branch", "feature/x"): STAGES[:5],
        ("--event", "pull_request", "--branch", "feature/x"): STAGES[:2],
        ("--branch", "elsewhere"): [],
    }
    for words, expected in stages.items():
        assert [stage["name"] for stage in clone.json("plan", *words)["stages"]] == expected


def test_hard_passwords_arrive_byte_for_byte(servers: Servers) -> None:
    secret = HARD_SECRET.encode()
    for environment in ENVIRONMENTS:
        assert servers.inside(environment, "db", 'printf %s "$POSTGRES_PASSWORD"') == secret
        assert servers.inside(environment, "redis", 'printf %s "$REDIS_PASSWORD"') == secret
        for variable in ("DATABASE_URL", "REDIS_URL"):
            url = urlsplit(servers.inside(environment, "backend", f'printf %s "${variable}"').decode())
            assert unquote(url.password or "") == HARD_SECRET


def test_generated_secrets_arrive_byte_for_byte(servers: Servers) -> None:
    for environment in ENVIRONMENTS:
        for name in ("DJANGO_SECRET_KEY", "BOARD_TOKEN"):
            found = servers.inside(environment, "backend", f'printf %s "${name}"')
            assert found == servers.secrets[environment][name].encode()


def test_files_with_a_secret_are_their_owners_alone(servers: Servers) -> None:
    for environment in ENVIRONMENTS:
        written = render({"DB_PASSWORD": HARD_SECRET}).partition("=")[2]
        key = render({"K": servers.secrets[environment]["DJANGO_SECRET_KEY"]}).partition("=")[2]
        found = servers.run(environment, "grep", "-rlFf", "-", "/home/deploy", stdin=f"{written}{key}".encode())
        files = found.decode().split()
        assert {file.rpartition("/")[2] for file in files} >= {".env", f".env.{environment}"}
        modes = servers.run(environment, "stat", "-c", "%a %U", *files).decode().splitlines()
        assert set(modes) == {"600 deploy"}


def test_no_process_list_shows_a_secret(watch: ArgumentWatch, servers: Servers) -> None:
    assert watch.saw("wait-healthy"), "the watch sees no process of the servers"
    assert watch.saw("playwright"), "the watch sees no process of this machine"
    for secret in secrets(servers):
        assert not watch.saw(secret)


def test_the_server_keeps_no_login(servers: Servers) -> None:
    password = servers.secrets["staging"]["REGISTRY_PASSWORD"]
    for environment in ENVIRONMENTS:
        names = servers.run(environment, "find", "/home/deploy", "-name", ".login", "-o", "-name", "config.json")
        assert names == b""
        files = servers.run(environment, "sh", "-c", "find /home/deploy -type f -exec cat {} +")
        assert leaks([password], [(environment, files)]) == []


def secrets(servers: Servers) -> set[str]:
    """Give every secret of the story: those of the environment, and those that the lab made."""
    made = {value for environment in ENVIRONMENTS for value in servers.secrets[environment].values()}
    return {HARD_SECRET, *made} - {"shiplane"}


def test_no_secret_is_printed_or_kept(clone: Clone, servers: Servers, first: Chapter) -> None:
    assert first.done.output in clone.told
    printed = [(f"output {number}", text.encode()) for number, text in enumerate(clone.told)]
    assert leaks(secrets(servers), [*printed, *contents(clone.runs)]) == []
