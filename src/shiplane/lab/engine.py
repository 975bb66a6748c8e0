"""The container engine of this machine, as the lab uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.commands.engine import CONTAINERD_STORE
from shiplane.errors import EngineMissing, ShiplaneError, StepFailed, UsageError
from shiplane.model import Command
from shiplane.runners.builds import Builds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.runners.base import Cancel, Completed, Runner

_QUICK_SECONDS = 60.0
_FORMAT = '{"id": {{json .Id}}, "tags": {{json .RepoTags}}, "labels": {{json .Config.Labels}}}'


@dataclass(frozen=True, slots=True)
class LocalImage:
    """Describe an image that the engine holds."""

    id: str
    labels: Mapping[str, str]


def docker(*arguments: str, stdin: str | None = None, timeout: float = _QUICK_SECONDS) -> Command:
    """Build a call of the engine's client."""
    return Command(("docker", *arguments), stdin=stdin, timeout=timeout)


class Engine:
    """Ask and change the engine through a runner."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.cancel: Cancel | None = None

    def run(self, command: Command) -> Completed:
        """Run a command to its end, or until the engine's work is cancelled."""
        return self.runner.run(command, cancel=self.cancel)

    def ask(self, *arguments: str) -> Completed:
        """Run a short command whose failure is an answer too."""
        return self.run(docker(*arguments))

    def do(self, what: str, command: Command, fix: str = "") -> str:
        """Run a command that has to succeed and give its stdout; `StepFailed` names `what`."""
        return _succeeded(self.run(command), what, command, fix)

    def build(self, what: str, command: Command) -> str:
        """Do the same by a command that builds an image."""
        return _succeeded(Builds(self.runner).run(command, cancel=self.cancel), what, command)

    def require(self) -> None:
        """Raise `EngineMissing` where no engine answers."""
        try:
            done = self.ask("version", "--format", "{{.Server.Version}}")
        except UsageError as error:
            raise EngineMissing(error.cause) from error
        except ShiplaneError as error:
            raise EngineMissing("docker version does not end") from error
        if not done.ok:
            raise EngineMissing((done.tail(1) or ("docker version failed",))[0].lower())

    def images(self, names: Iterable[str]) -> dict[str, LocalImage]:
        """Look up images by name; what the engine does not hold is left out."""
        wanted = tuple(names)
        if not wanted:
            return {}
        done = self.ask("image", "inspect", "--format", _FORMAT, *wanted)
        return parse_images(done.stdout, wanted)

    def keeps_compressed_layers(self) -> bool:
        """Tell whether images live in containerd's store, where a build may choose their compression."""
        return CONTAINERD_STORE in self.ask("info", "--format", "{{json .DriverStatus}}").stdout


def _succeeded(done: Completed, what: str, command: Command, fix: str = "") -> str:
    """Give the stdout of what succeeded, else raise `StepFailed`."""
    if not done.ok:
        raise StepFailed(f"could not {what}", fix or f"see what the engine said: {command.masked()}", done.tail())
    return done.stdout


def parse_images(text: str, wanted: Iterable[str]) -> dict[str, LocalImage]:
    """Read the lines that `image inspect` prints in our format."""
    found: dict[str, LocalImage] = {}
    for line in text.splitlines():
        data: dict[str, Any] = json.loads(line)
        image = LocalImage(data["id"], data["labels"] or {})
        found.update(dict.fromkeys(data["tags"] or (), image))
    return {name: found[name] for name in wanted if name in found}
