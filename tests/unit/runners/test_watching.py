from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.errors import UsageError
from shiplane.runners.watching import changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_system_that_watches_no_more_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watch(*_paths: object, **_words: object) -> Iterator[set[tuple[int, str]]]:
        yield {(1, f"{tmp_path}/a b.py")}
        raise OSError('OS file watch limit reached. about ["/a"]')

    monkeypatch.setattr("watchfiles.watch", watch)
    found = changes(tmp_path)
    assert next(found) == {"a b.py"}
    with pytest.raises(UsageError, match="cannot be watched: OS file watch limit reached") as raised:
        next(found)
    assert "fs.inotify.max_user_watches" in raised.value.fix
