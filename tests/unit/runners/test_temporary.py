from __future__ import annotations

import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from shiplane.runners import process, temporary

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_this_user_s_alone_and_goes_in_the_end(place: Path) -> None:
    with temporary.folder("login") as folder:
        assert folder.parent == place
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "config.json").write_text("secret")
    assert list(place.iterdir()) == []
    with pytest.raises(OSError, match="the disk is full"), temporary.folder("login"):
        raise OSError("the disk is full")
    assert list(place.iterdir()) == []


def test_what_processes_that_ended_have_left_is_removed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = temporary.make("run")
    with monkeypatch.context() as ended:
        ended.setattr(process, "own", lambda: process.Own(2**22, process.machine(), "1"))
        gone = [temporary.make("run"), temporary.make("login")]
        mark = process.own().mark
        ended.setattr(process, "own", lambda: process.Own(2**22, "another machine", "1"))
        far = temporary.make("run")
    (gone[0] / "a").mkdir()
    (place / "shiplane_x").mkdir()
    assert temporary.remove_left() == (mark,)
    assert sorted(place.iterdir()) == sorted([mine, far, place / "shiplane_x"])
    assert temporary.remove_left() == ()


def test_what_holds_a_mount_stays(place: Path, tmp_path: Path) -> None:
    folder = temporary.make("images")
    (folder / "root").mkdir()
    mounts = tmp_path / "mountinfo"
    line = "36 35 98:0 / {} rw,noatime master:1 - ext3 /dev/root rw\n"
    mounts.write_text(line.format("/") + line.format(folder / "root" / "proc"))
    temporary.remove(folder, mounts)
    assert folder.exists()
    mounts.write_text(line.format("/") + line.format(place) + line.format(f"{folder}-other"))
    temporary.remove(folder, mounts)
    assert not folder.exists()
