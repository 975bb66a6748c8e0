"""The images of the small application: one of each kind, in the lab's registry."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import copy, copytree
from typing import TYPE_CHECKING

from helpers.clone import ROOT
from shiplane.model import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shiplane.commands.login import RegistryLogin

GOOD = ("one", "two")
BROKEN = ("unhealthy", "wrong", "migration")
HERE = Path(__file__).parent


class Builder:
    """Build an image of a kind and push it; the engine here keeps nothing of it but layers.

    `contexts` are the folders with the Dockerfiles, by component.
    """

    def __init__(self, folder: Path, login: RegistryLogin, owner: str) -> None:
        self._client = ("docker", "--config", str(folder / "docker"))
        self._login, self._owner = login, owner
        self._made: dict[tuple[str, str], Image] = {}
        self.contexts = self.lay_out(folder)
        self.contexts["proxy"] = folder / "proxy"
        self.contexts["proxy"].mkdir()
        copy(HERE / "proxy.Dockerfile", self.contexts["proxy"] / "Dockerfile")
        enter = (*self._client, "login", "--username", login.user, "--password-stdin", login.registry)
        subprocess.run(enter, input=login.password.value, text=True, check=True, capture_output=True, timeout=60)

    def lay_out(self, folder: Path) -> dict[str, Path]:
        """Make the folders of backend and frontend."""
        for name in ("backend", "frontend"):
            copytree(HERE / name, folder / name)
        copy(ROOT / "frontend/nginx.conf", folder / "frontend")
        return {name: folder / name for name in ("backend", "frontend")}

    def all(self, kinds: Iterable[str]) -> dict[str, dict[str, Image]]:
        """Build backend and frontend of each kind."""
        return {kind: {name: self.make(name, kind) for name in ("backend", "frontend")} for kind in kinds}

    def more(self, _component: str) -> tuple[str, ...]:
        """Give more options of a build."""
        return ()

    def make(self, component: str, kind: str) -> Image:
        """Build and push one image; again it is the same, which another build would not be, byte for byte."""
        if (component, kind) not in self._made:
            self._made[component, kind] = self._build(component, kind)
        return self._made[component, kind]

    def fresh(self, kind: str, number: int) -> dict[str, Image]:
        """Give the images of a kind anew: the layers are the same, the digests were never seen."""
        label = ("--label", f"number={number}")
        return {name: self._build(name, kind, label) for name in ("backend", "frontend")}

    def _build(self, component: str, kind: str, words: tuple[str, ...] = ()) -> Image:
        name = f"{self._login.registry}/{self._owner}/app-{component}:{kind}"
        build = (
            "docker",
            "build",
            "-q",
            *words,
            *self.more(component),
            "--build-arg",
            f"KIND={kind}",
            "-t",
            name,
            self.contexts[component],
        )
        subprocess.run(build, check=True, capture_output=True, timeout=300)
        push = (*self._client, "push", name)
        pushed = subprocess.run(push, check=True, capture_output=True, text=True, timeout=300).stdout
        subprocess.run(("docker", "image", "rm", name), check=True, capture_output=True, timeout=60)
        return Image(name, next(word for word in pushed.split() if word.startswith("sha256:")))
