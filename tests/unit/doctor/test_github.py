"""Who lets a job into an environment on GitHub, read from what GitHub says of it, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from shiplane.doctor.github import Settings, guard, judge

NAMED = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}
PLACE = "repos/acme/app/environments/production"


def environment(policy: dict[str, bool] | None, *rules: str) -> dict[str, Any]:
    return {"protection_rules": [{"type": rule} for rule in rules], "deployment_branch_policy": policy}


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({}, ""),
        (environment(None), ""),
        (environment(None, "wait_timer"), ""),
        (environment(NAMED, "branch_policy"), "named"),
        (environment(PROTECTED, "branch_policy"), "protected"),
        (environment(PROTECTED, "branch_policy", "required_reviewers"), "reviewers"),
        (environment(None, "required_reviewers"), "reviewers"),
    ],
)
def test_who_lets_a_job_in(said: dict[str, Any], who: str) -> None:
    assert guard(said) == who


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("", ["production lets every branch deploy"]),
        ("protected", ["production lets all branches deploy that are protected, and every one while none is"]),
        ("named", []),
        ("reviewers", []),
    ],
)
def test_what_one_branch_alone_reaches_is_open_to_no_other(who: str, what: list[str]) -> None:
    found = Settings("production", exists=True, guard=who)
    told = list(judge("acme/app", (), "main", found))
    assert [(each.what, each.name) for each in told] == [(one, "branches") for one in what]
    assert list(judge("acme/app", (), "", found)) == []


def test_the_lines_that_make_one_name_its_branch_as_a_shell_reads_it() -> None:
    missing = Settings("production", exists=False)
    [plain] = judge("acme/app", (), "", missing)
    assert plain.fix == f"gh api --method PUT {PLACE}"
    [told] = judge("acme/app", (), "it's $main", missing)
    fields = ("protected_branches]=false", "custom_branch_policies]=true")
    policy = " ".join(f"-F 'deployment_branch_policy[{each}'" for each in fields)
    assert told.fix.split(" && ") == [
        f"gh api --method PUT {PLACE} {policy}",
        f"gh api --method POST {PLACE}/deployment-branch-policies -f 'name=it'\"'\"'s $main'",
    ]
