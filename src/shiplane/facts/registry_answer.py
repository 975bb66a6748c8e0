"""What the Docker client says where a registry did not do what it was asked, read as one of a few words."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from shiplane.errors import (
    CredentialHelperFailed,
    RegistryBroken,
    RegistryCut,
    RegistryForbids,
    RegistryLacks,
    RegistryLimited,
    RegistryUnauthorized,
    RegistryUntrusted,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.runners.base import Completed

Kind = Literal["absent", "limited", "unauthorized", "forbidden", "broken", "untrusted", "helper", "cut", "silent"]
# The first that fits wins. Whole statuses: bare numbers also stand in commits, ports and digests. What follows a
# "file", a "command" or a "host" is this machine's complaint, as is a "permission denied" (GitHub's registry writes
# permission_denied).
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("helper", re.compile(r"\berror getting credentials\b")),
    ("absent", re.compile(r"(?<!file )(?<!command )(?<!host )\bnot found\b|\b(manifest|name)[ _]unknown\b")),
    ("limited", re.compile(r"\b429 too many requests\b|\btoo ?many ?requests\b|\brate ?limit\b")),
    ("forbidden", re.compile(r"\b403 forbidden\b|\binsufficient_scope\b")),
    (
        "unauthorized",
        re.compile(
            r"\b401 unauthorized\b|\bunauthorized\b|\bauthorization failed\b|\bauthentication required\b"
            r"|\bno basic auth credentials\b|\bincorrect username\b"
        ),
    ),
    ("forbidden", re.compile(r"(?<!permission )\bdenied\b")),
    (
        "broken",
        re.compile(
            r"\b50[0-9] (internal server error|not implemented|bad gateway|service unavailable|gateway timeout)\b"
            r"|\breceived unexpected http status: 5\d\d\b|\binternal server error\b"
        ),
    ),
    ("untrusted", re.compile(r"\bx509: |\bcertificate signed by unknown authority\b|\bfailed to verify certificate\b")),
    (
        "cut",
        re.compile(
            r"\beof\b|\bconnection reset\b|\bbroken pipe\b|\bgoaway\b|\buse of closed network connection\b"
            r"|\bserver closed idle connection\b|\btransport connection broken\b"
        ),
    ),
)

_ERRORS: Mapping[Kind, type[RegistryUnauthorized | RegistryForbids | RegistryLacks | RegistryBroken | RegistryCut]] = {
    "absent": RegistryLacks,
    "unauthorized": RegistryUnauthorized,
    "forbidden": RegistryForbids,
    "broken": RegistryBroken,
    "cut": RegistryCut,
}


def kind(text: str, *ours: str) -> Kind:
    """Read an answer; `ours` are names that we gave, which may look like a status."""
    said = _without(text, *ours)
    return next((one for one, pattern in _KINDS if pattern.search(said)), "silent")


def failure(reference: str, done: Completed, what: str = "") -> Unreachable:
    """Give the error for what the client said about a reference, or about a registry: then `what` is told."""
    registry, told, lines = reference if what else host_of(reference), what or reference, done.tail()
    found = kind(done.output, *names(reference))
    if found in _ERRORS and not (what and found == "absent"):  # who has no login at all is no registry
        return _ERRORS[found](registry, told, lines)
    if found == "limited":
        return RegistryLimited(registry, 0, lines)
    if found == "untrusted":
        return RegistryUntrusted(registry, lines)
    if found == "helper":
        return CredentialHelperFailed(registry, lines)
    why = f"registry {registry} does not answer" + ("" if what else f" for {told}")
    return Unreachable(why, "check its address and the network", lines)


def host_of(reference: str) -> str:
    """Give the registry of an image, `docker.io` where its name has none."""
    first, slash, _ = reference.partition("/")
    named = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if named else "docker.io"


def path_of(reference: str) -> str:
    """Give what follows the registry in the name of an image; Docker's own images stand in `library`."""
    host = host_of(reference)
    path = reference.removeprefix(f"{host}/")
    return path if host != "docker.io" or "/" in path else f"library/{path}"


def names(reference: str) -> tuple[str, ...]:
    """Give a reference and the parts by which messages name it."""
    registry, _, rest = reference.partition("/")
    name, _, digest = rest.partition("@")
    path, _, tag = name.partition(":")
    return (reference, f"{registry}/{name}", registry, path, tag, digest)


def pause(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Give the seconds for which a registry asks to be left alone; None where it does not.

    `headers` have names in lower case, `now` is in seconds since 1970. The header Retry-After holds seconds or a date.
    """
    told = headers.get("retry-after", "").strip()
    if status not in (429, 503) or not told:
        return None
    if told.isdecimal():
        return float(told)
    try:
        then, theirs = (_moment(text) for text in (told, headers.get("date", "")))
    except ValueError:
        return None
    return None if then is None else max(then - (now if theirs is None else theirs), 0.0)


def _moment(text: str) -> float | None:
    return parsedate_to_datetime(text).timestamp() if text else None


def _without(text: str, *ours: str) -> str:
    """Give what an answer says in lower case, without the names that we gave."""
    for name in ours:
        if name:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "…", text, flags=re.IGNORECASE)
    return text.lower()
