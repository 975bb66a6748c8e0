"""The documentation's site: every page has its place, and what the pages are made from is theirs alone."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAVIGATION = runpy.run_path(str(DOCS / "site/conf.py"))["NAVIGATION"]


def test_every_page_has_a_place_in_the_navigation() -> None:
    listed = [page for pages in NAVIGATION.values() for page in pages]
    there = {str(file.relative_to(DOCS).with_suffix("")) for file in DOCS.rglob("*.md")} - {"index"}
    assert there - set(listed) == set(), "name them in NAVIGATION of docs/site/conf.py"
    assert sorted(listed) == sorted(there)


def test_no_command_needs_what_the_site_is_made_with() -> None:
    packages = re.findall(r"^([a-z-]+)", (ROOT / "requirements/documentation.in").read_text("utf-8"), re.MULTILINE)
    assert set(packages) == {"myst-parser", "pydata-sphinx-theme", "sphinx"}
    named = "myst_parser|pydata_sphinx_theme|sphinx|docutils"
    imports = re.compile(rf"^\s*(?:import|from) (?:{named})\b", re.MULTILINE)
    sources = [*(ROOT / "src").rglob("*.py"), ROOT / "tasks.py", ROOT / "noxfile.py"]
    assert [file for file in sources if imports.search(file.read_text("utf-8"))] == []


def test_nothing_of_the_site_comes_from_elsewhere() -> None:
    own = [file for file in (DOCS / "site").rglob("*") if file.suffix in (".py", ".html", ".css")]
    assert len(own) == 3
    assert [file for file in own if re.search(r"https?://|//[a-z]+\.|@import", file.read_text("utf-8"))] == []
