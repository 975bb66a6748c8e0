r"""The text of an environment file that Docker Compose reads back byte for byte.

Compose treats a value by its quotes (measured with 2.26.1):

- none: cut at ` #`, trimmed, `$` interpolated;
- single: literal, except that `\'` is a quote; so a backslash just before a quote, or at the end, cannot be written;
- double: `\"` is a quote, then `\\`, `\$`, `\n` and their like are undone, then `$` is interpolated.

Every value is therefore written in double quotes with `\`, `"`, `$` and line ends escaped: the one form in which each
character has a spelling. It is the same for interpolation from a root `.env` and for `env_file:`.
"""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"})


def render(variables: Mapping[str, str]) -> str:
    """Return the file's text, a line per variable in the mapping's order.

    Raises ValueError, naming the variable and never its value, where a name or value cannot be carried.
    """
    return "".join(f'{_checked_name(name)}="{_escaped(name, value)}"\n' for name, value in variables.items())


def value(line: str) -> tuple[str, str]:
    """Read one line that `render` wrote: the variable's name and its value."""
    name, _, text = line.partition("=")
    quoted = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    return name, _ESCAPED.sub(lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), quoted)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a variable name: {name!r}; use letters, digits and underscores, no digit first")
    return name


def _escaped(name: str, value: str) -> str:
    if "\0" in value:
        raise ValueError(f"{name} holds a NUL byte, which no environment can carry; remove it")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{name} is not valid Unicode text; set it to text that UTF-8 can encode")
    return escaped(value)


def escaped(value: str) -> str:
    """Give a value as it stands between the quotes."""
    return value.translate(_ESCAPES)
