"""Bring the base images: `python -m shiplane.lab.images`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shiplane.errors import ShiplaneError
from shiplane.lab.images.ensure import ensure_images, stand_ins_used
from shiplane.runners.base import now
from shiplane.runners.local import LocalRunner


def main() -> int:
    """Bring what is missing and say what the images are."""
    started = now()
    runner = LocalRunner(Path.cwd(), os.environ)

    def report(line: str) -> None:
        sys.stdout.write(f"[{now() - started:4.0f}s] {line}\n")
        sys.stdout.flush()

    try:
        ensure_images(runner, report)
        for name, contains in stand_ins_used(runner).items():
            report(f"{name} is a stand-in: {contains}")
    except ShiplaneError as error:
        sys.stderr.write("".join(f"  | {line}\n" for line in error.details))
        sys.stderr.write(f"error: {error.cause}\n  fix: {error.fix}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
