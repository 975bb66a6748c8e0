"""Leaving the VPN after a run that was killed: only where a run joined it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import CONFIG_TEXT

if TYPE_CHECKING:
    from projects import Ended, Project

STAYS = "no run has left this machine in a VPN\n"


def leave(project: Project, line: str = "vpn.leave", provider: str = "tailscale") -> Ended:
    (project.folder / "pyproject.toml").write_text(f'{CONFIG_TEXT}[tool.shiplane.vpn]\nprovider = "{provider}"\n')
    programs = project.folder / "programs"
    programs.mkdir()
    (programs / "tailscale").touch(mode=0o755)
    return project.invoke(line, PATH=str(programs))


def answer(state: str, name: str) -> str:
    """Give what the real client says of itself, of which most is left out."""
    return json.dumps({"Version": "1.90.6", "BackendState": state, "Self": {"HostName": name, "Online": True}})


@pytest.mark.parametrize("state", ["Running", "Starting"])
@pytest.mark.parametrize("name", ["shiplane-staging", "shiplane-production"])
def test_what_a_run_joined_is_left(project: Project, state: str, name: str) -> None:
    project.answers(("tailscale status", answer(state, name), 0))
    ended = leave(project)
    assert (ended.code, ended.out) == (0, f"left the VPN, where this machine was {name}\n")
    assert project.transcript == ["local$ tailscale status --json --peers=false", "local$ tailscale logout"]


@pytest.mark.parametrize(
    "said",
    [
        answer("Running", "mara-laptop"),
        answer("Running", "shiplane-runner-1"),
        answer("NeedsLogin", "shiplane-staging"),
        "",
        "[]",
        '{"BackendState": "Running", "Self": null}',
    ],
)
def test_what_no_run_joined_is_left_alone(project: Project, said: str) -> None:
    project.answers(("tailscale status", said, 0))
    ended = leave(project)
    assert (ended.code, ended.out, len(project.transcript)) == (0, STAYS, 1)


def test_a_dry_run_only_looks(project: Project) -> None:
    project.answers(("tailscale status", answer("Running", "shiplane-staging"), 0))
    ended = leave(project, "vpn.leave --dry-run")
    told = "would leave the VPN, where this machine is shiplane-staging\n$ tailscale logout\n"
    assert (ended.code, ended.out, len(project.transcript)) == (0, told, 1)


def test_without_a_vpn_nothing_is_asked(project: Project) -> None:
    assert leave(project, provider="none").out == STAYS
    assert project.transcript == []


def test_without_the_program_nothing_is_asked(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    ended = project.invoke("vpn.leave", PATH=str(project.folder))
    assert (ended.code, ended.out, project.transcript) == (0, STAYS, [])


def test_a_vpn_that_does_not_let_go_is_told(project: Project) -> None:
    project.answers(("tailscale status", answer("Running", "shiplane-staging"), 0), ("logout", "no daemon", 1))
    ended = leave(project)
    assert (ended.code, ended.err.splitlines()[0]) == (4, "the VPN cannot be left")
