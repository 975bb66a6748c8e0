"""What a check found: what is wrong, what that makes fail, what to do, and whether it may be done unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.model import Command


@dataclass(frozen=True, slots=True)
class Chmod:
    """Give a file another mode."""

    file: str
    mode: int

    def __str__(self) -> str:
        return f"chmod {self.mode:o} {self.file}"


@dataclass(frozen=True, slots=True)
class LineEnds:
    """Give a file Unix line ends."""

    file: str

    def __str__(self) -> str:
        return f"write {self.file} with Unix line ends"


@dataclass(frozen=True, slots=True)
class Run:
    """Run a command of the project on this machine."""

    command: Command

    def __str__(self) -> str:
        return self.command.masked()


Mend = Chmod | LineEnds | Run


@dataclass(frozen=True, slots=True)
class Finding:
    """Tell one fault; `so` is what it makes fail, `name` tells it from others of its check.

    `mend` is what `--fix` does about it: only what loses nothing and can be done again at any time.
    """

    what: str
    so: str
    fix: str
    name: str = ""
    mend: Mend | None = None

    @property
    def cause(self) -> str:
        """Give what is wrong and what comes of it in one line."""
        return f"{self.what}, so {self.so}" if self.so else self.what
