"""What a suite left that a person may want to open: coverage page, page of the browser tests, traces, screenshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COVERAGE = ("html/index.html", "coverage/index.html")
_RECORD = "test-results"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Name files by their path in the checkout; `page` is a folder that Playwright shows, empty where there is none."""

    coverage: str = ""
    page: str = ""
    traces: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


def survey(checkout: Path, reports: str) -> Evidence:
    """Look into a folder of reports."""
    folder = checkout / reports
    left = folder / _RECORD
    if left.is_dir():
        return Evidence(
            page=f"{reports}/html" if (folder / "html").is_dir() else "",
            traces=_below(checkout, left, "*.zip"),
            pictures=_below(checkout, left, "*.png"),
        )
    return Evidence(next((f"{reports}/{name}" for name in _COVERAGE if (folder / name).is_file()), ""))


def _below(checkout: Path, folder: Path, pattern: str) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(checkout).as_posix() for path in folder.rglob(pattern)))
