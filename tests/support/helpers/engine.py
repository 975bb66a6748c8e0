"""This machine's engine, asked by its own client: what is there and what is left."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.model import Command
from shiplane.runners.builds import Builds
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Callable


def docker(*words: str, stdin: bytes = b"") -> bytes:
    """Run the engine's client, which has to succeed, and give its stdout."""
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, check=False, timeout=120)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, f"docker {' '.join(words)} ended with {done.returncode}: {said!r}"
    return done.stdout


def docker_build(*words: str | Path, stdin: str | None = None) -> None:
    """Build an image beside tests that remove others, on an engine that may lose a part of this one thereby."""
    command = Command(("docker", "build", "--quiet", *map(str, words)), stdin=stdin, timeout=300)
    done = Builds(LocalRunner(Path.cwd(), os.environ)).run(command)
    assert done.ok, f"{command.masked()} ended with {done.exit_code}: {done.output!r}"


def traces(name: str) -> list[str]:
    """List containers, volumes and networks whose name holds `name`."""
    asked = {
        "container": ("ps", "--all", "--format", "{{.Names}}"),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "network": ("network", "ls", "--format", "{{.Name}}"),
    }
    found = {kind: docker(*words).decode().split() for kind, words in asked.items()}
    return [f"{kind} {each}" for kind, names in found.items() for each in names if name in each]


def images(*beginnings: str) -> list[str]:
    """List the image names that begin so."""
    return [image for image in image_names() if image.startswith(beginnings)]


def image_names(tries: int = 10) -> list[str]:
    """List all names of images; the engine fails where one goes while it lists them, as another test's may."""
    try:
        return docker("images", "--format", "{{.Repository}}:{{.Tag}}").decode().split()
    except AssertionError:
        if tries == 1:
            raise
        return image_names(tries - 1)


def wait_for(what: str, answers: Callable[[], bool], seconds: float = 60) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + seconds
    while not answers():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.1)
