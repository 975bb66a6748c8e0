from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from shiplane.errors import UsageError
from shiplane.runners.ssh_config import SshSettings, lookup

PLAIN = {
    "hostname": "staging",
    "user": "me",
    "port": "22",
    "identityfile": "~/.ssh/id_ed25519",
    "identitiesonly": "no",
    "userknownhostsfile": "/home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2",
    "globalknownhostsfile": "/etc/ssh/ssh_known_hosts",
}


class Ssh:
    """Play `ssh -G`: what it says with the configuration, and with none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: subprocess.CompletedProcess[str] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, words: tuple[str, ...], **_more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
        self.asked.append(words)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(code: int = 0, error: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    text = "".join(f"{key} {value}\n" for key, value in (PLAIN | more).items())
    return subprocess.CompletedProcess((), code, text, error)


def test_what_the_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"hostname": "192.0.2.1", "user": "deploy", "port": "24", "proxyjump": "bastion", "hostkeyalias": "shop"}
    ssh = Ssh(monkeypatch, says(**more, identitiesonly="yes", globalknownhostsfile="none"), says())
    assert lookup("staging", file="/my/config") == SshSettings(
        hostname="192.0.2.1",
        user="deploy",
        port=24,
        identities=(str(Path.home() / ".ssh/id_ed25519"),),
        known_hosts=("/home/me/.ssh/known_hosts", "/home/me/.ssh/known_hosts2"),
        jump="bastion",
        pinned_as="shop",
        agent=False,
        known=True,
    )
    assert ssh.asked == [
        ("ssh", "-G", "-F", "/my/config", "--", "staging"),
        ("ssh", "-G", "-F", "none", "--", "staging"),
    ]


def test_a_name_of_which_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = Ssh(monkeypatch, says(serveraliveinterval="60", proxyjump="none"), says(proxyjump="none"))
    found = lookup("staging", "deploy", 24)
    assert (found.known, found.agent, found.jump) == (False, True, "")
    assert ssh.asked[0] == ("ssh", "-G", "-l", "deploy", "-p", "24", "--", "staging")


def test_a_machine_without_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    Ssh(monkeypatch, FileNotFoundError())
    assert lookup("192.0.2.1", "deploy") == SshSettings("192.0.2.1", "deploy", 22)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            says(255, "x line 1: Bad configuration option: prt\nx: terminating, 1 bad option"),
            "terminating, 1 bad option",
        ),
        (says(255, ""), "the ssh configuration cannot be used for staging: it says nothing"),
        (subprocess.TimeoutExpired("ssh", 10), "ssh does not tell how staging is reached"),
        (says(proxycommand="nc %h %p"), "ssh reaches staging by a ProxyCommand, which is not followed"),
    ],
)
def test_a_configuration_that_cannot_be_followed(
    monkeypatch: pytest.MonkeyPatch, answer: subprocess.CompletedProcess[str] | Exception, cause: str
) -> None:
    Ssh(monkeypatch, answer, says())
    with pytest.raises(UsageError, match=cause):
        lookup("staging")


@pytest.mark.parametrize("name", ["", "-oProxyCommand=id", "a b", "a\nb"])
def test_what_is_no_name_of_a_server(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a server"):
        lookup(name)
