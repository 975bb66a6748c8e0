from __future__ import annotations

import pytest

from shiplane.commands import vpn
from shiplane.doctor import access, project
from shiplane.doctor.access import Held, Key
from shiplane.doctor.finding import Chmod, Run
from shiplane.errors import LabDown, SecretsMissing, ShiplaneError
from shiplane.model import Command

UNLOCK = Command(("invoke", "unlock", "--env", "staging", "--yes"))


def test_keys() -> None:
    assert list(access.keys([Key("/k", 0o600, usable=True), Key("/l", 0o400, usable=True)])) == []
    open_to_others, damaged = access.keys([Key("/k", 0o644, usable=True), Key("/l", 0o600, usable=False)])
    assert open_to_others.what == "the key /k can be read by others (mode 644)"
    assert open_to_others.mend == Chmod("/k", 0o600)
    assert damaged.what.startswith("/l is no private key that can be used")
    assert damaged.mend is None


@pytest.mark.parametrize(
    ("given", "logins", "stored", "well"),
    [
        (True, (), False, True),
        (False, ("ghcr.io",), False, True),
        (False, ("https://ghcr.io/v1/",), False, True),
        (False, (), True, True),
        (False, ("https://index.docker.io/v1/", "ghcr.io.test"), False, False),
    ],
)
def test_a_login(given: bool, logins: tuple[str, ...], stored: bool, well: bool) -> None:  # noqa: FBT001 - a table
    assert (not list(access.login("ghcr.io", given=given, logins=logins, stored=stored))) is well


def test_a_vpn_whose_program_is_not_here() -> None:
    assert list(access.vpn(is_there=True)) == []
    [found] = access.vpn(is_there=False)
    assert (found.what, found.fix) == ("tailscale is not on this machine", vpn.INSTALL)


def test_a_lock_whose_holder_is_gone_is_removed_unasked_and_no_other() -> None:
    assert list(access.lock(None)) == []
    [gone] = access.lock(Held("staging", "run 4 (me@here, process 7)", gone=True, unlock=UNLOCK))
    assert gone.what == "staging is held by run 4 (me@here, process 7)"
    assert gone.mend == Run(UNLOCK)
    [held] = access.lock(Held("staging", "run 5 (her@there, process 8)", gone=False, unlock=UNLOCK))
    assert held.mend is None
    assert held.fix == "wait for it; or, when it is gone for good: invoke unlock --env staging --yes"


def test_refusals_are_told_once_each() -> None:
    refused: list[ShiplaneError] = [
        SecretsMissing(["B", "A"], "staging"),
        SecretsMissing(["A", "B"], "staging"),
        LabDown(),
    ]
    assert [(found.cause, found.fix) for found in project.refused(refused)] == [
        (
            "secrets missing for staging: A, B",
            "set them as environment variables (in GitHub: as secrets of the environment)",
        ),
        ("the lab is not up", "run: invoke lab.up"),
    ]


def test_missing_files() -> None:
    assert [found.what for found in project.missing([("compose.eu.yml", "tool.shiplane.environments.eu")])] == [
        "compose.eu.yml is not there"
    ]
