"""What counts as a secret that is written down: by the name of a variable, and among the words of a command."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECRET = re.compile(r"PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIAL|PRIVATE|(?:^|_)KEY(?:_|$)", re.IGNORECASE)
"""A name that speaks of a secret in any way: what has one is better masked."""
# What everybody may know: it opens what runs on a laptop alone, which the rule of credentials sees to.
PLAIN = re.compile(r"(?:dev|development|test|test-token|local|example|change-?me)?", re.IGNORECASE)
# PASSWORD_MIN_LENGTH and TOKEN_URL speak of one and hold none; SECRET_KEY_BASE and API_TOKEN_2 do.
_NAME = re.compile(
    r"(?:(?P<chosen>PASSWORD|PASSWD|PASSPHRASE)|TOKEN|SECRET|CREDENTIAL|PRIVATE|(?:^|_)KEY)S?"
    r"(?:_(?:BASE|BASE64|B64|PEM|VALUE|DEFAULT|FALLBACK|OLD|NEW|PREVIOUS|PRIMARY|SECONDARY|PROD|PRODUCTION|STAGING"
    r"|V?\d+))*S?$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"true|false|yes|no|on|off|none|null|(?:\.{1,2}|~)?(?:/[\w.-]+){2,}/?|[.~]{1,2}/[\w.-]+", re.IGNORECASE
)
_AMOUNT = re.compile(
    r"-?\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?\s?(?:[kmgt]i?b?|ms|[usmhdw]|sec|min|hours?|days?)\s?)+", re.IGNORECASE
)
_OPTION = re.compile(
    r"--?(?:[\w.-]*?(?:requirepass|masterauth|password|passwd|passphrase|token|secret)|(?:[\w.-]*[._-])?pass"
    r"|(?:[\w.-]*[._-])?(?:api|access|secret)[_-]?key)",
    re.IGNORECASE,
)
_SHORT = {
    "redis-cli": "-a",
    **dict.fromkeys(("mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-admin", "mariadb-dump"), "-p"),
    **dict.fromkeys(("mongo", "mongosh", "login"), "-p"),
}
"""The programs whose short option takes a password; of others `-p` is a port, a project, or makes parents."""
_ASSIGNED = re.compile(r"(?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)")
_ENDS = ("&&", "||", "|", "&", ";")
_AROUND = "\"'`();,"


def is_secret(name: str, value: str) -> bool:
    """Tell whether a variable of this name and value holds a secret: no amount, switch or path does."""
    found = _NAME.search(name)
    if not found or not value or _HARMLESS.fullmatch(value):
        return False
    # A number may well be a password that somebody chose.
    return bool(found["chosen"]) or not _AMOUNT.fullmatch(value)


def of_words(words: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int, str]]:
    """Give what the words of a command (each with its line) hand over as secrets: name, line, text.

    Whether the text is the secret itself or asks for it is for the caller to see.
    """
    option = short = ""
    for whole, line in words:
        word = whole.strip(_AROUND)
        short = _SHORT.get(PurePosixPath(word).name, short)
        name, equals, value = word.partition("=")
        assigned = _ASSIGNED.fullmatch(word.lstrip("$").strip(_AROUND))
        if option and not word.startswith("-"):
            yield option, line, word
        elif equals and _OPTION.fullmatch(name):
            yield name, line, value.strip(_AROUND)
        elif assigned and is_secret(assigned["name"], assigned["value"].strip(_AROUND)):
            yield assigned["name"], line, assigned["value"].strip(_AROUND)
        elif short and word.startswith(short) and len(word) > len(short) and not word.startswith("--"):
            yield short, line, word.removeprefix(short)
        option = word if _OPTION.fullmatch(word) or (short and word == short) else ""
        short = "" if whole.endswith(_ENDS) else short
