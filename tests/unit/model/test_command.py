from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import HARD
from shiplane.model import Command, Secret


def test_a_command_shows_arguments_quoted_secrets_by_name_and_input_by_size() -> None:
    command = Command(("docker", "run", "a b"), env=(("A", "x y"), ("DB_PASSWORD", Secret("DB_PASSWORD", HARD))))
    assert command.masked() == "A='x y' DB_PASSWORD=<DB_PASSWORD> docker run 'a b'"
    assert Command(("cat",), stdin="ü").masked() == "cat < (2 bytes)"
    assert Command(("cat",), stdin=Secret("KEY", HARD)).masked() == "cat < <KEY>"
    assert Command(("cat",), stdin="").masked() == "cat < (0 bytes)"


def test_the_process_gets_the_real_values() -> None:
    command = Command(("x",), env=(("A", "1"), ("S", Secret("S", HARD))), stdin=Secret("T", "t"))
    assert command.environment() == {"A": "1", "S": HARD}
    assert command.input_text() == "t"
    assert Command(("x",), stdin="plain").input_text() == "plain"
    assert Command(("x",)).input_text() is None


def test_secrets_are_listed_for_the_masker() -> None:
    one, two = Secret("S", HARD), Secret("T", "t")
    assert Command(("x",), env=(("A", "1"), ("S", one)), stdin=two).secrets() == (one, two)
    assert Command(("x",), env=(("A", "1"),), stdin="text").secrets() == ()


def test_on_says_the_same_for_another_host() -> None:
    command = Command(("x",), env=(("A", "1"),), stdin="in", cwd="f", timeout=3)
    moved = command.on("staging")
    assert (moved.host, command.host) == ("staging", "local")
    assert moved.on("local") == command


@pytest.mark.parametrize("render", [str, repr, "{}".format], ids=["str", "repr", "format"])
def test_a_secret_never_shows_its_value(render: object) -> None:
    assert callable(render)
    secret = Secret("DB_PASSWORD", HARD)
    for thing in (secret, [secret], Command(("x",), env=(("S", secret),), stdin=secret)):
        assert HARD not in render(thing)
        assert repr(HARD)[1:-1] not in render(thing)


@given(st.text(min_size=4), st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1))
def test_the_masked_form_holds_no_secret_and_splits_back(value: str, words: list[str]) -> None:
    command = Command(tuple(words), env=(("S", Secret("NAME", value)),), stdin=Secret("IN", value))
    assert command.masked() == f"S=<NAME> {shlex.join(words)} < <IN>"
    assert shlex.split(shlex.join(words)) == words
