from __future__ import annotations

import base64
import html
import json
import os
import tarfile
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

import journals
from samples import CONFIG_TEXT, HARD
from shiplane.model import Secret
from shiplane.report.bundle import Enclosed, own_tables, write_bundle
from shiplane.report.runs import load
from shiplane.runners.base import Masker

if TYPE_CHECKING:
    from pathlib import Path

    from journals import Story

MASK = Masker([Secret("DB_PASSWORD", HARD)]).mask
FORMS = (
    HARD,
    json.dumps(HARD)[1:-1],
    json.dumps(HARD, ensure_ascii=False)[1:-1],
    html.escape(HARD),
    html.escape(HARD, quote=False),
    quote(HARD, safe=""),
    base64.b64encode(HARD.encode()).decode(),
)
NOTHING = Enclosed({}, "")


def packed(story: Story, folder: Path, enclosed: Enclosed = NOTHING) -> dict[str, str]:
    """Give the bundle's files by name, without the folder they are in."""
    runs, scratch = folder / "runs", folder / "scratch"
    scratch.mkdir()
    made = runs / str(story.number) if (runs / str(story.number)).exists() else story.write(runs)
    file = write_bundle(load(made), enclosed, MASK, scratch)
    assert file == made / f"shiplane-run-{story.number}.tar.gz"
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        assert {(m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, "", "")}
        assert {oct(m.mode) for m in members if m.isfile()} == {"0o644"}
        read = {m.name: archive.extractfile(m) for m in members if m.isfile()}
        return {name.partition("/")[2]: part.read().decode() for name, part in read.items() if part is not None}


def test_what_is_in_it(tmp_path: Path) -> None:
    since = load(journals.passed().write(tmp_path / "runs"))
    diff = tmp_path / "diff"
    diff.write_text(" backend/a.py | 2 +-\n")
    versions = {"git": "git version 2.47", "python": "3.13.1"}
    files = packed(journals.undone(), tmp_path, Enclosed(versions, CONFIG_TEXT, diff, since))
    assert set(files) == {
        *("README.md", "report.html", "journal.jsonl", "tests.xml"),
        *("versions.txt", "configuration.toml", "changes.diff"),
        *(f"logs/{name}.log" for name in journals.undone().steps),
    }
    assert files["versions.txt"] == "git: git version 2.47\npython: 3.13.1\n"
    assert files["configuration.toml"] == CONFIG_TEXT.lstrip("\n")
    assert files["changes.diff"] == " backend/a.py | 2 +-\n"
    assert "27 probe: HTTP 503" in files["logs/production.promote.log"]
    assert "Run 42" in files["report.html"]


README_END = """\
## Repeat it in the lab

```text
git checkout 664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766
./scripts/bootstrap
source .venv/bin/activate
invoke pipeline --target lab --event push --branch main --until production
# the step alone: .venv/bin/nox -s production_promote
```

## In this file

- `report.html`: all of it as a page for a browser
- `journal.jsonl`, `logs/`, `tests.xml`: what was recorded, secrets replaced by `***`
- `versions.txt`, `configuration.toml`: the tools of the machine that made this file, and `[tool.shiplane]`
- `changes.diff`: what changed since run 41, the last that passed (`664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766`)
"""


def test_the_first_page_says_why_and_how_to_repeat_it(tmp_path: Path) -> None:
    since = load(journals.passed().write(tmp_path / "runs"))
    diff = tmp_path / "diff"
    diff.write_text("")
    readme = packed(journals.undone(), tmp_path, Enclosed({}, "", diff, since))["README.md"]
    assert readme.startswith("## ✗ Run 42: failed in 5 min 16 s\n")
    assert "**cause:** the new release did not get healthy within 120 s" in readme
    assert readme.endswith(README_END)


def hostile_run() -> Story:
    """Tell a run whose records hold a secret that nobody knew of while it ran."""
    story = journals.failing()
    story.fields |= {"message": f"use {HARD}"}
    told = f"connecting to postgres://app:{HARD}@db and {json.dumps(HARD)}"
    story.end("test.backend", cause=told, fix=HARD, details=[HARD, base64.b64encode(HARD.encode()).decode()])
    story.tests("test.backend", 94.1, failed=1, failures=[journals.failure(HARD, message=told)])
    story.steps["test.backend"]["commands"] = [f"env P={HARD} nox"]
    story.deployed(94.2, "staging", who=HARD)
    story.logs["test.backend"] = f"{told}\nurl {quote(HARD, safe='')}\n{HARD}"
    return story


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    story = hostile_run()
    folder = story.write(tmp_path / "runs")
    (folder / "tests").mkdir()
    case = {"suite": HARD, "name": HARD, "result": "failed", "message": HARD, "text": f"a\n{HARD}"}
    (folder / "tests/test.backend.json").write_text(json.dumps([case]))
    diff = tmp_path / "diff"
    diff.write_text(f"+PASSWORD = {HARD!r}\n+{HARD}\n")
    pyproject = f"[tool.shiplane]\nname = {json.dumps(HARD, ensure_ascii=False)}\n"
    enclosed = Enclosed({"git": f"does not answer: {HARD}"}, pyproject, diff, load(folder))
    files = packed(story, tmp_path, enclosed)
    for name, text in files.items():
        assert [form for form in FORMS if form in text] == [], name
    assert all("***" in files[name] for name in ("journal.jsonl", "tests.xml", "report.html", "README.md"))
    assert next(json.loads(line)["kind"] for line in files["journal.jsonl"].splitlines()) == "run_started"


def test_only_files_of_ours_come_along(tmp_path: Path) -> None:
    story = journals.failing()
    folder = story.write(tmp_path / "runs")
    secret = tmp_path / ".env"
    secret.write_text("DB_PASSWORD=something that no masker knows\n")
    secret.chmod(0o600)
    (folder / "logs/linked.log").symlink_to(secret)
    for name in ("logs/.env.log", "logs/.env", ".env.staging", "e2e/trace.zip", "logs/more/.env"):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(secret.read_text())
        file.chmod(0o600)
    os.mkfifo(folder / "logs/pipe.log")
    files = packed(story, tmp_path)
    assert set(files) == {
        *("README.md", "report.html", "journal.jsonl", "tests.xml", "versions.txt", "configuration.toml"),
        *(f"logs/{name}.log" for name in story.steps),
    }
    assert "no masker knows" not in "".join(files.values())


def test_a_long_log_is_shortened_and_that_is_said(tmp_path: Path) -> None:
    story = journals.failing()
    folder = story.write(tmp_path / "runs")
    with (folder / "logs/test.backend.log").open("w") as log:
        log.writelines(f"{number:09}\n" for number in range(800_000))
    files = packed(story, tmp_path)
    assert len(files["logs/test.backend.log"]) < 5_100_000
    assert "- left out: the middle of logs/test.backend.log, which has 8.0 MB\n" in files["README.md"]


def test_a_long_diff_is_cut(tmp_path: Path) -> None:
    diff = tmp_path / "diff"
    diff.write_text("+ a line\n" * 300_000)
    files = packed(journals.failing(), tmp_path, Enclosed({}, "", diff))
    assert len(files["changes.diff"]) < 1_000_100
    assert "MB left out" in files["changes.diff"]


def test_reused_steps_bring_their_tests_along(tmp_path: Path) -> None:
    origin = journals.passed().write(tmp_path / "runs")
    (origin / "tests").mkdir()
    (origin / "tests/test.backend.json").write_text(json.dumps([{"suite": "a", "name": "it works"}]))
    files = packed(journals.reused(), tmp_path)
    assert '<testcase classname="a" name="it works" time="0.000"/>' in files["tests.xml"]
    assert "backend tests" in files["README.md"]


def test_a_killed_run_can_be_sent_too(tmp_path: Path) -> None:
    story = journals.passed()
    story.write(tmp_path / "runs", torn=18)
    files = packed(story, tmp_path)
    assert files["README.md"].startswith("## ▸ Run 41: unfinished in 58.0 s\n")
    assert "invoke pipeline --target lab --event push --branch main\n```" in files["README.md"]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("", ""),
        ("[project]\nname = 'x'\n", ""),
        ("[tool.shiplane]\na = 1 # why\n[tool.other]\nb = 2\n", "[tool.shiplane]\na = 1 # why\n"),
        (
            "[x]\n[tool.shiplane.vpn]\na = [\n  [1]\n]\n[tool.shiplanes]\n[[tool.shiplane.hooks.pre-deploy]]\nc = 1\n",
            "[tool.shiplane.vpn]\na = [\n  [1]\n]\n\n[[tool.shiplane.hooks.pre-deploy]]\nc = 1\n",
        ),
        ("[tool.shiplane\n", "# pyproject.toml cannot be read: Unexpected character: '\\n' at line 1 col 14\n"),
    ],
)
def test_only_our_own_configuration_goes_along(text: str, own: str) -> None:
    assert own_tables(text) == own
