from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkouts import QUESTIONS, git_answers, make_checkout
from samples import COMMIT, CONFIG, OTHER, TIME, make_facts
from shiplane.errors import NotACheckout, UsageError, VersionMissing
from shiplane.facts.checkout import CheckoutFacts, ComponentFacts, hash_edits, survey
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path


def test_a_clean_checkout(tmp_path: Path) -> None:
    runner = RecordingRunner(git_answers())
    facts = survey(runner, make_checkout(tmp_path), CONFIG, {})
    assert facts == CheckoutFacts(
        commit=COMMIT,
        branch="main",
        author="Ada",
        message="Show deploys",
        edits="",
        components=(
            ComponentFacts("backend", "1.0.0", COMMIT, TIME),
            ComponentFacts("frontend", "1.0.0", OTHER, TIME),
        ),
    )
    assert (facts.suffix, facts.version) == ("664a230c1f2e", "1.0.0")
    assert runner.transcript == QUESTIONS


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({"GITHUB_REF_NAME": "feature/x"}, "feature/x"),
        ({"GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "feature/y"}, "feature/y"),
        ({"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": ""}, "main"),
    ],
)
def test_github_knows_the_branch_of_a_detached_head(tmp_path: Path, environ: dict[str, str], branch: str) -> None:
    assert survey(RecordingRunner(git_answers()), make_checkout(tmp_path), CONFIG, environ).branch == branch


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    assert survey(RecordingRunner(git_answers(branch="")), make_checkout(tmp_path), CONFIG, {}).branch == "HEAD"


def test_outside_git(tmp_path: Path) -> None:
    runner = RecordingRunner([("git log", "", 128)])
    with pytest.raises(NotACheckout):
        survey(runner, make_checkout(tmp_path), CONFIG, {})
    assert len(runner.commands) == 1


@pytest.mark.parametrize("question", ["git diff", "git ls-files --others --exclude"])
def test_edits_that_git_cannot_tell_are_not_taken_for_none(tmp_path: Path, question: str) -> None:
    runner = RecordingRunner([(question, "fatal: index file corrupt", 128), *git_answers()])
    with pytest.raises(UsageError, match="git cannot tell what is edited") as caught:
        survey(runner, make_checkout(tmp_path), CONFIG, {})
    assert caught.value.details == ("fatal: index file corrupt",)


def test_a_missing_version_file(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    (tmp_path / "backend/config/__init__.py").unlink()
    with pytest.raises(VersionMissing, match=r"backend/config/__init__\.py: no version found"):
        survey(RecordingRunner(git_answers()), tmp_path, CONFIG, {})


def test_a_component_that_was_never_committed_has_no_revision(tmp_path: Path) -> None:
    answers = [("-- backend", "", 0), *git_answers()]
    facts = survey(RecordingRunner(answers), make_checkout(tmp_path), CONFIG, {})
    assert facts.component("backend") == ComponentFacts("backend", "1.0.0", "unknown", "1970-01-01T00:00:00+00:00")


def test_edits_change_the_suffix(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    (tmp_path / "new.txt").write_text("one")
    (tmp_path / "link").symlink_to("nowhere")

    def suffix(edits: str, untracked: str) -> str:
        return survey(RecordingRunner(git_answers(edits=edits, untracked=untracked)), tmp_path, CONFIG, {}).suffix

    edited = [":100644 100644 1 0 M\0backend/config/__init__.py\0", ":100644 100644 1 2 M\0frontend/package.json\0"]
    made = [*(suffix(one, "") for one in edited), suffix("", "new.txt\0"), suffix("", "link\0"), suffix("", "")]
    assert len(set(made)) == 5
    assert all(one.startswith("664a230c1f2e-dirty-") and len(one) == 27 for one in made[:-1])
    (tmp_path / "new.txt").write_text("two")
    assert suffix("", "new.txt\0") not in made
    (tmp_path / "backend/config/__init__.py").write_text('__version__ = "1.0.0"  # edited again')
    assert suffix(edited[0], "") not in made, "git says the same of another edit"


FILES = st.lists(st.tuples(st.text(min_size=1), st.binary()), max_size=3)


def test_no_edits_have_no_hash() -> None:
    assert hash_edits("", []) == ""


@given(st.text(), FILES)
def test_a_hash_of_edits_is_stable_and_short(difference: str, untracked: list[tuple[str, bytes]]) -> None:
    made = hash_edits(difference, untracked)
    assert made == hash_edits(difference, iter(untracked))
    assert len(made) == (8 if difference or untracked else 0)


@given(st.text(), FILES, st.text(min_size=1), st.binary())
def test_another_file_is_another_hash(difference: str, files: list[tuple[str, bytes]], name: str, data: bytes) -> None:
    assert hash_edits(difference, [*files, (name, data)]) != hash_edits(difference, files)


def test_bytes_do_not_move_between_names_and_contents() -> None:
    assert hash_edits("", [("a", b"bc")]) != hash_edits("", [("ab", b"c")])
    assert hash_edits("", [("a", b""), ("b", b"")]) != hash_edits("", [("a", b"\0b\x000\0")])


def test_facts_answer_by_component() -> None:
    facts = make_facts(edits="abcdef12")
    assert facts.suffix == "664a230c1f2e-dirty-abcdef12"
    assert facts.component("frontend").revision == OTHER
    with pytest.raises(KeyError):
        facts.component("other")
