"""Releases are signed when they are published, and only those of known signers are deployed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.commands import signing
from shiplane.errors import ConfigError, SignatureRefused, UsageError
from shiplane.model import Secret
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shiplane.config import Signing
    from shiplane.model import Release
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]

VARIABLE = "SIGNING_KEY"
_TEXT = "-----BEGIN"


class Signatures:
    """Sign and verify releases as the configuration asks for it; `hide` learns a key that a variable holds."""

    def __init__(
        self,
        runner: Runner,
        checkout: Path,
        environ: Mapping[str, str],
        settings: Signing,
        hide: Callable[[Secret], None],
    ) -> None:
        self._runner = runner
        self._checkout = checkout
        self._settings = settings
        self._key = (environ.get(VARIABLE) or settings.key).strip()
        self._home = environ.get("HOME", "")
        if self._key.startswith(_TEXT):
            hide(Secret(VARIABLE, self._key))

    def require_key(self) -> None:
        """Raise `UsageError` where a key is named and not there: nothing shall be published that stays unsigned."""
        if self._key and not self._key.startswith(_TEXT) and not self._path(self._key).is_file():
            raise UsageError(
                f"the key that signs releases is not there: {self._path(self._key)}",
                f"set {VARIABLE} or key of [tool.shiplane.signing] to it, or unset both",
            )

    def signed(self, release: Release, say: Say) -> Release:
        """Sign a release, unless it has a signature that will do; one without a key stays as it is."""
        if not self._key:
            if self._settings.allowed_signers and not release.signature:
                say(f"{release.id} is not signed, for there is no key: it cannot be deployed")
            return release
        if release.signature and (not self._settings.allowed_signers or not self._refusal(release)[0]):
            return release
        with self._key_file() as file:
            done = self._runner.run(signing.sign(str(file), release.signed_text))
        if not done.ok or not done.stdout:
            fix = f"try it: ssh-keygen -y -f KEY; a key with a passphrase has to be in an agent ({VARIABLE}=KEY.pub)"
            raise UsageError(f"{release.id} cannot be signed", fix, done.tail())
        say(f"{release.id} is signed")
        return replace(release, signature=f"{done.stdout.strip()}\n")

    def require(self, release: Release, say: Say) -> None:
        """Raise `SignatureRefused` unless one of the allowed signers signed the release just as it is."""
        if not self._settings.allowed_signers:
            return
        why, told = self._refusal(release)
        if why:
            raise SignatureRefused(release.id, why, told)
        say(f"{release.id} is signed by {told[0]}")

    def _refusal(self, release: Release) -> tuple[str, tuple[str, ...]]:
        """Say why the signature does not do, with what ssh-keygen said; else nothing, with who signed."""
        name = self._settings.allowed_signers
        allowed = self._path(name)
        if not allowed.is_file():
            fix = f"make it: a line of name, {signing.NAMESPACE} as namespaces=, kind and key for each signer"
            raise ConfigError("tool.shiplane.signing.allowed_signers", f"{name} is no file", fix)
        if not release.signature:
            return "it is not signed", ()
        with temporary.folder("signature") as folder:
            file = folder / "signature"
            file.write_text(release.signature, encoding="utf-8")
            found = self._runner.run(signing.signers(str(file), str(allowed)))
            if not found.ok or not found.stdout:
                return f"its signature is none of those who are named in {name}", found.tail()
            who = found.stdout.splitlines()[0].partition(",")[0]
            done = self._runner.run(signing.verify(str(file), str(allowed), who, release.signed_text))
        if not done.ok:
            return f"it is not what {who} signed, or not as {signing.NAMESPACE}", done.tail()
        return "", (who,)

    @contextmanager
    def _key_file(self) -> Iterator[Path]:
        """Give the key as a file; the text of a variable stands in one for as long as the context lasts."""
        if not self._key.startswith(_TEXT):
            yield self._path(self._key)
            return
        with temporary.folder("signing") as folder:
            file = folder / "key"
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as written:
                written.write(f"{self._key}\n")
            yield file

    def _path(self, name: str) -> Path:
        """Give a file's place: relative to the checkout, `~` for the home."""
        home = name.startswith("~/") and self._home
        return Path(self._home, name[2:]) if home else self._checkout / name
