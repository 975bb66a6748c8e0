"""Signatures of releases, by ssh-keygen."""

from __future__ import annotations

from shiplane.model import Command

NAMESPACE = "shiplane-release"
"""What a key must be allowed to sign, where its line in the file of signers limits it."""
_SECONDS = 60


def sign(key: str, text: str) -> Command:
    """Sign a text, and print the signature; of a public key's file, an agent signs."""
    return Command(("ssh-keygen", "-Y", "sign", "-f", key, "-n", NAMESPACE), stdin=text, timeout=_SECONDS)


def signers(signature: str, allowed: str) -> Command:
    """Ask whose signature a file holds, by a file of signers; fails where it is nobody's in it."""
    return Command(("ssh-keygen", "-Y", "find-principals", "-s", signature, "-f", allowed), timeout=_SECONDS)


def verify(signature: str, allowed: str, who: str, text: str) -> Command:
    """See that the signature in a file is that of a signer for a text."""
    argv = ("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", who, "-n", NAMESPACE, "-s", signature)
    return Command(argv, stdin=text, timeout=_SECONDS)
