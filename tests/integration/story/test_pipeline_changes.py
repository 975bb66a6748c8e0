"""What changes when the next commits are shipped, taken back, or fail, and what stays as it was."""

from __future__ import annotations

import json
import re
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker
from helpers.servers import COMPONENTS
from helpers.story import FIRST_VERSION, NEW_TEXT, SECOND_VERSION
from shiplane.lab.authority import ensure_certificates, issue
from shiplane.lab.layout import Layout

if TYPE_CHECKING:
    from helpers.clone import Clone
    from helpers.servers import Servers
    from helpers.story import Chapter

pytestmark = pytest.mark.timeout(1200)
SERVICES = {"db", "redis", "backend", "frontend", "edge", "proxy"}


def test_only_the_component_that_changed_gets_a_new_digest(first: Chapter, second: Chapter) -> None:
    for environment in ("staging", "production"):
        before, after = first.seen.digests[environment], second.seen.digests[environment]
        assert second.seen.release(environment) == second.release
        assert after["backend"] == before["backend"]
        assert after["frontend"] != before["frontend"]
    assert second.seen.digests["staging"] == second.seen.digests["production"]


def test_a_change_of_source_moves_little_to_a_server(second: Chapter) -> None:
    assert 0 < second.moved < 1_000_000


def test_people_see_the_change(servers: Servers, second: Chapter) -> None:
    assert second.done.code == 0
    script = re.search(r'src="(/assets/[^"]+\.js)"', servers.page("staging"))
    assert script
    assert NEW_TEXT in servers.page("staging", script[1])


def test_the_registry_names_both_releases(servers: Servers, first: Chapter, second: Chapter) -> None:
    digests = second.seen.digests["production"]
    for component, version in (("backend", FIRST_VERSION), ("frontend", SECOND_VERSION)):
        assert servers.published(component, f"{version}-{second.release}") == digests[component]
    for component in COMPONENTS:
        old = servers.published(component, f"{FIRST_VERSION}-{first.release}")
        assert old == first.seen.digests["production"][component]


def test_moving_tags_follow_main(servers: Servers, fourth: Chapter) -> None:
    for component, version in (("backend", FIRST_VERSION), ("frontend", SECOND_VERSION)):
        newest = servers.published(component, f"{version}-{fourth.release}")
        for tag in (version, "main", "latest"):
            assert servers.published(component, tag) == newest


def test_a_job_waits_for_an_environment_and_a_person_is_told_who_holds_it(clone: Clone, second: Chapter) -> None:
    tested, refused, waited = second.beside
    holder = re.escape(f"run {clone.id}-4 (")
    assert (tested.code, waited.code) == (0, 0)
    assert re.search(rf"staging is held by {holder}\w+@\S+, process \d+, since \S+\)", refused.output)
    assert "fix: wait for it, or, when it is gone for good: invoke unlock --env staging" in refused.output
    log = (clone.runs / "6/logs/staging.deploy.log").read_text()
    assert re.search(rf"waiting for staging, held by {holder}", log)
    assert f"{second.release} runs already with the same files and digests: nothing to do" in log


def test_a_rollback_brings_the_release_before_back(first: Chapter, second: Chapter, rolled_back: Chapter) -> None:
    assert rolled_back.done.table == {"production": "passed"}
    assert rolled_back.seen.status["production"]["status"] == "ok"
    assert rolled_back.seen.release("production") == first.release
    assert rolled_back.seen.digests["production"] == first.seen.digests["production"]
    assert rolled_back.seen.release("staging") == second.release


def test_status_says_what_runs(clone: Clone, servers: Servers, rolled_back: Chapter, first: Chapter) -> None:
    assert rolled_back.done.code == 0
    status = clone.json("status", "--env", "production")
    services = status.pop("services")
    deployed_at = status.pop("deployed_at")
    assert status == {
        "environment": "production",
        "url": servers.url("production"),
        "release": first.release,
        "commit": first.commit,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", deployed_at)
    assert set(services) == SERVICES
    for name, service in services.items():
        assert set(service) == {"image", "digest", "state", "health", "replicas"}
        assert (service["state"], service["health"], service["replicas"]) == ("running", "healthy", 1)
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", service["digest"]), name
    assert {name: services[name]["digest"] for name in COMPONENTS} == first.seen.digests["production"]


def test_releases_lists_what_could_be_rolled_back_to(
    clone: Clone, rolled_back: Chapter, first: Chapter, second: Chapter
) -> None:
    assert rolled_back.done.code == 0
    listed = clone.json("releases", "--env", "production")
    assert all(set(entry) == {"release", "commit", "deployed_at", "current"} for entry in listed)
    assert [(entry["release"], entry["commit"], entry["current"]) for entry in listed] == [
        (first.release, first.commit, True),
        (second.release, second.commit, False),
    ]
    assert listed[0]["deployed_at"] > listed[1]["deployed_at"]


def test_a_failure_of_the_browser_tests_blocks_production(third: Chapter, rolled_back: Chapter) -> None:
    assert third.done.table == {
        **dict.fromkeys(("build", "test", "publish", "staging"), "passed"),
        "e2e": "failed",
        "production": "skipped",
    }
    assert third.seen.release("staging") == third.release
    assert third.seen.status["production"] == {
        **third.seen.status["production"],
        "release": rolled_back.seen.release("production"),
        "status": "ok",
    }
    assert third.seen.digests["production"] == rolled_back.seen.digests["production"]


def test_the_failure_names_the_tests_the_log_and_the_next_command(clone: Clone, third: Chapter) -> None:
    end = third.done.output[third.done.output.rindex("e2e.tests failed: browser tests against staging failed") :]
    assert "smoke.spec.ts" in end
    assert re.search(r"log: \S+/logs/e2e\.tests\.log", end)
    assert re.search(r"fix: open \S+/html/index\.html, or repeat it: invoke e2e --env staging", end)
    [folder] = [run for run in clone.runs.iterdir() if str(run / "logs") in end]
    assert json.loads((folder / "e2e/results.json").read_text())["stats"]["unexpected"] >= 1
    [tests] = [
        record for record in clone.journal(folder) if record["kind"] == "tests" and record["step"] == "e2e.tests"
    ]
    assert {failure["kind"] for failure in tests["failures"]} == {"failed"}
    for failure in tests["failures"][:10]:
        lines = (clone.folder / failure["file"]).read_text(encoding="utf-8").splitlines()
        assert 0 < failure["line"] <= len(lines)
        assert f"{failure['file']}:{failure['line']}" in end
    assert (folder / "e2e/html/index.html").is_file()
    assert clone.journal(folder)[-1]["exit_code"] == 3


def test_what_failed_is_not_promoted(third: Chapter) -> None:
    [refused] = third.beside
    assert refused.table == {"production": "failed"}
    assert f"production.promote failed: E2E has not passed on {third.release}" in refused.output
    assert refused.output.rstrip().splitlines()[-1].startswith("  fix: run: invoke ")


def test_an_unhealthy_release_is_taken_back(clone: Clone, third: Chapter, fourth: Chapter) -> None:
    assert fourth.done.table == {"staging": "failed"}
    assert fourth.seen.release("staging") == third.release
    assert fourth.seen.status["staging"]["status"] == "ok"
    assert fourth.seen.digests == third.seen.digests
    status = clone.json("status", "--env", "staging")
    assert (status["release"], status["commit"]) == (third.release, third.commit)
    assert {service["health"] for service in status["services"].values()} == {"healthy"}
    assert clone.json("releases", "--env", "staging")[0]["release"] == third.release


def test_the_message_names_the_service_and_its_last_lines(third: Chapter, fourth: Chapter) -> None:
    output = fourth.done.output
    assert f"staging: {fourth.release} failed: not healthy: backend (running, unhealthy)" in output
    assert f"{third.release} serves again" in output
    assert re.search(r"backend: last probe: exit code 1", output)
    assert re.search(r"backend \| .*Invalid HTTP_HOST header", output)
    assert "fix: mend what the probe and the log below name" in output


def test_production_is_not_touched_by_what_failed_on_staging(rolled_back: Chapter, fourth: Chapter) -> None:
    assert fourth.seen.release("production") == rolled_back.seen.release("production")
    assert fourth.seen.digests["production"] == rolled_back.seen.digests["production"]


def test_a_deploy_that_brings_a_new_certificate_alone_starts_nothing(
    clone: Clone, servers: Servers, third: Chapter, fourth: Chapter
) -> None:
    assert fourth.done.code
    layout, port = Layout.of(clone.folder), servers.state["ports"]["staging-https"]
    look = ("docker", "ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}")
    before, old = servers.run("staging", *look), layout.certificate("staging").read_text()
    issue(layout, "staging", datetime.now(UTC))
    clone.invoke("deploy", "--env", "staging", "--release", third.release, "--plain")
    log = (clone.last_run() / "logs/staging.deploy.log").read_text()
    assert "the certificate is new: the proxy reads it without a restart" in log
    assert f"{third.release} runs already with the same files and digests: nothing to do" in log
    shown = ssl.get_server_certificate(("127.0.0.1", port), ca_certs=str(layout.ca_file), timeout=10)
    assert shown == layout.certificate("staging").read_text() != old
    assert servers.run("staging", *look) == before


def test_browser_tests_and_verify_trust_the_lab_and_nobody_else(
    clone: Clone, servers: Servers, third: Chapter, fourth: Chapter
) -> None:
    """Whom they trust is another authority than the one that signed what is served: they refuse."""
    assert fourth.done.code
    layout = Layout.of(clone.folder)
    files = {file: file.read_text() for file in (layout.ca_file, layout.ca_key_file)}
    forward = f"FORWARD={servers.state['ports']['staging-https']}=staging:443"
    place = ("--network", clone.lab_name, "--env", forward, "--user", "0")
    page = ("run", "--rm", *place, "--volume", f"{layout.ca_file}:/ca.pem:ro")
    visit = f"""
import {{ chromium }} from "@playwright/test";
const options = {{ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] }};
const page = await (await chromium.launch(options)).newPage();
console.log(await page.goto("{servers.url("staging")}").then((answer) => answer.status(), (error) => error.message));
process.exit();
"""
    browse = ("test-runner:local", "node", "--input-type=module", "--eval", visit)
    assert docker(*page, "--env", "CA_FILE=/ca.pem", *browse).decode().strip() == "200"
    assert "ERR_CERT_AUTHORITY_INVALID" in docker(*page, *browse).decode()
    try:
        for file in files:
            file.unlink()
        ensure_certificates(layout)
        refused = clone.invoke("verify", "--env", "staging", code=3)
    finally:
        for file, text in files.items():
            file.write_text(text)
        issue(layout, "staging", datetime.now(UTC))
        issue(layout, "production", datetime.now(UTC))
    assert "certificate verify failed" in refused.output
    clone.invoke("verify", "--env", "staging")
    assert servers.serves("staging", third.release)
