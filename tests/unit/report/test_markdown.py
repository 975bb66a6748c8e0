from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import journals
from journals import HOSTILE
from shiplane.report.markdown import LIMIT_BYTES, block, code, code_cell, escaped, render_markdown, table
from shiplane.report.runs import load
from shiplane.report.text import clean, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from journals import Story

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def written(story: Story, folder: Path, torn: int = 0) -> str:
    return render_markdown(load(story.write(folder, torn)))


def told(markdown: str) -> str:
    """Give the text that a reader sees."""
    parts = []
    for token in MARKDOWN.parse(markdown):
        parts += [token.content] if token.type == "fence" else []
        parts += [child.content for child in token.children or () if child.type in ("text", "code_inline")]
    return "".join(parts).replace("\N{ZERO WIDTH SPACE}", "")


def test_a_run_that_passed(tmp_path: Path) -> None:
    story = journals.passed()
    story.steps = {name: story.steps[name] for name in ("build.images", "test.backend", "production.promote")}
    story.ends = {name: story.ends[name] for name in story.steps}
    story.extra = [each for each in story.extra if each[1]["kind"] != "tests" or each[1]["step"] == "test.backend"]
    assert (
        written(story, tmp_path)
        == """\
## ✓ Run 41: passed in 3 min 28 s

push · main · `664a230c1f2e` · Show the digest that each environment runs

| stage | result | duration | not run again |
| --- | --- | --- | --- |
| ✓ build | passed | 34.1 s | 0 of 1 |
| ✓ test | passed | 58.4 s | 0 of 1 |
| ✓ production | passed | 26.0 s | 0 of 1 |

<details><summary>Timeline</summary>

```text
build.images        ████████                                                34.1 s
test.backend                █████████████                                   58.4 s
production.promote                                           ██████         26.0 s
```

█ on the critical path, ▒ beside it, X failed

</details>

### Tests

| tests | passed | failed | flaky | skipped | lines | branches |
| --- | --- | --- | --- | --- | --- | --- |
| backend tests | 184 | 0 | 0 | 2 | 94.1 % | 85.0 % |

### Release `664a230c1f2e`

| image | digest | reference |
| --- | --- | --- |
| backend | `sha256:ab12ab12ab12` | `127.0.0.1:5001/lab/app-backend:1.4.2-664a230c1f2e` |
| frontend | `sha256:ab12ab12ab12` | `127.0.0.1:5001/lab/app-frontend:1.4.2-664a230c1f2e` |

### Environments

| environment | outcome | before | release | address |
| --- | --- | --- | --- | --- |
| staging | deployed | `0123456789ab` | `664a230c1f2e` | <https://staging.test> |
| production | deployed | `0123456789ab` | `664a230c1f2e` | <https://production.test> |
"""
    )


def test_a_failure_says_why_and_what_to_do(tmp_path: Path) -> None:
    text = written(journals.failing(), tmp_path)
    assert (
        "### ✗ test.backend failed\n\n**cause:** backend tests failed with exit code 1\n\n- test\\_report\\_0" in text
    )
    assert "```text\nE   line 0 of the failure\n" in text
    assert "**repeat just this step:** `.venv/bin/nox -s test_backend`" in text
    assert "- flaky: test\\_slow `backend/tests/test_reports.py:42`: assert 3 == 4" in text
    assert "X" * 20 in text


def test_reused_steps_show_the_tests_that_count(tmp_path: Path) -> None:
    journals.passed().write(tmp_path)
    text = written(journals.reused(), tmp_path)
    assert "8 of 15 steps did not have to run" in text
    assert "| backend tests (run 41) | 184 | 0 | 0 | 2 | 94.1 % | 85.0 % |" in text
    assert "| staging | served already | `664a230c1f2e` | `664a230c1f2e` | <https://staging.test> |" in text


def test_an_unfinished_run(tmp_path: Path) -> None:
    assert written(journals.passed(), tmp_path, torn=18).startswith("## ▸ Run 41: unfinished in 58.0 s\n")


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    text = written(journals.hostile(), tmp_path)
    tokens = MARKDOWN.parse(text)
    html = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert html == ["<details><summary>Timeline</summary>", "</details>"]
    inline = [child for token in tokens for child in token.children or ()]
    assert [child.content for child in inline if child.type == "html_inline"] == []
    assert [child.attrGet("href") for child in inline if child.type == "link_open"] == []
    assert told(text).count(clean(HOSTILE)) >= 6


def test_a_large_run_fits_what_github_takes(tmp_path: Path) -> None:
    story = journals.large()
    for name in story.steps:
        story.end(name, status="failed", cause="x" * 1000, exit_code=3)
    text = written(story, tmp_path)
    assert len(text.encode()) <= LIMIT_BYTES
    assert written(journals.large(48), tmp_path).count(".part-") == 60


@pytest.mark.parametrize("failed", [1, 6, 20])
def test_what_does_not_fit_is_left_out_whole(tmp_path: Path, failed: int) -> None:
    """Lines as long and as wide as any; no fence and no fold is cut open, and what came of the release is told."""
    lines = [f"{mark}{'𝄞' * 5000}" for mark in ("```", "</details>", "| ", "#")] * 9
    story = journals.large()
    for name in list(story.steps)[:failed]:
        story.end(name, status="failed", cause="c" * 90_000, fix="f" * 90_000, exit_code=3, details=lines)
    story.deployed(200.0, "staging")
    text = written(story, tmp_path)
    tokens = MARKDOWN.parse(text)
    told = [token.content for token in tokens if token.type == "inline" and token.content.startswith("✗ ")]
    shown = len([each for each in told if each.endswith(" failed")])
    assert 200_000 < len(text.encode()) <= LIMIT_BYTES
    fences = [token.content for token in tokens if token.type == "fence" and "𝄞" in token.content]
    assert fences == ["".join(f"{clean(line)}\n" for line in lines[-30:])] * shown
    folds = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert folds in ([], ["<details><summary>Timeline</summary>", "</details>"])
    assert "| staging | deployed |" in text
    assert (f"There is no room here for {failed - shown + (not folds):,} parts more" in text) == (shown < failed)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_any_text_is_read_as_it_was(text: str) -> None:
    assert told(f"a {escaped(text)} b").split() == f"a {one_line(text)} b".split()


@given(st.text(st.sampled_from("`| a\\<")))
def test_any_text_can_be_code(text: str) -> None:
    shown = told(f"a {code(text)} b")
    assert "".join(shown.split()) == "".join(f"a{one_line(text)}b".split())


@given(st.text(st.sampled_from("`| a\\<")))
def test_any_text_can_be_code_in_a_table(text: str) -> None:
    shown = told(table(("a", "b"), [(code_cell(text), "c")]))
    assert "".join(shown.split()) == "".join(f"ab{one_line(text)}c".split())


def test_what_is_to_be_typed_can_be_pasted(tmp_path: Path) -> None:
    story = journals.failing()
    story.steps["test.backend"]["commands"] = [".venv/bin/nox -s test_backend | tee log"]
    assert "**repeat just this step:** `.venv/bin/nox -s test_backend | tee log`" in written(story, tmp_path)


@pytest.mark.parametrize("lines", [["```", "~~~", "````text", "</details>"], ["a", "", "b"], []])
def test_any_lines_can_be_a_block(lines: list[str]) -> None:
    [token] = MARKDOWN.parse(block(lines))
    assert token.content == "".join(f"{line}\n" for line in lines or [""])


def test_no_one_is_mentioned() -> None:
    assert re.search(r"@\w", escaped("ask @somebody")) is None
