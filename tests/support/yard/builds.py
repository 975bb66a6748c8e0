"""The images of a clone, built by `invoke build` and by plain `docker build`; both are timed as whole processes."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.pipeline.build import ca_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.clone import Clone

_STEP = re.compile(r"^#(\d+) \[(?:(\S+) )?(?:\S+ )*?\d+/\d+\] (?!FROM )(.+)$", re.MULTILINE)
_CACHED = re.compile(r"^#(\d+) CACHED$", re.MULTILINE)
_SECONDS = 900
OURS = ("invoke", "build")
PLAIN = tuple(
    ("docker", "build", "--target", target, "--tag", f"{component}{end}:plain", component)
    for component in ("backend", "frontend")
    for target, end in (("development", "-dev"), ("production", ""))
)


@dataclass(frozen=True, slots=True)
class Built:
    """Hold the seconds that building took, and the steps that were carried out, by image and instruction."""

    seconds: float
    steps: tuple[tuple[str, str], ...]

    def components(self) -> set[str]:
        """Name the components of which something was built."""
        return {image.partition("-")[0] for image, _ in self.steps}


def by_shiplane(clone: Clone, environ: Mapping[str, str] | None = None) -> Built:
    """Build all four images by the command."""
    done = clone.run(*OURS, environ=environ)
    return Built(done.seconds, carried_out(done.output))


def plainly(clone: Clone) -> Built:
    """Build them one after the other, with a company's certificates where the machine has some."""
    bundle = ca_bundle(os.environ)
    secret = ("--secret", f"id=ca,src={bundle}") if bundle else ()
    started, said = time.monotonic(), []
    for line in PLAIN:
        argv = (*line[:-1], *secret, "--progress=plain", line[-1])
        done = subprocess.run(
            argv, cwd=clone.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
            timeout=_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        said.append(done.stderr)
    return Built(time.monotonic() - started, tuple(step for each in said for step in carried_out(each)))


def carried_out(said: str) -> tuple[tuple[str, str], ...]:
    """Read a builder's plain progress: the steps that no cache had, by image (bake's name for it) and instruction."""
    cached = set(_CACHED.findall(said))
    return tuple(dict.fromkeys((image, text) for number, image, text in _STEP.findall(said) if number not in cached))
