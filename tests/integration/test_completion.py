"""Completion at a prompt: of bash as it is here, of zsh and fish in a container, as few machines have them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker, docker_build
from shiplane.cli.completions import script
from shiplane.lab.images.ensure import ensure_images
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
_ASK = """
{script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shiplane_invoke
printf '%s\n' "${{COMPREPLY[@]}}"
"""


def completed(folder: Path, words: str) -> list[str]:
    """Press Tab in bash: `words` are as it has them when it calls the function."""
    text = _ASK.format(script=script("bash"), words=words)
    done = subprocess.run(
        ["bash", "--norc", "-euc", text], cwd=folder, env=ENVIRON, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("invoke deploy --env st", ["staging"]),
        ("invoke deploy --env ''", ["staging", "production"]),
        ("invoke deploy --env '=' prod", ["production"]),
        ("invoke version.b", ["version.bump"]),
        ("invoke rollback --restore", ["--restore-database"]),
        ("invoke test --suite v", ["visual"]),
    ],
)
def test_bash_completes_tasks_options_and_values(words: str, told: list[str]) -> None:
    assert completed(ROOT, words) == told
    assert completed(ROOT / "docs/images", words) == told


def test_a_folder_s_own_modules_are_not_loaded(tmp_path: Path) -> None:
    for name in ("tasks.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    folder = tmp_path / "sub"
    folder.mkdir()
    for name in ("re", "tomllib", "shiplane"):
        (folder / f"{name}.py").write_text(f"open('{tmp_path}/loaded', 'w')\n")
    assert completed(folder, "invoke deploy --env st") == ["staging"]
    assert not (tmp_path / "loaded").exists()


def test_outside_of_a_checkout_nothing_is_completed(tmp_path: Path) -> None:
    assert completed(tmp_path, "invoke dep") == []


def test_bash_registers_the_function_and_keeps_file_names() -> None:
    text = f"{script('bash')}\ncomplete -p invoke inv"
    done = subprocess.run(["bash", "--norc", "-euc", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"complete -o default -F _shiplane_invoke {name}" for name in ("invoke", "inv")]


DOCKERFILE = r"""
FROM python:3.13-slim
USER root
RUN --mount=type=secret,id=ca set -eu; \
    if [ -s /run/secrets/ca ]; then set -- -o Acquire::https::CAInfo=/run/secrets/ca; else set --; fi; \
    apt-get -qq "$@" update; apt-get -qq "$@" install --yes --no-install-recommends fish zsh >/dev/null
"""
PYTHON = """#!/bin/sh
PYTHONPATH=/shop/src:/packages exec python3 "$@"
"""
# Somebody at a terminal types what is given, presses Tab and Enter, and sees which words the command gets.
TERMINAL = r"""
import os, pty, sys, time
process, terminal = pty.fork()
if not process:
    os.execvp("zsh", ["zsh", "-f", "-i"])
seen = ""
def until(text):
    global seen
    end = time.monotonic() + 60
    while text not in seen:
        assert time.monotonic() < end, seen
        seen += os.read(terminal, 4096).decode(errors="replace")
    before, _, seen = seen.partition(text)
    return before
def enter(text):
    os.write(terminal, text.encode() + b"\n")
enter("autoload -Uz compinit && compinit -u && source /shop/src/shiplane/cli/completions/zsh.zsh")
enter("invoke() { print -r -- $((6 * 7)) ${(qq)@} $((6 * 9)) }; print -r -- ready $((6 * 7))")
until("ready 42")
for line in sys.argv[1:]:
    enter(line + "\t")
    until("42 ")
    print(until(" 54"))
"""
TYPED = {
    "deploy --env st": "deploy --env staging",
    "deploy --env=pr": "deploy --env=production",
    "version.b": "version.bump",
    "rollback --restore": "rollback --restore-database",
    "test --suite v": "test --suite visual",
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """Give the words that run a program in a container which has every shell, in a folder of a checkout."""
    ensure_images(LocalRunner(ROOT, os.environ), lambda _: None)
    name, ca = f"shells:{secrets.token_hex(4)}", Path("/etc/ssl/certs/ca-certificates.crt")
    trust = ("--secret", f"id=ca,src={ca}") if ca.is_file() else ()
    docker_build(*trust, "--tag", name, "-", stdin=DOCKERFILE)
    python = tmp_path_factory.mktemp("shells") / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    files = {str(ROOT / each): f"/shop/{each}" for each in ("src", "tasks.py", "pyproject.toml")}
    files |= {sysconfig.get_path("purelib"): "/packages", str(python): "/shop/.venv/bin/python"}
    mounts = (f"--volume={file}:{place}:ro" for file, place in files.items())
    yield ("run", "--rm", "--network=none", *mounts, "--workdir=/shop/src", name)
    docker("rmi", "--force", name)


def test_zsh_completes_at_a_terminal(box: tuple[str, ...]) -> None:
    said = docker(*box, "python3", "-c", TERMINAL, *(f"invoke {line}" for line in TYPED)).decode().splitlines()
    assert [line.replace("'", "") for line in said] == list(TYPED.values())


def test_fish_completes_the_same(box: tuple[str, ...]) -> None:
    source = "source /shop/src/shiplane/cli/completions/fish.fish"
    asked = "; ".join(f"complete --do-complete 'invoke {line}'" for line in TYPED)
    said = docker(*box, "fish", "--no-config", "--command", f"{source}; {asked}").decode().splitlines()
    assert [line.partition("\t")[0] for line in said] == [line.split(" ")[-1] for line in TYPED.values()]


_LIGHT = """
import sys
from pathlib import Path
from shiplane.cli.complete import candidates
candidates(["deploy", "--env", ""], Path.cwd())
candidates(["deploy", "--release", ""], Path.cwd())
heavy = {"invoke", "rich", "httpx", "docker", "fabric", "yaml"}
print(*sorted({name.partition(".")[0] for name in sys.modules} & heavy))
"""


def test_environments_and_releases_need_none_of_the_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIGHT], cwd=ROOT, env=ENVIRON, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
