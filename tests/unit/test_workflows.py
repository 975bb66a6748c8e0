"""The workflows hold no logic, and no job may more than it needs: what no linter of workflows asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from shiplane.config import load
from shiplane.config.settings import Limits
from shiplane.model import STAGE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
FILES = sorted(FOLDER.iterdir())
WORKFLOWS: dict[str, dict[Any, Any]] = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]
ACTIONS = {"checkout", "cache", "cache/restore", "upload-artifact", "download-artifact"}
LINE = re.compile(r"\./scripts/bootstrap|(?:nox|invoke)(?: [\w.-]+| \"\$\w+\")+")
PINNED = re.compile(r"^ *(?:- )?uses: actions/([\w-]+(?:/restore)?)@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
ON_SERVERS = {"staging", "production", "rollback", "environment"}
"""The jobs that reach servers, and so may have secrets."""
OF_PULL_REQUESTS = {"check", "report-check"}
"""The jobs of `pipeline` that a pull request leads to."""
TELLING = ("report", "report-check")
"""The jobs that tell of the others."""
SET_UP_SECONDS = 600
"""What a job has beside its stages: to begin, to undo what was cut off by a limit, and to hand on what it learned."""


def job(name: str, of: str = "pipeline") -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[of]["jobs"][name]
    return found


def steps(of: str, name: str) -> list[dict[str, Any]]:
    return list(job(name, of)["steps"])


def runs(of: str, name: str) -> list[str]:
    return [step["run"] for step in steps(of, name) if "run" in step]


def reaching(of: str, name: str) -> list[dict[str, Any]]:
    """Give the steps that reach a server."""
    typed = [step for step in steps(of, name) if step.get("run", "").startswith("invoke ") and name in ON_SERVERS]
    return [step for step in typed if step["run"] != "invoke vpn.leave"]


def beside_steps(of: str, name: str) -> str:
    """Give what a job says of all its steps, and its workflow of all jobs."""
    whole = {key: value for key, value in WORKFLOWS[of].items() if key != "jobs"}
    return " ".join(texts([whole, {key: value for key, value in job(name, of).items() if key != "steps"}]))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    else:
        yield str(value)


def test_these_are_the_workflows() -> None:
    assert list(WORKFLOWS) == ["housekeeping", "pipeline", "rollback"]
    for file in FILES:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_each_line_is_one_that_a_person_can_type(of: str, name: str) -> None:
    lines = runs(of, name)
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert lines[0] == "./scripts/bootstrap"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_few_and_pinned_by_commit(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        found = PINNED.fullmatch(line)
        assert found, line
        assert found[1] in ACTIONS


def test_one_version_of_each_action() -> None:
    pins = {match for file in FILES for match in re.findall(r"actions/[\w/-]+@.*", file.read_text(encoding="utf-8"))}
    names = {pin.partition("@")[0].removesuffix("/restore") for pin in pins}
    assert len(names) == len({pin.partition("@")[2] for pin in pins})


def test_what_leads_to_a_run() -> None:
    # YAML 1.1, which PyYAML speaks, takes `on` for true.
    assert WORKFLOWS["pipeline"][True]["push"] == {"branches": ["main", "feature/**"]}
    assert WORKFLOWS["pipeline"][True]["pull_request"] == {"branches": ["main"]}
    assert set(WORKFLOWS["pipeline"][True]["workflow_dispatch"]["inputs"]) == {"environment", "release"}
    assert set(WORKFLOWS["rollback"][True]) == {"workflow_dispatch"}
    assert set(WORKFLOWS["housekeeping"][True]) == {"schedule", "workflow_dispatch"}


def test_who_asks_for_production_reads_from_where_it_is_reached() -> None:
    asked = WORKFLOWS["pipeline"][True]["workflow_dispatch"]["inputs"]["environment"]
    assert asked["description"] == "how far to ship; production from main only"
    assert (asked["options"], asked["default"]) == (["staging", "production"], "staging")


def test_nothing_of_production_is_cancelled_half_way() -> None:
    told = WORKFLOWS["pipeline"]["concurrency"]
    assert told["group"] == "${{ github.workflow }}-${{ github.ref }}"
    assert told["cancel-in-progress"] == "${{ github.ref != 'refs/heads/main' }}"
    assert "github.ref == 'refs/heads/main'" in job("production")["if"]
    assert WORKFLOWS["rollback"]["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_no_job_may_more_than_it_needs(of: str, name: str) -> None:
    assert WORKFLOWS[of]["permissions"] == {}
    needed = {
        "build": {"contents": "read", "packages": "write"},
        "report": {"contents": "read", "actions": "read", "issues": "write", "deployments": "write"},
        "report-check": {"contents": "read", "actions": "read", "issues": "write"},
        **{key: {"contents": "read", "packages": "read"} for key in ("staging", "production", "rollback")},
    }
    assert job(name, of)["permissions"] == needed.get(name, {"contents": "read"})


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_secrets_are_where_servers_are_reached(of: str, name: str) -> None:
    """In no environment of a job: actions, the scripts that set up, and what leaves the VPN would have them too."""
    assert "secrets." not in beside_steps(of, name)
    assert [step for step in steps(of, name) if "secrets." in " ".join(texts(step))] == reaching(of, name)
    assert bool(reaching(of, name)) == (name in ON_SERVERS)
    assert ("environment" in job(name, of)) == (name in ON_SERVERS)
    for step in reaching(of, name):
        assert job(name, of)["environment"]["deployment"] is False
        for known in ("SERVER_HOST", "SERVER_USER", "SSH_PRIVATE_KEY"):
            assert step["env"][known] == f"${{{{ secrets.{known} }}}}"
        assert step["env"]["SSH_KNOWN_HOSTS"] == "${{ vars.SSH_KNOWN_HOSTS }}"


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_a_token_is_where_something_is_asked(of: str, name: str) -> None:
    assert "github.token" not in beside_steps(of, name)
    given = [step["run"] for step in steps(of, name) if "github.token" in " ".join(texts(step))]
    asking = {
        "build": runs(of, name)[1:],
        "report": ["invoke github.deployments", "invoke github.report-failure", "invoke github.close-fixed"],
        **{deploy: [step["run"] for step in reaching(of, name)] for deploy in ("staging", "production", "rollback")},
    }
    assert given == asking.get(name.removesuffix("-check"), [])


@pytest.mark.parametrize("name", ["staging", "production"])
def test_a_deploy_gets_what_the_specification_names(name: str) -> None:
    [env] = [step["env"] for step in steps("pipeline", name) if "env" in step]
    named = ("TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET", "SSH_PRIVATE_KEY", "SERVER_HOST", "SERVER_USER")
    for secret in (*named, "DB_PASSWORD", "REDIS_PASSWORD"):
        assert env[secret] == f"${{{{ secrets.{secret} }}}}"
    assert env["RELEASE"] == "${{ inputs.release || github.sha }}"


def test_a_pull_request_gets_nothing() -> None:
    """GitHub gives a fork's no secrets and a token that only reads; one of the repository itself may write issues."""
    for file in FILES:
        assert "pull_request_target" not in file.read_text(encoding="utf-8")
    for name in WORKFLOWS["pipeline"]["jobs"]:
        condition = job(name)["if"]
        own = "github.event_name == 'pull_request'" in condition
        other = "github.event_name != 'pull_request'" in condition or "needs.staging.result == 'success'" in condition
        assert (own, other) == (name in OF_PULL_REQUESTS, name not in OF_PULL_REQUESTS)
    for name in OF_PULL_REQUESTS:
        assert "environment" not in job(name)
        assert "secrets." not in " ".join(texts(job(name)))
        caches = [step["uses"] for step in steps("pipeline", name) if "actions/cache" in step.get("uses", "")]
        assert [use.partition("@")[0] for use in caches] == ["actions/cache/restore"] * (name == "check")
        writes = {what for what, right in job(name)["permissions"].items() if right == "write"}
        assert writes == ({"issues"} if name == "report-check" else set())
    assert "env" not in job("check")
    assert [step for step in steps("pipeline", "check") if "env" in step] == []


def test_a_pull_request_is_told_of_as_any_run() -> None:
    """By a job of its own, since rights cannot depend on an event."""
    for same in ("needs", "env", "steps"):
        assert job("report-check")[same] == job("report")[same]


def test_keys_of_caches_hold_nothing_that_a_branch_may_be_called() -> None:
    """The action refuses a key with a comma, and GitHub keeps the caches of branches apart by itself."""
    caches = [
        step["with"]
        for name in ("check", "build")
        for step in steps("pipeline", name)
        if "cache" in step.get("uses", "")
    ]
    for given in caches:
        assert given["key"] == "packages-${{ hashFiles('requirements/*.txt', '*/package-lock.json') }}"
        assert given["restore-keys"] == "packages-"


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_a_checkout_has_its_history_and_leaves_no_token(of: str, name: str) -> None:
    [checkout] = [step for step in steps(of, name) if "actions/checkout" in step.get("uses", "")]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}


def test_the_stages_follow_each_other() -> None:
    jobs = WORKFLOWS["pipeline"]["jobs"]
    assert {name: jobs[name].get("needs") for name in jobs} == {
        "check": None,
        "build": None,
        "staging": "build",
        "production": "staging",
        **{name: ["check", "build", "staging", "production"] for name in TELLING},
    }
    # One command deploys to staging and tests there: between two, another branch's release could come.
    assert [runs("pipeline", name)[1] for name in jobs][:4] == [
        "invoke pipeline --target remote",
        "invoke pipeline --target remote --until publish",
        'invoke deploy --env staging --release "$RELEASE" --e2e --target remote',
        'invoke promote --to production --release "$RELEASE" --target remote',
    ]


def stages_of(line: str) -> set[str]:
    """Give the stages that a line may come to."""
    words = line.split()
    if words[1] == "pipeline":
        last = words[words.index("--until") + 1] if "--until" in words else "test"  # of a pull request
        return set(STAGE_NAMES[: STAGE_NAMES.index(last) + 1])
    option = {"deploy": "--env", "rollback": "--env", "e2e": "--env", "promote": "--to"}.get(words[1])
    if option is None:
        return set()
    environment = words[words.index(option) + 1]
    # A rollback may be of either: the longer limit counts.
    found = {environment} if environment in STAGE_NAMES else {"production"}
    return found | ({"e2e"} if "--e2e" in words else set())


@pytest.mark.parametrize(("of", "name"), JOBS)
@pytest.mark.parametrize("configured", [True, False], ids=["this project", "defaults"])
def test_shiplane_s_own_limits_come_first(of: str, name: str, *, configured: bool) -> None:
    """They are told as such, and undone; GitHub's ends the job with nothing said, and takes it for cancelled."""
    limits = load(FOLDER.parents[1], {}).limits if configured else Limits()
    assert limits.staging <= limits.production
    lines = [line for line in runs(of, name) if line.startswith("invoke ")]
    clocks = dict(limits.of(stage) for line in lines for stage in stages_of(line))
    assert bool(clocks) == (name not in TELLING and name != "environment")
    margin = job(name, of)["timeout-minutes"] * 60 - sum(clocks.values())
    assert margin == SET_UP_SECONDS if clocks else margin >= SET_UP_SECONDS


def test_no_step_has_a_limit_of_github_s_own() -> None:
    found = [step for of, name in JOBS for step in steps(of, name) if "timeout-minutes" in step]
    assert found == []


@pytest.mark.parametrize(
    ("of", "name"), [(of, name) for of, name in JOBS if name not in TELLING and of != "housekeeping"]
)
def test_what_a_job_learned_is_handed_on(of: str, name: str) -> None:
    kept = steps(of, name)[-1]
    assert "actions/upload-artifact" in kept["uses"]
    assert kept["if"] == "always()"
    assert kept["with"] == {
        "name": f"state-{'rollback' if of == 'rollback' else '${{ github.job }}'}-${{{{ github.run_attempt }}}}",
        "path": ".shiplane/runs\n.shiplane/releases\n",
        "include-hidden-files": True,
        "retention-days": 30,
    }
    assert kept["id"] == "state"
    assert job(name, of)["outputs"] == {"state": "${{ steps.state.outputs.artifact-id }}"}
    before = job(name, of).get("needs")
    if before:
        assert taken(of, name)["with"]["artifact-ids"] == f"${{{{ needs.{before}.outputs.state }}}}"


def taken(of: str, name: str) -> dict[str, Any]:
    [found] = [step for step in steps(of, name) if "actions/download-artifact" in step.get("uses", "")]
    return found


def test_the_report_takes_what_the_last_job_left() -> None:
    """By number: names have the attempt in them, and where the report alone runs again nothing is called by its own."""
    needs = job("report")["needs"]
    last = " || ".join(f"needs.{name}.outputs.state" for name in reversed(needs))
    assert job("report")["env"]["STATE"] == f"${{{{ {last} }}}}"
    given = {"path": ".shiplane", "merge-multiple": True}
    assert taken("pipeline", "report")["if"] == "env.STATE"
    assert taken("pipeline", "report")["with"] == {"artifact-ids": "${{ env.STATE }}", **given}
    assert taken("rollback", "report")["if"] == "needs.rollback.outputs.state"
    assert taken("rollback", "report")["with"] == {"artifact-ids": "${{ needs.rollback.outputs.state }}", **given}


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_a_runner_of_one_s_own_is_for_what_reaches_servers(of: str, name: str) -> None:
    """It may be in a VPN, and what a pull request brings must not run there."""
    own = "${{ vars.RUNNER || 'ubuntu-24.04' }}"
    assert job(name, of)["runs-on"] == (own if name in ON_SERVERS else "ubuntu-24.04")


@pytest.mark.parametrize(("of", "name"), JOBS)
def test_the_vpn_is_left_whatever_became_of_the_command(of: str, name: str) -> None:
    """A cancel ends the shell that a command was typed in, and the command hears of it too late, or never."""
    left = [step for step in steps(of, name) if step.get("run") == "invoke vpn.leave"]
    assert left == ([{"if": "always()", "run": "invoke vpn.leave"}] if name in ON_SERVERS else [])
    assert not left or runs(of, name)[-1] == "invoke vpn.leave"


@pytest.mark.parametrize("of", ["pipeline", "rollback"])
def test_the_end_is_told_whatever_became_of_the_jobs(of: str) -> None:
    report = job("report", of)
    if of == "pipeline":
        assert job("report-check")["if"] == "${{ always() && github.event_name == 'pull_request' }}"
        assert report["if"] == "${{ always() && github.event_name != 'pull_request' }}"
    else:
        assert report["if"] == "always()"
    assert {name: value for name, value in report["env"].items() if name != "STATE"} == {
        "SHIPLANE_JOBS": "${{ toJSON(needs) }}"
    }
    told = [step for step in steps(of, "report") if step.get("run", "").startswith("invoke ")]
    assert [step["run"] for step in told][:3] == [
        "invoke github.deployments",
        "invoke github.report-failure",
        "invoke github.close-fixed",
    ]
    assert [step for step in told if step.get("if") != "always()"] == []


def test_housekeeping_does_all_that_it_can() -> None:
    """What fails keeps nothing else from being done; and one machine is in the VPN for one environment at a time."""
    [name] = WORKFLOWS["housekeeping"]["jobs"]
    typed = [step for step in steps("housekeeping", name) if step.get("run", "").startswith("invoke ")]
    assert [step.get("if") for step in typed] == [None, "!cancelled()", "!cancelled()", "always()"]
    strategy = job(name, "housekeeping")["strategy"]
    assert (strategy["fail-fast"], strategy["max-parallel"]) == (False, 1)
