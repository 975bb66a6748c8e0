"""What shells load to complete commands; each hands the words over to `shiplane.cli.complete`."""

from __future__ import annotations

from importlib.resources import files

from shiplane.errors import UnknownName

_FILES = {"bash": "bash.sh", "zsh": "zsh.zsh", "fish": "fish.fish"}


def script(shell: str) -> str:
    """Give the text for a shell; raises `UnknownName`."""
    if shell not in _FILES:
        raise UnknownName("shell", shell, _FILES)
    return files(__package__).joinpath(_FILES[shell]).read_text(encoding="utf-8")
