from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shiplane.config import Images
from shiplane.errors import UsageError
from shiplane.pipeline.vulnerabilities import Scanner
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Command
    from shiplane.runners.base import Completed

WORDS = ("trivy", "image", "--input={archive}")
ARCHIVE = Path("/tmp/image.tar")  # noqa: S108 - nothing is written


class Absent(RecordingRunner):
    """Play a machine without the scanner."""

    def run(self, command: Command, **_words: object) -> Completed:
        raise UsageError(f"{command.argv[0]} is not on this machine", "install it")


def look(runner: RecordingRunner, words: tuple[str, ...] = WORDS) -> tuple[tuple[str, ...], list[str], list[str]]:
    said, noted = list[str](), list[str]()
    scanner = Scanner(runner, Images(vulnerability_scanner=words), said.append, noted.append)
    found = tuple(each for tag in ("one:1", "two:1") for each in scanner.look(tag, ARCHIVE))
    return found, said, noted


def test_a_scanner_gets_the_archive_and_finds_nothing() -> None:
    runner = RecordingRunner()
    found, said, noted = look(runner)
    assert (found, noted) == ((), [])
    assert [command.argv for command in runner.commands] == [("trivy", "image", "--input=/tmp/image.tar")] * 2
    assert said[1::2] == [f"{tag}: trivy found no vulnerability that counts" for tag in ("one:1", "two:1")]


def test_what_a_scanner_finds_is_a_finding() -> None:
    found, _, noted = look(RecordingRunner([("trivy", "CVE-2026-1 libx\nCVE-2026-2 liby", 10)]))
    assert found[:3] == ("it has known vulnerabilities", "trivy: CVE-2026-1 libx", "trivy: CVE-2026-2 liby")
    assert noted == []


@pytest.mark.parametrize(
    ("runner", "words", "why"),
    [
        (RecordingRunner(), (), "no scanner is configured (vulnerability_scanner of [tool.shiplane.images])"),
        (RecordingRunner([("trivy", "FATAL\ndb download failed", 1)]), WORDS, "one:1: db download failed"),
        (RecordingRunner([("trivy", "", 2)]), WORDS, "one:1: trivy ended with 2"),
        (Absent(), WORDS, "one:1: trivy is not on this machine"),
    ],
    ids=["none", "no database", "silent", "absent"],
)
def test_what_is_not_scanned_is_said_in_every_report(runner: RecordingRunner, words: tuple[str, ...], why: str) -> None:
    found, said, noted = look(runner, words)
    assert found == ()
    assert noted[0] == f"not scanned for vulnerabilities: {why}"
    assert set(noted) <= set(said)
    assert len(noted) == (2 if words else 1)
