"""Every page of the documentation's site in a browser, light and dark; `./scripts/test` looks at one of each kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from helpers.clone import Clone
from helpers.engine import traces
from shiplane.checks import SITE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(1200)
def test_no_page_keeps_anybody_out(tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "read")
    output = clone.nox("-s", "docs", "--", "--browser").output
    site = clone.folder / SITE
    pages = {str(file.relative_to(site)) for file in site.rglob("*.html") if "_static" not in file.parts}
    assert set(re.findall(r"✓ .* 0/(\S+\.html) keeps nobody out", output)) == pages
    assert {f"{page.relative_to(clone.folder / 'docs').with_suffix('.html')}" for page in _written(clone)} <= pages
    assert traces(clone.id) == []


def _written(clone: Clone) -> list[Path]:
    return list((clone.folder / "docs").rglob("*.md"))
