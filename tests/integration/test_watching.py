"""Edits below a folder are told; what tools keep there is none."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from shiplane.runners.watching import changes

if TYPE_CHECKING:
    from pathlib import Path

_PAUSE_SECONDS = 0.1


def test_an_edit_is_told_by_its_path_and_what_tools_write_is_not(tmp_path: Path) -> None:
    for name in ("backend/board", ".shiplane/runs", "frontend/node_modules/x", ".git"):
        (tmp_path / name).mkdir(parents=True)
    seen, stop = threading.Event(), threading.Event()

    def edit() -> None:
        number = 0
        # The watch begins some time after it is asked for: edits go on until one is seen.
        while not seen.wait(_PAUSE_SECONDS):
            number += 1
            for name in (
                ".shiplane/runs/journal",
                "frontend/node_modules/x/index.js",
                ".git/index",
                "backend/board/a.py",
            ):
                (tmp_path / name).write_text(f"number = {number}\n")

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        group = next(changes(tmp_path, stop))
    finally:
        seen.set()
        editor.join()
        stop.set()
    assert group == {"backend/board/a.py"}


def test_the_library_is_loaded_by_the_watch_alone() -> None:
    told = "import sys, shiplane.cli.test_tasks, shiplane.cli.testing, shiplane.runners.watching; "
    told += "print('watchfiles' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
