"""Completion in the shells that are here; bash is everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shiplane.cli.completions import script

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


SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_written_in_the_language_of_its_shell(shell: str) -> None:
    done = subprocess.run([shell, "-n"], input=script(shell), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


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
