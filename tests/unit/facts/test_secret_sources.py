from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import HARD
from shiplane.config import SecretSources
from shiplane.errors import SecretsUnreadable
from shiplane.facts.secret_sources import Sources, parse
from shiplane.model import Secret
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

VALUES = [HARD, '"quoted"', "a=b", " spaces ", "", "\u2028\x85x", "x" * 5000]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_what_stands_there(value: str) -> None:
    assert parse(f"# comment\n\nDB_PASSWORD={value}\nOTHER=1\n", "it") == {"DB_PASSWORD": value, "OTHER": "1"}
    assert parse(json.dumps({"DB_PASSWORD": f"{value}\nsecond line"}), "it") == {"DB_PASSWORD": f"{value}\nsecond line"}


def test_line_ends_of_windows_are_no_part_of_a_value() -> None:
    assert parse("A=1\r\nB=2\r\n", "it") == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"A=1\n{HARD}", "line 2 is not NAME=value"),
        (f"two words={HARD}", "line 1 is not NAME=value"),
        (f'{{"A": "{HARD}', "it begins as JSON and is none"),
        ('{"A": 1}', "the value of A is no text"),
    ],
)
def test_what_cannot_be_read_is_told_without_what_it_holds(text: str, why: str) -> None:
    with pytest.raises(SecretsUnreadable) as caught:
        parse(text, "the command sops")
    assert caught.value.cause == f"the secrets of the command sops cannot be read: {why}"
    assert HARD not in caught.value.cause + caught.value.fix


def test_a_command_is_asked_once_an_environment_and_what_it_says_is_masked(tmp_path: Path) -> None:
    runner, learned = RecordingRunner([("staging", f"DB_PASSWORD={HARD}", 0), ("production", "DB_PASSWORD=p", 0)]), []
    settings = SecretSources(command=("sops", "decrypt", "secrets/{environment}.env"))
    sources = Sources(runner, tmp_path, settings, lambda *secrets: learned.extend(secrets))
    assert runner.transcript == []
    for _ in range(2):
        assert sources.get("staging", "DB_PASSWORD") == HARD
        assert sources.get("staging", "REDIS_PASSWORD") == ""
        assert sources.get("production", "DB_PASSWORD") == "p"
    assert runner.transcript == [
        "local$ sops decrypt secrets/staging.env",
        "local$ sops decrypt secrets/production.env",
    ]
    assert learned == [Secret("DB_PASSWORD", HARD), Secret("DB_PASSWORD", "p")]


def test_a_command_for_all_environments_tells_them_apart_by_the_names(tmp_path: Path) -> None:
    runner = RecordingRunner([("op", "DB_PASSWORD=both\nSTAGING_DB_PASSWORD=staging's own", 0)])
    sources = Sources(runner, tmp_path, SecretSources(command=("op", "inject")))
    assert sources.get("staging", "DB_PASSWORD") == "staging's own"
    assert sources.get("production", "DB_PASSWORD") == "both"
    assert len(runner.transcript) == 1


class Failing(RecordingRunner):
    """Print a secret, then fail."""

    def run(self, command: object, **words: object) -> object:  # type: ignore[override]
        del command, words
        from shiplane.runners.base import Completed  # noqa: PLC0415 - here alone

        return Completed(2, f"DB_PASSWORD={HARD}", f"DB_PASSWORD={HARD}\nno key for staging", 0.0)


def test_a_command_that_fails_says_why_and_not_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(SecretsUnreadable, match="it ended with 2") as caught:
        Sources(Failing(), tmp_path, SecretSources(command=("sops", "x"))).get("staging", "DB_PASSWORD")
    assert caught.value.details == ("no key for staging",)
    assert caught.value.fix == "try it: sops x"


def test_a_file_gives_what_the_command_does_not(tmp_path: Path) -> None:
    file = tmp_path / "staging.env"
    file.write_text("DB_PASSWORD=file\nREDIS_PASSWORD=file\n")
    file.chmod(0o600)
    settings = SecretSources(command=("sops",), file="{environment}.env")
    sources = Sources(RecordingRunner([("sops", "DB_PASSWORD=command", 0)]), tmp_path, settings)
    assert sources.get("staging", "DB_PASSWORD") == "command"
    assert sources.get("staging", "REDIS_PASSWORD") == "file"


def test_a_file_that_is_not_there_or_that_others_can_read(tmp_path: Path) -> None:
    sources = Sources(RecordingRunner(), tmp_path, SecretSources(file="{environment}.env"))
    with pytest.raises(SecretsUnreadable, match=r"staging\.env cannot be read: it is no file"):
        sources.get("staging", "X")
    (tmp_path / "staging.env").touch(0o640)
    with pytest.raises(SecretsUnreadable, match="others can read it too") as caught:
        sources.get("staging", "X")
    assert caught.value.fix == "chmod 600 staging.env"
