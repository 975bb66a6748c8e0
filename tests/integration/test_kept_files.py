"""The script that keeps a folder's files and brings them back, cut off wherever it can be."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from shiplane.commands import remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT = {"paid.txt": "kept", "p)$'\"#\\ ü/new line\n.txt": "kept too"}
SINCE = {"paid.txt": "since", "-n": "since", ".hidden/only now": "since"}
MOST_CUTS = 40
# Counts the calls of programs that change something, and kills all of its process group before the one that is told.
CUT = """#!/bin/sh
echo >>"$CALLS"
[ "$(wc -l <"$CALLS")" != "$CUT" ] || kill -KILL 0
exec {program} "$@"
"""


class Folder:
    """Hold a folder of files and its backups."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = root / "p)$'\"#\\ ü"
        self.files.mkdir()
        self.programs = root / "programs"
        self.programs.mkdir()
        for name in ("mv", "rm", "rmdir", "mkdir", "tar"):
            program = self.programs / name
            program.write_text(CUT.format(program=shutil.which(name)))
            program.chmod(0o700)

    def write(self, files: dict[str, str]) -> None:
        shutil.rmtree(self.files)
        for name, text in files.items():
            file = self.files / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def read(self) -> dict[str, str]:
        """Give all files, those that the script put away too."""
        return {str(file.relative_to(self.files)): file.read_text() for file in self.files.rglob("*") if file.is_file()}

    def run(self, verb: str, cut: int = 0) -> int:
        """Do one thing; cut off before the change of that number, 0: not at all. Give the exit code."""
        calls = self.root / "calls"
        calls.unlink(missing_ok=True)
        order = remote.script("files", verb, str(self.root / "kept"), "one", "media", str(self.files), "sh")
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            order.argv, input=order.input_text(), env={"PATH": path, "CALLS": str(calls), "CUT": str(cut)},
            capture_output=True, text=True, check=False, timeout=60, start_new_session=True,
        )  # fmt: skip
        assert cut or done.returncode == 0, done.stderr
        return done.returncode

    def change(self) -> None:
        """Let what is there differ from what is kept."""
        self.write(KEPT)
        self.run("backup")
        self.write(SINCE)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def cuts(folder: Folder, verb: str) -> Iterator[int]:
    """Cut a verb off before each of its changes, one after another, until it gets to its end."""
    for cut in range(1, MOST_CUTS):
        code = folder.run(verb, cut)
        if code == 0:
            return
        assert code == -signal.SIGKILL
        yield cut
    raise AssertionError(f"{verb} never came to its end")


def prepare(folder: Folder, *verbs: str) -> None:
    folder.change()
    for verb in verbs:
        folder.run(verb)


def test_files_change_places_and_back(folder: Folder) -> None:
    prepare(folder, "load", "swap")
    folder.run("finish")
    assert folder.read() == KEPT
    prepare(folder, "load", "swap", "back")
    assert folder.read() == SINCE


def test_a_change_that_was_cut_off_is_whole_after_the_next_load(folder: Folder) -> None:
    prepare(folder, "load")
    ends = []
    for _ in cuts(folder, "swap"):
        folder.run("load")
        folder.run("finish")
        ends.append(folder.read())
        prepare(folder, "load")
    assert len(ends) > len(KEPT) + len(SINCE)
    assert all(end in (SINCE, KEPT) for end in ends)
    assert ends[0] == SINCE


@pytest.mark.parametrize("again", ["load", "back"])
def test_a_way_back_that_was_cut_off_is_gone_to_its_end(folder: Folder, again: str) -> None:
    prepare(folder, "load", "swap")
    count = 0
    for cut in cuts(folder, "back"):
        # Cut off once more at the same place, then let go on.
        folder.run("back", cut)
        folder.run(again)
        folder.run("finish")
        assert folder.read() == SINCE, f"cut before change {cut}"
        count += 1
        prepare(folder, "load", "swap")
    assert count > len(SINCE)


@pytest.mark.parametrize("file", sorted(SINCE))
def test_a_file_that_cannot_be_moved_is_not_lost(folder: Folder, file: str) -> None:
    program = folder.programs / "mv"
    whole = program.read_text()
    broken = f"#!/bin/sh\ncase $3 in */{file.partition('/')[0]}) exit 1 ;; esac\n{whole}"

    def fails(verb: str) -> None:
        """Do one thing while nobody can move the file."""
        program.write_text(broken)
        with pytest.raises(AssertionError):
            folder.run(verb)
        program.write_text(whole)

    prepare(folder, "load")
    fails("swap")
    folder.run("back")
    assert folder.read() == SINCE
    prepare(folder, "load", "swap")
    fails("back")
    assert list(folder.read().values()).count("since") == len(SINCE)
    folder.run("back")
    assert folder.read() == SINCE


def test_what_was_changed_since_it_was_written_is_not_loaded(folder: Folder) -> None:
    folder.change()
    archive = folder.root / "kept/backups/one.media.tar"
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(AssertionError, match="backup one of media is not what was written"):
        folder.run("load")
    assert folder.read() == SINCE
