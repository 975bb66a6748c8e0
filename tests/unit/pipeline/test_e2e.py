"""Where the browser of the browser tests stands, and what their result depends on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from samples import make_release
from shiplane.commands import playwright
from shiplane.model import Host, Secret, Site
from shiplane.pipeline.e2e import depends_on, run_against
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Command, Release
    from shiplane.planning.keys import Item

DECLARED = (("value", "the tests", "as they are"),)
SITE = Site("staging", Host("s", "a", 22, "u", "k", "h"), "deployments/app-staging", "https://s.test", "c.yml")


def browser(tmp_path: Path, site: Site) -> tuple[Command, str]:
    """Give the command that ran the tests, and its network."""
    runner, secrets = RecordingRunner(), {"BOARD_TOKEN": Secret("BOARD_TOKEN", "t")}
    run_against(runner, tmp_path, "lab", "sha256:1", site, make_release(), "r1", secrets, tmp_path, print, None)
    [command] = [each for each in runner.commands if each.argv[:2] == ("docker", "run")]
    return command, command.argv[command.argv.index("--network") + 1]


def test_for_a_server_elsewhere_it_is_on_this_machine_s_network(tmp_path: Path) -> None:
    command, network = browser(tmp_path, SITE)
    assert network == "host"
    assert command.argv[command.argv.index("npx") - 1] == "sha256:1"
    assert not {"FORWARD", "CA_FILE"} & command.environment().keys()


@pytest.mark.parametrize(("url", "port"), [("https://127.0.0.1:20004", 20004), ("https://localhost", 443)])
def test_for_a_server_of_the_lab_it_is_beside_that(tmp_path: Path, url: str, port: int) -> None:
    """Where containers of others that come and go are nothing to it."""
    command, network = browser(tmp_path, replace(SITE, url=url, ca_file="/lab/ca.pem", network="lab"))
    assert network == "lab"
    assert command.environment()["FORWARD"] == f"{port}=staging:443"
    assert command.environment()["BASE_URL"] == url
    assert "/lab/ca.pem:/run/authority.pem:ro" in command.argv
    # Of the checkout it is shown nothing: what it reads is in its image, or is asked of the server.
    shown = [word for before, word in pairwise(command.argv) if before == "--volume"]
    assert shown == [f"{tmp_path}:/reports", "/lab/ca.pem:/run/authority.pem:ro"]


def depends(site: Site, release: Release) -> tuple[Item, ...]:
    return depends_on(DECLARED, site, release, ())


def test_the_same_digests_under_another_name_give_the_same_key() -> None:
    moved = replace(SITE, ca_file="/lab/ca.pem", network="lab")
    assert depends(moved, make_release("0123456789ab")) == depends(SITE, make_release())


def test_where_no_inputs_are_declared_no_result_counts() -> None:
    assert depends(SITE, make_release()) != ()
    assert depends_on((), SITE, make_release(), ()) == ()


def test_what_the_browser_tests_run_is_part_of_their_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = depends(SITE, make_release())
    run = playwright.run
    monkeypatch.setattr(playwright, "run", lambda *words: run(*words[:5], ("--project=e2e", "--retries=1"), *words[6:]))
    assert depends(SITE, make_release()) != before
