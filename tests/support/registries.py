"""A registry and the local engine's images, played by a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from archives import Made, save, save_platforms
from shiplane.commands.engine import CONTAINERD_STORE
from shiplane.runners.base import Completed
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checkouts import Answer
    from shiplane.model import Command
    from shiplane.runners.base import Cancel


class RegistryMachine(RecordingRunner):
    """Keep digests by reference: `docker push` makes one, `docker tag` names one, imagetools tells one.

    On the classic store, an image that was never pushed has no digest. What is saved is fit to be published.
    """

    def __init__(
        self, answers: Sequence[Answer] = (), local: Mapping[str, str] | None = None, *, classic: bool = False
    ) -> None:
        store = "[[Backing Filesystem extfs]]" if classic else f"[[driver-type {CONTAINERD_STORE}]]"
        builder = [("inspect --bootstrap$", "Driver: docker\n", 0), ("docker info", f"26.1.5|{store}", 0)]
        super().__init__([*answers, *builder])
        self.classic = classic
        self.local = dict(local or {})
        self.remote: dict[str, str] = {}
        self.manifests: dict[str, str] = {}
        """Texts of manifests that matter, by digest."""
        self.made = Made([("COPY . /", {})], {"config": {"User": "app"}})
        """What is saved."""
        self.platforms: dict[str, Made] = {}
        """What is saved in its place, for each of several platforms."""
        self.absent: tuple[str, ...] = ()
        """Those of them that the engine does not hold."""

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        if not done.ok or done.stdout:
            return done
        match command.argv:
            case ("docker", "tag", source, target):
                self.local[target] = self.local[source]
            case ("docker", "push", _, reference):
                self.remote[reference] = self.local[reference]
            case ("docker", "pull", _, reference):
                self.local[reference] = reference.partition("@")[2]
            case ("docker", "image", "save", "--output", file, _):
                self._save(Path(file))
            case ("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", reference):
                return self._known(reference)
            case ("docker", "buildx", "imagetools", "inspect", "--raw", reference):
                return self._raw(reference)
            case ("docker", "buildx", "imagetools", "create", "--tag", reference, pinned):
                self.remote[reference] = pinned.partition("@")[2]
            case ("docker", "buildx", "imagetools", "inspect", reference, *_):
                return self._inspected(reference)
        return done

    def _save(self, file: Path) -> None:
        if self.platforms:
            save_platforms(self.platforms, file, absent=self.absent)
        else:
            save(self.made, file)

    def _known(self, reference: str) -> Completed:
        digest = self.local.get(reference)
        pushed = {name.rpartition(":")[0] for name, one in self.remote.items() if one == digest}
        names = pushed if self.classic else {*pushed, reference.partition("@")[0].partition(":")[0]}
        text = json.dumps([f"{name}@{digest}" for name in sorted(names)] or None)
        return Completed(0 if digest else 1, text if digest else "", text if digest else "Error: No such image", 0.0)

    def _raw(self, reference: str) -> Completed:
        """Give a manifest: one of `manifests`, else that of an image that is like no other."""
        digest = reference.partition("@")[2] or self.remote.get(reference, "")
        if digest in self.manifests:
            return Completed(0, self.manifests[digest], "", 0.0)
        asked = self._inspected(reference)
        text = json.dumps({"config": {"digest": f"config of {digest}"}, "layers": []})
        return Completed(0, text, text, 0.0) if asked.ok else asked

    def _inspected(self, reference: str) -> Completed:
        repository, _, digest = reference.partition("@")
        held = {name.rpartition(":")[0] for name, one in self.remote.items() if one == digest}
        if reference not in self.remote and repository not in held:
            text = f"ERROR: {reference}: not found"
            return Completed(1, "", text, 0.0)
        text = json.dumps({"mediaType": "x", "digest": digest or self.remote[reference], "size": 1})
        return Completed(0, text, text, 0.0)
