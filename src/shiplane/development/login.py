"""How a person logs in to the development stack, without telling what only this checkout's people may know."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from shiplane.commands.stack import DEVELOPMENT
from shiplane.doctor.topology.secret import PLAIN
from shiplane.facts import dotenv_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.development.stack import Stack

_VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}")


def login(stack: Stack, environ: Mapping[str, str]) -> str:
    """Fill the configured line in: a variable of the application by its value only where everybody knows that."""
    return _VARIABLE.sub(partial(_told, stack, environ), stack.config.development.login)


def _told(stack: Stack, environ: Mapping[str, str], found: re.Match[str]) -> str:
    name = found[1]
    value = str((stack.configured("release_service").get("environment") or {}).get(name) or "")
    if not value:
        return f"{name}, which is not set"
    return f"{value} ({name})" if PLAIN.fullmatch(value) else f"{name}, as {_where(stack, environ, name)} sets it"


def _where(stack: Stack, environ: Mapping[str, str], name: str) -> str:
    """Name what sets a variable, by the order in which Compose asks."""
    if name in environ:
        return "your environment"
    written = dotenv_file.values(dotenv_file.read(stack.checkout))
    return dotenv_file.NAME if name in written else DEVELOPMENT[0]
