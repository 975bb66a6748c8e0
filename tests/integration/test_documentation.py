"""The documentation for real: its site in a browser, and the commands of its pages."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import documented
import journals
from documented import ROOT
from helpers.clone import Clone
from helpers.engine import traces
from shiplane.checks import SITE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(1200)
ALONE = ("--", "config.set", "config.show", "config.unset", "history", "plan", "version.show")
"""Tasks that need neither engine nor server, and whose effects a clone can bear."""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Give a clone of somebody who reads; two runs are past in it."""
    made = Clone.make(tmp_path_factory.mktemp("read") / "read")
    for story in (journals.passed(), journals.undone()):
        story.write(made.runs)
    yield made
    assert traces(made.id) == []


def test_the_site_and_a_report_keep_nobody_out(read: Clone) -> None:
    """Axe finds nothing on pages of each kind, in light and dark, and nothing is asked of another place."""
    report = read.runs / "42"
    read.invoke("report", "--run", report.name)
    chosen = ("--", "--grep", "/(index|add-a-service|search|report)[.]html|the search")
    output = read.nox("-s", "docs", "--", "--browser", str(report), *chosen).output
    assert "links passed" in output
    assert "sphinx passed" in output
    looked = set(re.findall(r" (\S+\.html) keeps nobody out", output))
    site = read.folder / SITE
    listed = {str(file.relative_to(site)) for file in site.rglob("*.html")}
    assert looked == {"0/how-to/add-a-service.html", "0/index.html", "0/search.html", "1/report.html"}
    assert {
        f"{page.relative_to(ROOT / 'docs').with_suffix('.html')}" for page in (ROOT / "docs").rglob("*.md")
    } <= listed
    assert "the search finds a page" in output
    last = [line for line in output.splitlines() if not line.startswith("nox >")][-1]
    assert last.startswith(f"the documentation is in {site}; to open it: ")
    assert last.endswith((site / "index.html").as_uri())


def test_what_is_wrong_in_a_page_fails_the_site(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text("# One\n\n[dead](#two) [gone](three.md)\n")
    (pages / "lost.md").write_text("# Lost\n")
    conf = (ROOT / "docs/site/conf.py").read_text(encoding="utf-8")
    (pages / "conf.py").write_text(re.sub(r"(?ms)^NAVIGATION = \{.*?^\}", "NAVIGATION = {}", conf))
    for folder in ("templates", "static"):
        (pages / folder).symlink_to(ROOT / "docs/site" / folder)
    words = ("--fail-on-warning", "--nitpicky", "--quiet", str(pages), str(tmp_path / "out"))
    done = subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for fault in (
        "index.md:3: WARNING: 'myst' cross-reference target not found: 'two'",
        "'three.md'",
        "lost.md: WARNING: document isn't included",
    ):
        assert fault in done.stderr


def test_commands_that_harm_nothing_run_as_they_are_written(read: Clone) -> None:
    ran: set[tuple[str, ...]] = set()
    for _, block in itertools.groupby(documented.lines(), lambda line: line.place):
        for program, *words in (line.words for line in block if len(line.words) > 1):
            kind = (words[0], *(word for word in words[1:] if word.startswith("-")))
            # One of each kind; what is set in a block is set for the lines below it.
            if program.endswith("invoke") and words[0].startswith(ALONE) and (kind not in ran or "set" in words[0]):
                assert read.invoke(*words).output
                ran.add(kind)
        read.git("checkout", "--quiet", "pyproject.toml")
    assert {kind[0] for kind in ran} == {*ALONE[1:], "--help", "--list"}


def test_what_changes_a_person_s_own_shell_and_keys_is_typed_in_an_empty_home(read: Clone, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir(mode=0o700)
    texts = [text for _, _, language, text in documented.blocks() if language == "bash"]
    begins = ("ssh-keygen ", 'eval "$(invoke completion')
    typed = [line for text in texts for line in text.splitlines() if line.startswith(begins)]
    assert len(typed) == 3
    script = "\n".join(("source .venv/bin/activate", *typed, "complete -p invoke"))
    bash = (str(shutil.which("bash")), "--norc", "-euc", script)
    assert "-F _shiplane_invoke invoke\n" in read.run(*bash, environ={"HOME": str(tmp_path)}).output
    # A new terminal is in no checkout, and none is active in it.
    (tmp_path / "shop").symlink_to(read.folder)
    (line,) = (line for text in texts for line in text.splitlines() if line.startswith('eval "$(cd ~/shop && '))
    new = (*bash[:-1], f"cd; {line}; complete -p invoke")
    assert "-F _shiplane_invoke invoke\n" in read.run(*new, environ={"HOME": str(tmp_path)}).output
    keys = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / ".ssh").iterdir() if not file.suffix}
    assert keys == dict.fromkeys(("shop-staging", "shop-staging-new"), 0o600)


def test_scripts_know_what_they_are_given() -> None:
    """Their help names each word that a page gives them."""
    asked = 0
    for line in documented.lines():
        script, *given = line.words
        if not script.startswith("./") or not given:
            continue
        done = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, check=True)
        for word in given:
            assert re.search(rf"(?<!\S){re.escape(word)}(?![\w-])", done.stdout.replace("|", " ")), (line.place, word)
            asked += 1
    assert asked > 0
