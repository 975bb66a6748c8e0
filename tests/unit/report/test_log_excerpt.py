from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from shiplane.report.log_excerpt import Excerpt, read_excerpt, size_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", Excerpt()),
        (b"one\n\ntwo\r\n", Excerpt(("one", "", "two"))),
        (b"no end \xff", Excerpt(("no end \N{REPLACEMENT CHARACTER}",))),
        (b"0123456\n" * 10, Excerpt(("0123456", "0123456"), 48, ("0123456", "0123456"))),
        (b"a" * 100, Excerpt(("a" * 20,), 60, ("a" * 20,))),
    ],
)
def test_the_beginning_and_the_end(tmp_path: Path, data: bytes, found: Excerpt) -> None:
    file = tmp_path / "step.log"
    file.write_bytes(data)
    assert read_excerpt(file, 20, 20) == found


def test_the_gap_is_said() -> None:
    assert list(Excerpt(("a",), 2048, ("b",)).lines) == ["a", "… 2.0 kB left out …", "b"]


def test_there_need_be_no_log(tmp_path: Path) -> None:
    assert read_excerpt(tmp_path / "none.log", 20, 20) == Excerpt()


def test_a_long_log_needs_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "step.log"
    with file.open("wb") as log:
        log.truncate(2_000_000_000)  # a hole, no disk
    tracemalloc.start()
    found = read_excerpt(file, 1000, 1000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert found.left_out == 2_000_000_000 - 2000


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (97_500_000, "97.5 MB"), (2e9, "2.0 GB")],
)
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text
