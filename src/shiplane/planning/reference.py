"""What can name an image in a registry."""

from __future__ import annotations

import re

from shiplane.errors import NotAReference
from shiplane.facts.registry_answer import host_of, path_of

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST = 255


def on_mirror(reference: str, mirror: str) -> str:
    """Give the name of one of Docker Hub's images in a registry that answers for it; empty for any other registry's."""
    return f"{mirror}/{path_of(reference)}" if host_of(reference) == "docker.io" else ""


def registry_of(reference: str) -> str:
    """Give the registry of a reference, `docker.io` where it names none; raises `NotAReference`."""
    name, at, digest = reference.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise NotAReference(reference, "a digest is sha256: and 64 hex digits")
    registry = host_of(name)
    path = name.removeprefix(f"{registry}/")
    if not _HOST.fullmatch(registry):
        raise NotAReference(reference, f"{registry!r} is no registry's address")
    path, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise NotAReference(reference, "a tag is of letters, digits, _, . and -, 128 at most, and begins with no dash")
    if not _PATH.fullmatch(path) or len(path) > _LONGEST:
        raise NotAReference(reference, "a name is of a-z and 0-9, with single . _ or dashes between, 255 at most")
    return registry
