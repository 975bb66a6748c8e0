from __future__ import annotations

import pytest

from shiplane.errors import UsageError, VersionUnusable
from shiplane.planning.bump import Bump, changelog, next_version, title

FILE = "backend/config/__init__.py"
BUMP = Bump("backend", FILE, "1.0.9", "1.1.0", "backend-1.0.9", (("abc1234", "Add <b> & `c`"), ("def5678", "Fix it")))
ALSO = Bump("frontend", "frontend/package.json", "1.0.0", "1.1.0", "", (("def5678", "Fix it"),))
SECTION = "## backend 1.1.0 (2026-11-26)\n\n- Add <b> & `c` (abc1234)\n- Fix it (def5678)\n"


@pytest.mark.parametrize(
    ("part", "version"),
    [("major", "2.0.0"), ("minor", "1.3.0"), ("patch", "1.2.10"), ("1.2.10", "1.2.10"), ("2.0.0-rc.1", "2.0.0-rc.1")],
)
def test_the_next_version(part: str, version: str) -> None:
    assert next_version(FILE, "1.2.9", part) == version


@pytest.mark.parametrize(
    ("current", "part", "told"),
    [
        ("1.2.9", "1.2.9", "1.2.9 does not come after 1.2.9"),
        ("1.2.10", "1.2.9", "1.2.9 does not come after 1.2.10"),
        ("1.2.9", "minr", "'minr' is neither a part of a version nor a version"),
        ("1.2.9", "", "'' is neither a part"),
        ("1.2", "minor", "'1.2' is not of the form 1.2.3"),
        ("1.2.3rc1", "patch", "'1.2.3rc1' is not of the form 1.2.3"),
    ],
)
def test_what_is_no_next_version(current: str, part: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        next_version(FILE, current, part)


def test_a_version_that_cannot_be_a_tag() -> None:
    with pytest.raises(VersionUnusable):
        next_version(FILE, "1.2.9", "1.3.0+meta")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"# Changelog\n\n## Unreleased\n\n{SECTION}"),
        ("# Changelog\n\n## Unreleased\n\n- By hand\n", f"# Changelog\n\n## Unreleased\n\n- By hand\n\n{SECTION}"),
        (
            "# Log\n\n## [unreleased]\n\n- By hand\n\n## 1.0.0\n\n- Old\n",
            f"# Log\n\n## [unreleased]\n\n- By hand\n\n{SECTION}\n## 1.0.0\n\n- Old\n",
        ),
        ("# Log\n\n## 1.0.0\n\n- Old\n", f"# Log\n\n{SECTION}\n## 1.0.0\n\n- Old\n"),
    ],
)
def test_a_new_section_stands_above_the_others_and_below_what_is_not_released(before: str, after: str) -> None:
    assert changelog(before, [BUMP], "2026-11-26") == after


def test_what_is_raised_together_is_one_section_and_tells_a_commit_once() -> None:
    text = changelog("", [BUMP, ALSO], "2026-11-26")
    assert "## backend 1.1.0, frontend 1.1.0 (2026-11-26)\n" in text
    assert text.count("Fix it") == 1
    assert title([BUMP, ALSO]) == "backend 1.1.0, frontend 1.1.0"


def test_a_version_without_commits() -> None:
    empty = Bump("backend", FILE, "1.0.0", "1.0.1", "backend-1.0.0", ())
    assert changelog("", [empty], "2026-11-26").endswith("- No change but the version.\n")
