from __future__ import annotations

import pytest

from shiplane.checks.links import faults, read

PAGE = """\
# One & two: `three` — _four_

## Twice
## Twice
## Twice

A [link](other.md) over
two lines, [another](other.md#twice-1 "title") and ![a picture](images/a.png).

| a | [table](#twice) |
|---|---|
| b | [row](docs) |

<a id="by-hand"></a>

```md
[not](a-link.md)
```
"""


def test_anchors_are_those_that_github_makes() -> None:
    assert read(PAGE).anchors == {"one--two-three--four", "twice", "twice-1", "twice-2", "by-hand"}


def test_links_with_their_lines() -> None:
    wanted = {(7, "other.md"), (8, "other.md#twice-1"), (8, "images/a.png"), (10, "#twice"), (12, "docs")}
    assert set(read(PAGE).links) == wanted


FILES = ("docs/a b.md", "docs/sub/c.md", "docs/images/a.png", "README.md", "src/x.py")
TEXTS = {"docs/a b.md": "# Top\n\n## Low\n", "docs/sub/c.md": "", "README.md": "# Read\n"}


@pytest.mark.parametrize(
    "link",
    [
        *("../a%20b.md#low", "../a%20b.md", "../../README.md#read", "../images/a.png", "../../src", "../../src/x.py"),
        *("https://example.com/a#b", "mailto:me@example.com", "../../src/x.py#L3"),
    ],
)
def test_what_leads_somewhere(link: str) -> None:
    assert list(faults(TEXTS | {"docs/sub/c.md": f"[x]({link})"}, FILES)) == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("d.md", "there is no docs/sub/d.md"),
        ("../../..", "there is no .."),
        ("../a%20b.md#high", "docs/a b.md has no such heading"),
        ("#top", "docs/sub/c.md has no such heading"),
        ("../images", ""),
        ("../images/b.png", "there is no docs/images/b.png"),
        ("https:///a", "it names no host"),
    ],
)
def test_what_leads_nowhere_is_told_with_its_line(link: str, why: str) -> None:
    found = list(faults(TEXTS | {"docs/sub/c.md": f"first\nsecond [x]({link})"}, FILES))
    assert found == ([f"docs/sub/c.md:2: {link}: {why}"] if why else [])
