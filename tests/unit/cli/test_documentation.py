from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.cli.documentation import Look
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_to_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    site = tmp_path / ".shiplane/site"
    assert Look.asked(tmp_path, ()) == Look()
    assert Look.asked(tmp_path, ("--browser",)) == Look((site,))
    asked = Look.asked(tmp_path, ("--browser", "runs", "--", "--grep", "a b"))
    assert asked == Look((site, tmp_path / "runs"), ("--grep", "a b"))


@pytest.mark.parametrize(
    ("words", "cause"),
    [(("--brwser",), "docs does not know --brwser"), (("--browser", "none"), "there is no folder .*/none")],
)
def test_what_is_not_understood(tmp_path: Path, words: tuple[str, ...], cause: str) -> None:
    with pytest.raises(UsageError, match=cause):
        Look.asked(tmp_path, words)
