"""Judgements of what GitHub holds for the workflows: names alone, for values are never told."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from shiplane.config import Config, EnvironmentConfig

# What is a file rather than a word that one types.
_FILES = {"SSH_PRIVATE_KEY": "deploy_key", "SSH_KNOWN_HOSTS": "known_hosts"}
_OPEN = {
    "": "lets every branch deploy",
    "protected": "lets all branches deploy that are protected, and every one while none is",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """Name what a deploy from GitHub needs: `kind` is `secret` or `variable`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold the names of what an environment on GitHub sees, that of repository and organisation included.

    `guard` is who lets a job in: `reviewers`, `named` or `protected` branches, empty for nobody.
    """

    environment: str
    exists: bool
    secrets: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    guard: str = ""


def guard(environment: Mapping[str, Any]) -> str:
    """Read who lets a job in from what GitHub says of an environment; a pause lets in whoever waits."""
    if any(rule["type"] == "required_reviewers" for rule in environment.get("protection_rules", ())):
        return "reviewers"
    policy = environment.get("deployment_branch_policy") or {}
    if policy.get("custom_branch_policies"):
        return "named"
    return "protected" if policy.get("protected_branches") else ""


def needed(config: Config, environment: EnvironmentConfig) -> tuple[Needed, ...]:
    """Say what an environment's jobs need; what the configuration tells, or a command of its own, is left out."""
    if config.secrets.command:
        return ()
    told = {"SERVER_HOST": environment.ssh_host, "SERVER_USER": environment.ssh_user}
    names = [*(name for name, value in told.items() if not value), "SSH_PRIVATE_KEY", "DB_PASSWORD", "REDIS_PASSWORD"]
    names += ["TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET"] if config.vpn.provider == "tailscale" else []
    return (*(Needed("secret", name) for name in names), Needed("variable", "SSH_KNOWN_HOSTS"))


def judge(repository: str, wanted: tuple[Needed, ...], branch: str, found: Settings) -> Iterator[Finding]:
    """Judge an environment: whether it is there, lets only `branch` in (empty: others too), and what is missing."""
    name = found.environment
    make = _make(f"repos/{repository}/environments/{name}", branch)
    if not found.exists:
        yield Finding(f"{repository} has no environment {name}", "its jobs would run without protection", make, name)
    elif branch and found.guard in _OPEN:
        so = "whoever may push a branch may deploy there, and read its secrets"
        yield Finding(f"{name} {_OPEN[found.guard]}", so, make, "branches")
    held = {"secret": found.secrets, "variable": found.variables}
    for one in wanted:
        if one.name not in held[one.kind]:
            words = ("gh", one.kind, "set", one.name, "--env", name, "--repo", repository)
            file = f" < {_FILES[one.name]}" if one.name in _FILES else ""
            what = f"{name} has no {one.kind} {one.name}"
            yield Finding(what, "a deploy from GitHub ends before anything runs", shlex.join(words) + file, one.name)


def _make(place: str, branch: str) -> str:
    """Give the line that makes an environment; GitHub takes the name of a branch by a request of its own."""
    make = ["gh", "api", "--method", "PUT", place]
    if not branch:
        return shlex.join(make)
    for key, value in (("protected_branches", "false"), ("custom_branch_policies", "true")):
        make += ["-F", f"deployment_branch_policy[{key}]={value}"]
    name = ("gh", "api", "--method", "POST", f"{place}/deployment-branch-policies", "-f", f"name={branch}")
    return f"{shlex.join(make)} && {shlex.join(name)}"
