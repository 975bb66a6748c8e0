from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.facts import working_tree
from shiplane.facts.working_tree import WorkingTree
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

EOL = (
    "i/lf    w/lf    attr/text=auto eol=lf \ta.py\0"
    "i/lf    w/crlf  attr/text=auto eol=lf \tscripts/a b\0"
    "i/crlf  w/mixed attr/                 \tscripts/c\0"
    "i/lf    w/crlf  attr/text eol=crlf    \tstart.bat\0"
    "i/crlf  w/crlf  attr/-text            \tsample.csv\0"
    "i/-text w/-text attr/                 \tlogo.png\0"
    "i/lf    w/      attr/                 \tgone\0"
)
STAGE = "100755 aaaa 0\tscripts/run\x00100644 bbbb 0\ta.py\x00100755 cccc 0\tscripts/demo\x00100755 dddd 0\tgone\0"


def test_foreign_line_ends() -> None:
    assert working_tree.parse_line_ends(EOL) == ("scripts/a b", "scripts/c")


def test_programs() -> None:
    assert working_tree.parse_programs(STAGE) == ("scripts/run", "scripts/demo", "gone")


def test_survey_looks_at_the_programs_and_at_what_git_ignores(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name, mode in (("run", 0o755), ("demo", 0o644)):
        (tmp_path / "scripts" / name).touch(mode)
    (tmp_path / ".env").write_bytes(b"A=1\r\n")
    runner = RecordingRunner([("ls-files --eol", EOL, 0), ("ls-files --stage", STAGE, 0)])
    assert working_tree.survey(runner, tmp_path) == WorkingTree(
        ("scripts/a b", "scripts/c", ".env"), (("scripts/demo", 0o644),)
    )
