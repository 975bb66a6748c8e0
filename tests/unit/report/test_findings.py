"""The linters' own output, as the session prints it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiplane.report.findings import Found, findings

RUFF = """\
F401 [*] `os` imported but unused
 --> src/a.py:1:8
  |
1 | import os
  |        ^^
help: Remove unused import: `os`

Found 1 error."""
FORMAT = """\
unformatted: File would be reformatted
 --> src/a.py:2:1
  |
1 file would be reformatted"""
MYPY = """\
src/a.py:2: error: Incompatible types in assignment  [assignment]
Found 1 error in 1 file (checked 1 source file)"""
SHELLCHECK = """\

In scripts/a.sh line 2:
echo $1
     ^-- SC2086 (info): Double quote to prevent globbing and word splitting.

Did you mean:
echo "$1"

For more information:
  https://www.shellcheck.net/wiki/SC2086 -- Double quote to prevent globbing ..."""
HADOLINT = "backend/Dockerfile:2 DL3008 \x1b[1m\x1b[93mwarning\x1b[0m: Pin versions in apt get install."
YAMLLINT = ".github/workflows/w.yml:1:4: [error] too many spaces after colon (colons)"
ACTIONLINT = """\
.github/workflows/w.yml:7:23: "github.event.issue.title" is potentially untrusted [expression]
  |
7 |       - run: echo ${{ github.event.issue.title }}
  |                       ^~~~~~~~~~~~~~~~~~~~~~~~"""
ZIZMOR = """\
warning[artipacked]: credential persistence through GitHub Actions artifacts
 --> .github/workflows/w.yml:6:9
  |
6 |       - uses: actions/checkout@v4
  = note: audit confidence → Low

error[template-injection]: code injection via template expansion
 --> .github/workflows/w.yml:7:23"""
ESLINT = """\

> shiplane-board@1.0.0 lint
> tsc --noEmit && eslint . --max-warnings 0

/app/src/pages/Runs.tsx
  12:7  error    'x' is assigned a value but never used  @typescript-eslint/no-unused-vars
  14:1  warning  Unexpected console statement            no-console

✖ 2 problems (1 error, 1 warning)"""
FLAKE8 = "./board/models.py:3:80: E501 line too long (91 > 79 characters)"
ISORT = "ERROR: /app/board/views.py Imports are incorrectly sorted and/or formatted."


def printed(tool: str, output: str) -> list[str]:
    """Give the lines as the session prints those of a check that failed."""
    return [f"{tool} failed: .venv/bin/{tool} x", *(f"  {line}".rstrip() for line in output.splitlines())]


@pytest.mark.parametrize(
    ("tool", "output", "found"),
    [
        ("ruff", RUFF, [("src/a.py", 1, "F401 [*] `os` imported but unused")]),
        ("ruff format", FORMAT, [("src/a.py", 2, "unformatted: File would be reformatted")]),
        ("mypy", MYPY, [("src/a.py", 2, "error: Incompatible types in assignment  [assignment]")]),
        (
            "shellcheck",
            SHELLCHECK,
            [("scripts/a.sh", 2, "SC2086 (info): Double quote to prevent globbing and word splitting.")],
        ),
        ("hadolint", HADOLINT, [("backend/Dockerfile", 2, "DL3008 warning: Pin versions in apt get install.")]),
        ("yamllint", YAMLLINT, [(".github/workflows/w.yml", 1, "[error] too many spaces after colon (colons)")]),
        (
            "actionlint",
            ACTIONLINT,
            [(".github/workflows/w.yml", 7, '"github.event.issue.title" is potentially untrusted [expression]')],
        ),
        (
            "zizmor",
            ZIZMOR,
            [
                (
                    ".github/workflows/w.yml",
                    6,
                    "warning[artipacked]: credential persistence through GitHub Actions artifacts",
                ),
                (".github/workflows/w.yml", 7, "error[template-injection]: code injection via template expansion"),
            ],
        ),
        (
            "eslint",
            ESLINT,
            [
                (
                    "frontend/src/pages/Runs.tsx",
                    12,
                    "'x' is assigned a value but never used  @typescript-eslint/no-unused-vars",
                ),
                ("frontend/src/pages/Runs.tsx", 14, "Unexpected console statement            no-console"),
            ],
        ),
        ("flake8", FLAKE8, [("backend/board/models.py", 3, "E501 line too long (91 > 79 characters)")]),
        ("isort", ISORT, [("backend/board/views.py", 1, "Imports are incorrectly sorted and/or formatted.")]),
        ("black", "", []),
        ("import contracts", "No matches for ignored import a -> b.", []),
    ],
)
def test_what_each_linter_found(tool: str, output: str, found: list[tuple[str, int, str]]) -> None:
    expected = [Found(file, line, f"{tool}: {text}") for file, line, text in found]
    assert list(findings(printed(tool, output))) == expected


def test_one_linter_after_the_other() -> None:
    lines = [*printed("mypy", MYPY), "yamllint passed in 0.3 s", *printed("flake8", FLAKE8)]
    assert [one.file for one in findings(lines)] == ["src/a.py", "backend/board/models.py"]


def test_lines_before_any_linter_failed_are_no_findings() -> None:
    assert list(findings(["src/a.py:2: error: x", "mypy passed in 1.0 s", "  b.py:1: x"])) == []


@given(st.lists(st.text()))
def test_any_log_can_be_read(lines: list[str]) -> None:
    for found in findings(["mypy failed: x", *lines]):
        assert found.line >= 0
        assert found.file
