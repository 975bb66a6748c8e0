"""Completion at a prompt: `python -m shiplane.cli.complete WORDS…`, the last word being the one that is typed.

Values of options come from files of the checkout: no engine and no server is asked, and little is imported. Names of
tasks and options are Invoke's own.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_STAGES = ("build", "test", "publish", "staging", "e2e", "production")
_WORD = re.compile(r"[\w.:/@+-]+")


def candidates(words: Sequence[str], checkout: Path) -> list[str]:
    """Give what the last word may become, each as a whole word; files are left to the shell where nothing is known."""
    before, word = list(words[:-1]), words[-1] if words else ""
    prefix = ""
    if word.startswith("--") and "=" in word:
        option, _, word = word.partition("=")
        before, prefix = [*before, option], f"{option}="
    elif word == "=":  # bash takes `--env=` apart
        word = ""
    if before and before[-1] == "=":
        before.pop()
    source = _VALUES.get(before[-1]) if before else None
    found = source(checkout, before) if source is not None else _of_invoke([*before, word])
    return [f"{prefix}{one}" for one in dict.fromkeys(found) if one.startswith(word) and _WORD.fullmatch(one)]


def _of_invoke(words: Sequence[str]) -> list[str]:
    """Ask Invoke itself, which knows the tasks and their options."""
    from invoke.main import program  # noqa: PLC0415 - values of options do not need it

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit, ValueError):  # a quote that is still open
        program.run(["invoke", "--complete", "--", "invoke", *words], exit=False)
    return said.getvalue().split()


def _environments(checkout: Path, _before: Sequence[str]) -> Iterable[str]:
    return list(_table(checkout).get("environments", {}))


def _table(checkout: Path) -> dict[str, Any]:
    try:
        text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
        return dict(tomllib.loads(text)["tool"]["shiplane"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _releases(checkout: Path, before: Sequence[str]) -> Iterable[str]:
    """Give what was published from here to the target that is named, the newest first."""
    target = before[before.index("--target") + 1] if "--target" in before[:-1] else "*"
    files = (checkout / ".shiplane" / "releases").glob(f"{target if _WORD.fullmatch(target) else '*'}/*.json")
    return [file.stem for file in sorted(files, key=_time, reverse=True)]


def _time(file: Path) -> float:
    with contextlib.suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _to(checkout: Path, before: Sequence[str]) -> Iterable[str]:
    return _environments(checkout, before) if "promote" in before else _releases(checkout, before)


def _services(checkout: Path, _before: Sequence[str]) -> Iterable[str]:
    import yaml  # type: ignore[import-untyped] # noqa: PLC0415 - this option alone needs it

    try:
        read = yaml.load((checkout / "docker-compose.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        return dict(read["services"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return ()


def _runs(checkout: Path, _before: Sequence[str]) -> Iterable[str]:
    return [folder.name for folder in sorted((checkout / ".shiplane" / "runs").glob("[0-9]*"), key=_time, reverse=True)]


def _few(*names: str) -> Callable[[Path, Sequence[str]], Iterable[str]]:
    return lambda _checkout, _before: names


_VALUES: dict[str, Callable[[Path, Sequence[str]], Iterable[str]]] = {
    "--env": _environments,
    "--release": _releases,
    "--to": _to,
    "--service": _services,
    "--run": _runs,
    "--target": _few("lab", "remote"),
    "--event": _few("push", "pull_request", "manual"),
    "--strategy": _few("rolling", "recreate"),
    "--suite": _few("all", "unit", "integration", "e2e", "visual", "performance"),
    "--shell": _few("bash", "zsh", "fish"),
    **dict.fromkeys(("--from", "--until", "--only"), _few(*_STAGES)),
}


def checkout_of(folder: Path) -> Path:
    """Give the checkout that a folder is in, the folder itself where it is in none."""
    return next((one for one in (folder, *folder.parents) if (one / "tasks.py").is_file()), folder)


if __name__ == "__main__":
    for line in candidates(sys.argv[1:], checkout_of(Path.cwd())):
        sys.stdout.write(f"{line}\n")
