"""What the workflows lack on GitHub, by name, and the lines that mend it."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from hub.github import REPOSITORY, TOKEN, Reply
from hub.settings import policy
from samples import CONFIG_TEXT

if TYPE_CHECKING:
    from hub import Hub
    from hub.jobs import Workflow

SECRETS = ["SERVER_HOST", "SERVER_USER", "SSH_PRIVATE_KEY", "DB_PASSWORD", "REDIS_PASSWORD"]
LINE = "doctor --github --json"
PLACE = f"repos/{REPOSITORY}/environments/production"
PROTECT = (
    f"gh api --method PUT {PLACE} -F 'deployment_branch_policy[protected_branches]=false' "
    "-F 'deployment_branch_policy[custom_branch_policies]=true' "
    f"&& gh api --method POST {PLACE}/deployment-branch-policies -f name=main"
)
NAMED = policy(custom_branch_policies=True)


def told(workflow: Workflow, **environ: str) -> dict[str, tuple[bool, str, str]]:
    found: list[dict[str, Any]] = workflow.invoke(LINE, **environ).json
    return {each["id"]: (each["ok"], each["cause"], each["fix"]) for each in found}


def configure(workflow: Workflow, text: str) -> None:
    (workflow.project.folder / "pyproject.toml").write_text(CONFIG_TEXT + text)


@pytest.fixture
def complete(hub: Hub) -> Hub:
    """Give a repository that has all, spread over its parts."""
    hub.settings.environments = ["staging", "production"]
    hub.settings.policies = {"production": NAMED}
    hub.settings.names = {
        ("secrets", "organization"): ["SERVER_USER"],
        ("secrets", "repository"): ["SSH_PRIVATE_KEY"],
        ("variables", "repository"): ["SSH_KNOWN_HOSTS"],
        ("secrets", "staging"): ["SERVER_HOST", "DB_PASSWORD", "REDIS_PASSWORD"],
        ("secrets", "production"): ["SERVER_HOST", "DB_PASSWORD", "REDIS_PASSWORD"],
    }
    return hub


def test_all_is_there(workflow: Workflow, complete: Hub) -> None:
    ended = workflow.invoke(LINE)
    assert (ended.code, ended.err) == (0, "")
    assert told(workflow) == {"github.staging": (True, "", ""), "github.production": (True, "", "")}
    assert all(asked.startswith("GET ") for asked in complete.asked)


def test_each_missing_name_has_the_line_that_sets_it(workflow: Workflow, complete: Hub) -> None:
    complete.settings.names["secrets", "repository"] = []
    complete.settings.names["secrets", "production"] = ["SERVER_HOST", "REDIS_PASSWORD"]
    complete.settings.names["variables", "repository"] = []
    so = "so a deploy from GitHub ends before anything runs"
    found = told(workflow)
    assert found["github.production.DB_PASSWORD"] == (
        False,
        f"production has no secret DB_PASSWORD, {so}",
        "gh secret set DB_PASSWORD --env production --repo acme/app",
    )
    assert found["github.staging.SSH_PRIVATE_KEY"] == (
        False,
        f"staging has no secret SSH_PRIVATE_KEY, {so}",
        "gh secret set SSH_PRIVATE_KEY --env staging --repo acme/app < deploy_key",
    )
    assert found["github.staging.SSH_KNOWN_HOSTS"][2] == (
        "gh variable set SSH_KNOWN_HOSTS --env staging --repo acme/app < known_hosts"
    )
    both = ("SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS")
    missing = {f"github.{name}.{what}" for name in ("staging", "production") for what in both}
    assert set(found) == {*missing, "github.production.DB_PASSWORD"}
    ended = workflow.invoke("doctor --github")
    assert ended.code == 2
    assert "    fix: gh secret set DB_PASSWORD --env production --repo acme/app\n" in ended.out


def test_from_nothing_to_everything_by_the_lines_that_it_names(workflow: Workflow, hub: Hub) -> None:
    """Each is typed as it is told, and the next look finds it gone."""
    configure(workflow, '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    lines = [fix for _, _, fix in told(workflow).values()]
    assert len(lines) == 2 * (1 + len(SECRETS) + len(("CLIENT_ID", "SECRET", "KNOWN_HOSTS")))
    for line in lines:
        for each in line.split(" && "):
            type_gh(hub, each)
    assert (hub.settings.policies, hub.settings.branches) == ({"production": NAMED}, {"production": ["main"]})
    assert told(workflow) == {"github.staging": (True, "", ""), "github.production": (True, "", "")}


def type_gh(hub: Hub, line: str) -> None:
    """Do what GitHub's own client does with a line, which has to be one of those that its manual knows."""
    words, _, file = line.partition(" < ")
    reader = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    kinds = reader.add_subparsers(dest="kind", required=True)
    for kind in ("secret", "variable"):
        put = kinds.add_parser(kind).add_subparsers(required=True).add_parser("set")
        put.add_argument("name")
        for option in ("--env", "--repo"):
            put.add_argument(option, required=True)
    ask = kinds.add_parser("api")
    ask.add_argument("--method", required=True)
    ask.add_argument("path")
    ask.add_argument("-F", action="append", default=[])
    ask.add_argument("-f", action="append", default=[])
    program, *rest = shlex.split(words)
    found = reader.parse_args(rest)
    assert program == "gh"
    if found.kind == "api":
        assert file == ""
        name, _, below = found.path.removeprefix(f"repos/{REPOSITORY}/environments/").partition("/")
        ask_github(hub, found.method, name, below, [each.partition("=")[::2] for each in (*found.F, *found.f)])
    else:
        assert found.repo == REPOSITORY
        assert found.env in hub.settings.environments, "GitHub keeps no name for an environment that there is not"
        hub.settings.names.setdefault((f"{found.kind}s", found.env), []).append(found.name)


def ask_github(hub: Hub, method: str, name: str, below: str, fields: list[tuple[str, str]]) -> None:
    """Make an environment, or name a branch that may deploy there, as GitHub does."""
    if below:
        assert (method, below) == ("POST", "deployment-branch-policies")
        assert hub.settings.policies[name]["custom_branch_policies"], "GitHub takes no names where none are asked for"
        [(key, branch)] = fields
        assert key == "name"
        hub.settings.branches.setdefault(name, []).append(branch)
        return
    assert method == "PUT"
    hub.settings.environments.append(name)
    if fields:
        said = {key: value == "true" for key, value in fields}
        both = [f"deployment_branch_policy[{key}]" for key in NAMED]
        assert sorted(said) == sorted(both), "GitHub asks for both"
        assert len(set(said.values())) == 2, "and that they differ"
        hub.settings.policies[name] = dict(zip(NAMED, (said[key] for key in both), strict=True))


OPEN = "so whoever may push a branch may deploy there, and read its secrets"


@pytest.mark.parametrize(
    ("chosen", "rules", "told_of_it"),
    [
        (None, [], f"production lets every branch deploy, {OPEN}"),
        (None, ["wait_timer"], f"production lets every branch deploy, {OPEN}"),
        (
            policy(protected_branches=True),
            [],
            f"production lets all branches deploy that are protected, and every one while none is, {OPEN}",
        ),
        (policy(protected_branches=True), ["required_reviewers"], ""),
        (None, ["required_reviewers"], ""),
        (NAMED, [], ""),
    ],
)
def test_production_that_more_than_main_reaches(
    workflow: Workflow, complete: Hub, chosen: dict[str, bool] | None, rules: list[str], told_of_it: str
) -> None:
    """Staging takes whatever is pushed, and is asked for nothing."""
    complete.settings.policies = {"production": chosen} if chosen else {}
    complete.settings.rules = {"production": rules}
    found = told(workflow)
    assert found.pop("github.staging") == (True, "", "")
    expected = {"github.production.branches": (False, told_of_it, PROTECT)}
    assert found == (expected if told_of_it else {"github.production": (True, "", "")})


def test_the_main_branch_may_be_called_otherwise(workflow: Workflow, complete: Hub) -> None:
    complete.settings.policies = {}
    text = (workflow.project.folder / "pyproject.toml").read_text()
    (workflow.project.folder / "pyproject.toml").write_text(
        text.replace("[tool.shiplane]\n", '[tool.shiplane]\nmain_branch = "trunk"\n')
    )
    assert told(workflow)["github.production.branches"][2].endswith("/deployment-branch-policies -f name=trunk")


def test_an_environment_that_is_not_there(workflow: Workflow, complete: Hub) -> None:
    complete.settings.environments = ["staging"]
    found = told(workflow)
    assert found["github.production.production"] == (
        False,
        "acme/app has no environment production, so its jobs would run without protection",
        PROTECT,
    )
    assert {name for name in found if name.startswith("github.production.")} == {
        *(f"github.production.{name}" for name in ("production", "SERVER_HOST", "DB_PASSWORD", "REDIS_PASSWORD"))
    }


def test_what_the_configuration_tells_is_not_asked_for(workflow: Workflow, complete: Hub) -> None:
    complete.settings.names["secrets", "staging"] = ["DB_PASSWORD", "REDIS_PASSWORD"]
    own = '[tool.shiplane.environments.eu]\nurl = "https://eu.test"\nbranches = ["main"]\nssh_host = "eu"\n'
    configure(workflow, own)
    text = (workflow.project.folder / "pyproject.toml").read_text()
    staged = text.replace('url = "https://staging.example.com"', 'url = "https://staging.example.com"\nssh_host = "s"')
    (workflow.project.folder / "pyproject.toml").write_text(staged)
    found = told(workflow)
    assert found["github.staging"] == (True, "", "")
    assert "github.eu.SERVER_HOST" not in found
    assert found["github.eu.eu"][2] == "gh api --method PUT repos/acme/app/environments/eu"
    assert "github.eu.DB_PASSWORD" in found


@pytest.mark.usefixtures("complete")
def test_a_vpn_needs_its_own(workflow: Workflow) -> None:
    configure(workflow, '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    assert set(told(workflow)) == {
        f"github.{name}.TS_OAUTH_{what}" for name in ("staging", "production") for what in ("CLIENT_ID", "SECRET")
    }


def test_secrets_of_a_command_are_not_looked_for(workflow: Workflow, hub: Hub) -> None:
    hub.settings.environments = ["staging", "production"]
    hub.settings.policies = {"production": NAMED}
    hub.settings.names["variables", "organization"] = []
    configure(workflow, '[tool.shiplane.secrets]\ncommand = ["pass", "show", "{environment}"]\n')
    assert told(workflow) == {"github.staging": (True, "", ""), "github.production": (True, "", "")}


def test_no_value_is_told(workflow: Workflow, complete: Hub) -> None:
    complete.settings.names["secrets", "staging"] = []
    ended = workflow.invoke("doctor --github", DB_PASSWORD="a very secret password")
    assert "a very secret password" not in ended.out + ended.err
    assert "not for others" not in ended.out + ended.err
    assert TOKEN not in ended.out + ended.err


def test_a_token_that_may_not_read_the_names(workflow: Workflow, hub: Hub) -> None:
    refused = {"message": "Resource not accessible by integration"}
    hub.replies.extend([Reply(403, refused, {"X-Accepted-GitHub-Permissions": "secrets=read"})] * 2)
    found = told(workflow)
    assert set(found) == {"github.staging", "github.production"}
    assert found["github.staging"][1:] == (
        "cannot read secrets, variables and environments on GitHub: 403 Resource not accessible by integration",
        "give the token the permissions secrets=read (in a workflow: under permissions)",
    )


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("git@github.com:acme/app.git", 0),
        ("https://github.com/acme/app", 0),
        ("ssh://git@github.com/acme/app.git", 0),
        ("git@gitlab.com:acme/app.git", 2),
        ("", 2),
    ],
)
def test_the_repository_is_that_which_was_cloned(workflow: Workflow, complete: Hub, address: str, code: int) -> None:
    workflow.origin = address
    ended = workflow.invoke(LINE, GITHUB_REPOSITORY="")
    assert ended.code == code
    assert complete.asked if code == 0 else ended.err.startswith("no repository is named\n")


@pytest.mark.parametrize("options", ["--target remote", "--fix"])
def test_options_that_do_not_go_with_it(workflow: Workflow, hub: Hub, options: str) -> None:
    assert workflow.invoke(f"doctor --github {options}").code == 2
    assert hub.asked == []
