"""The git hooks that `./scripts/bootstrap` brings, in checkouts that borrow a Python environment.

Bootstrap itself would make theirs anew, and through the link that of the lender.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """set -euo pipefail
source "$1/scripts/lib/common.sh"; source "$1/scripts/lib/hooks.sh"
"$2" "$1" "$1/.git/hooks.log"
"""


def call(checkout: Path, function: str, **environ: str) -> str:
    """Call a function of `scripts/lib/hooks.sh` outside of a CI; give what it says."""
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("GIT_")}
    done = subprocess.run(
        ["bash", "-c", _SCRIPT, "bash", checkout, function],
        cwd="/", env={**kept, **environ}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def bring(checkout: Path, **environ: str) -> str:
    """Bring the hooks."""
    return call(checkout, "hooks_bring", **environ)
