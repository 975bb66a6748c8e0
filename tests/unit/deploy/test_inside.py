from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.audit import Deed
from shiplane.deploy.inside import check_words, enter, exec_command, first_word
from shiplane.errors import NothingDeployed, UnknownName, Unreachable, UsageError
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Site

DEED = Deed("exec", "2026-01-01T00:09:00.000Z", "ada@laptop", "by hand", "psql in db")
RUNS = "service\tdb\nservice\tweb\n"


def entered(site: Site, answer: str, code: int = 0) -> tuple[str, list[str], RecordingRunner]:
    told: list[str] = []
    runner = RecordingRunner([("enter", answer, code)])
    return enter(runner, site, "web", DEED, told.append), told, runner


def test_the_container_and_the_audit(site: Site) -> None:
    container, told, runner = entered(site, f"{RUNS}container\tabc")
    assert (container, told) == ("abc", [])
    assert runner.commands[0].argv == ("bash", "-s", "enter", "deployments/app-staging", "app-staging", "web")
    assert runner.commands[0].input_text().endswith(f"{DEED.line()}\n")


def test_a_full_disk_does_not_lock_out_who_wants_to_look(site: Site) -> None:
    container, told, _ = entered(site, f"{RUNS}container\tabc\nunwritten")
    assert (container, told) == ("abc", ["the audit of staging could not be written: look at the disk of staging"])


def test_what_cannot_be_entered(site: Site) -> None:
    with pytest.raises(UnknownName, match="unknown running service 'web'"):
        entered(site, "service\tdb")
    with pytest.raises(NothingDeployed):
        entered(site, "")
    with pytest.raises(Unreachable):
        entered(site, "no daemon", 1)


def test_each_word_is_an_argument() -> None:
    words = ("sh", "-c", "a 'b' \"$c\"", "", "ü")
    assert exec_command("h", "abc", words, terminal=False).argv == ("docker", "exec", "--interactive", "abc", *words)
    assert exec_command("h", "abc", words, terminal=True).argv[2:4] == ("--interactive", "--tty")


def test_words_that_docker_would_change_are_refused() -> None:
    check_words(("ls", "", "ü"))
    with pytest.raises(UsageError, match="word 2 of the command is not valid UTF-8"):
        check_words(("ls", "\udcff"))


@pytest.mark.parametrize(
    ("word", "told"), [("psql", "psql"), ("psql postgres://u:secret@h", "psql"), ("", ""), ("x" * 99, "x" * 40)]
)
def test_no_argument_is_told(word: str, told: str) -> None:
    assert first_word((word, "secret")) == told
