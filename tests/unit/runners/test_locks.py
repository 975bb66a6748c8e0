"""Locks, and the folder where all checkouts of a user meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.runners.locks import held, held_in_turn, user_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_the_folder_is_the_user_s_and_without_a_home_there_is_none(tmp_path: Path) -> None:
    state, home = str(tmp_path / "state"), str(tmp_path / "home")
    environ = {"XDG_STATE_HOME": state, "HOME": home}
    assert user_folder(environ, "running") == tmp_path / "state/shiplane/running"
    assert user_folder({"HOME": home}, "images") == tmp_path / "home/.local/state/shiplane/images"
    assert user_folder({}, "running") is None
    (tmp_path / "file").write_text("")
    assert user_folder({"HOME": str(tmp_path / "file")}, "running") is None


def test_whoever_comes_second_says_so_once_and_waits(tmp_path: Path) -> None:
    file, heard = tmp_path / "lock", []
    first = held(file)
    first.__enter__()

    def pause() -> None:
        heard.append("pause")
        if len(heard) == 3:
            first.__exit__(None, None, None)

    with held_in_turn(file, lambda: heard.append("waiting"), pause):
        assert heard == ["waiting", "pause", "pause"]
        with pytest.raises(BlockingIOError), held(file):
            pytest.fail("two held it at once")
    with held_in_turn(file, lambda: heard.append("waiting again"), pause):
        assert len(heard) == 3


def test_a_wait_ends_by_what_its_pause_raises(tmp_path: Path) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    second = held_in_turn(tmp_path / "lock", lambda: None, interrupted)
    with held(tmp_path / "lock"), pytest.raises(KeyboardInterrupt), second:
        pytest.fail("two held it at once")
