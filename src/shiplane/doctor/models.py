"""What Compose itself makes of the compose files."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shiplane.commands import stack
from shiplane.commands.compose import BASE_ENV
from shiplane.doctor import variables
from shiplane.doctor.topology import Stack, everywhere, read_source
from shiplane.errors import UsageError
from shiplane.model import Command
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.runners.base import Completed, Runner

BASE, TEST = stack.TEST
_SECONDS = 30
_NOTHING: Mapping[str, str] = MappingProxyType({})
_IMAGE = f"registry.example/owner/{{}}@sha256:{'0' * 64}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name a stack that is to be resolved: its overlay (empty: the base alone), and whether it runs on servers."""

    name: str
    overlay: str
    released: bool

    @property
    def files(self) -> tuple[str, ...]:
        """Give the files in Compose's order."""
        return (BASE, self.overlay) if self.overlay else (BASE,)


def survey(runner: Runner, checkout: Path, overlays: Mapping[str, str]) -> tuple[Stack, ...]:
    """Resolve development, test and each environment, as a server would that has what a deploy writes.

    `overlays` are files by environment. What this checkout's own `.env` says does not count. Raises `UsageError`.
    """
    wanted = [Wanted("development", "", released=False)]
    wanted += [Wanted(everywhere.TEST, TEST, released=False)] if (checkout / TEST).is_file() else []
    wanted += [Wanted(name, file, released=True) for name, file in overlays.items() if (checkout / file).is_file()]
    texts = {file: (checkout / file).read_text(encoding="utf-8") for one in wanted for file in one.files}
    with temporary.folder("topology") as folder, ThreadPoolExecutor(len(wanted)) as pool:
        _fill(folder, checkout, overlays)
        models = list(pool.map(lambda one: resolve(runner, one.files, str(folder), _given(one, texts)), wanted))
    sources = {file: read_source(file, text) for file, text in texts.items()}
    return tuple(
        Stack(one.name, model, tuple(sources[file] for file in reversed(one.files)), one.released)
        for one, model in zip(wanted, models, strict=True)
    )


def _fill(folder: Path, checkout: Path, overlays: Mapping[str, str]) -> None:
    """Put into a folder what a server gets: the files of the checkout, and environment files as of a deploy."""
    for entry in checkout.iterdir():
        if not entry.name.startswith(".env") or entry.name == BASE_ENV:
            (folder / entry.name).symlink_to(entry)
    for name in overlays:
        (folder / f".env.{name}").write_text(f"DJANGO_SETTINGS_MODULE=config.settings.{name}\n", encoding="utf-8")


def _given(wanted: Wanted, texts: Mapping[str, str]) -> dict[str, str]:
    """Give a value to every variable without which Compose refuses the files; each is another one."""
    needed = {use.variable for file in wanted.files for use in variables.uses(file, texts[file]) if use.required}
    return {name: _IMAGE.format(name.lower()) if name.endswith("IMAGE") else f"given-{name.lower()}" for name in needed}


def resolve(
    runner: Runner, files: tuple[str, ...], folder: str | None = None, env: Mapping[str, str] = _NOTHING
) -> dict[str, Any]:
    """Give the resolved model of compose files, every profile of it; paths below `folder` begin with a dot.

    Raises `UsageError` where Compose refuses them.
    """
    chosen = tuple(word for file in files for word in ("--file", file))
    argv = ("docker", "compose", *chosen, "--profile", "*", "config", "--format", "json")
    done = runner.run(Command(argv, env=tuple(sorted(env.items())), cwd=folder, timeout=_SECONDS))
    return read(done, files, folder)


def read(done: Completed, files: tuple[str, ...], folder: str | None = None) -> dict[str, Any]:
    """Read the model that Compose printed; raises `UsageError` where it printed none."""
    text = done.stdout.replace(f'"{folder}/', '"./').replace(f'"{folder}"', '"."') if folder else done.stdout
    try:
        model = json.loads(text) if done.ok else None
    except ValueError:
        model = None
    if not isinstance(model, dict) or not isinstance(model.get("services"), dict):
        said = (done.tail(1) or ("it says nothing",))[0]
        chosen = " ".join(f"--file {file}" for file in files)
        fix = f"see why: docker compose {chosen} config"
        raise UsageError(f"Compose cannot read {' and '.join(files)}: {said}", fix)
    return model
