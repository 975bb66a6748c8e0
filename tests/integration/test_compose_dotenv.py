"""Environment files as Compose itself reads them: every value arrives as it was."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shiplane.commands.dotenv import render

NASTY = (
    "p)$'\"#\\ ü",
    "trailing\\",
    "\\",
    "\\\\'",
    "'",
    '"',
    "\\'",
    '\\"',
    "$",
    "$$",
    "${HOME}",
    "$HOME",
    "\\$HOME",
    "${MISSING:?no}",
    "\\n",
    "two\nlines",
    "windows\r\nlines\r",
    "\ttab and space ",
    " # comment",
    "#",
    "a=b",
    "`id` $(id)",
    "%41",
    "ü€😀\u2028\u0085\ufeff",
    "",
    "\\0123\\x41\\u0041",
)


def write(folder: Path, values: Sequence[str], image: str = "none") -> None:
    """Write the values as root `.env` and as `env_file`, and a service that takes both."""
    text = render({f"V{index}": value for index, value in enumerate(values)})
    (folder / ".env").write_text(text, encoding="utf-8", newline="")
    (folder / "values.env").write_text(text, encoding="utf-8", newline="")
    interpolated = {f"I{index}": f"${{V{index}}}" for index in range(len(values))}
    service = {"image": image, "env_file": ["values.env"], "environment": interpolated, "network_mode": "none"}
    (folder / "compose.yml").write_text(json.dumps({"name": "compose-dotenv", "services": {"one": service}}))


def compose(folder: Path, *arguments: str) -> bytes:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    argv = ["docker", "compose", *arguments]
    return subprocess.run(argv, cwd=folder, env=environ, capture_output=True, check=True, timeout=60).stdout


def resolved(folder: Path) -> Mapping[str, str]:
    environment = json.loads(compose(folder, "config", "--format", "json"))["services"]["one"]["environment"]
    # `config` prints a file that can be read again, so it doubles each dollar sign.
    return {name: value.replace("$$", "$") for name, value in environment.items()}


def both(values: Sequence[str]) -> dict[str, str]:
    return {f"{letter}{index}": value for letter in "VI" for index, value in enumerate(values)}


def test_nasty_values_resolve_to_themselves(tmp_path: Path) -> None:
    write(tmp_path, NASTY)
    assert resolved(tmp_path) == both(NASTY)


def test_nasty_values_reach_a_container_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path, NASTY, image="redis:8")
    output = compose(tmp_path, "run", "--rm", "-T", "--entrypoint", "env", "one", "-0")
    got = dict(entry.split(b"=", 1) for entry in output.split(b"\0") if entry)
    expected = {name.encode(): value.encode() for name, value in both(NASTY).items()}
    assert {name: got[name] for name in expected} == expected


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dotenv")


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
punctuation = st.text(st.sampled_from("\\\"'$#{} \n\r=:-?a0_üx"), max_size=12)


# A file of many values costs one call of Compose, so that hundreds of values take seconds.
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(values=st.lists(st.one_of(texts, punctuation), min_size=1, max_size=30))
def test_any_text_resolves_to_itself(folder: Path, values: list[str]) -> None:
    write(folder, values)
    assert resolved(folder) == both(values)
