"""Signatures of releases by the real ssh-keygen: who signed, what was signed, and who is not let through."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from samples import HARD, make_release
from shiplane.commands.signing import NAMESPACE
from shiplane.config import Signing
from shiplane.errors import SignatureRefused, UsageError
from shiplane.model import Image, Release
from shiplane.pipeline.signatures import VARIABLE, Signatures
from shiplane.runners.base import Masker
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from pathlib import Path

SIGNERS = "config/signers"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a folder with two keys, the first of which may sign releases."""
    for name, secret in (("own", ""), ("foreign", ""), ("locked", HARD)):
        words = ("-q", "-t", "ed25519", "-N", secret, "-C", name, "-f", str(tmp_path / name))
        subprocess.run(["ssh-keygen", *words], check=True)
    (tmp_path / "config").mkdir()
    allow(tmp_path, "own")
    return tmp_path


def allow(folder: Path, *names: str, namespace: str = NAMESPACE, who: str = "ada@example.com,bob@example.com") -> None:
    keys = [(folder / f"{name}.pub").read_text().split()[:2] for name in names]
    lines = [f'{who} namespaces="{namespace}" {kind} {key}\n' for kind, key in keys]
    (folder / SIGNERS).write_text("".join(lines))


def signatures(folder: Path, key: str = "own", signers: str = SIGNERS, **environ: str) -> Signatures:
    masker = Masker()
    return Signatures(LocalRunner(folder, environ, masker), folder, environ, Signing(key, signers), masker.add)


def refused(folder: Path, release: Release, signers: str = SIGNERS) -> str:
    with pytest.raises(SignatureRefused) as caught:
        signatures(folder, signers=signers).require(release, lambda _line: None)
    assert caught.value.exit_code == 8
    return caught.value.cause.removeprefix(f"{release.id} is not deployed: ")


def test_a_signed_release_is_let_through_wherever_it_is_read(checkout: Path) -> None:
    said: list[str] = []
    signed = signatures(checkout).signed(make_release(), said.append)
    # What a server keeps of a release has more keys, and other ones first.
    kept = json.dumps({"url": "https://example.com", **signed.to_json()}, indent=2, sort_keys=True)
    signatures(checkout).require(Release.from_json(json.loads(kept)), said.append)
    assert said == ["664a230c1f2e is signed", "664a230c1f2e is signed by ada@example.com"]
    assert signatures(checkout).signed(signed, said.append) is signed


def test_what_is_not_signed_by_a_signer_is_refused(checkout: Path) -> None:
    release, say = make_release(), lambda _line: None
    assert refused(checkout, release) == "it is not signed"
    foreign = signatures(checkout, "foreign").signed(release, say)
    assert refused(checkout, foreign) == f"its signature is none of those who are named in {SIGNERS}"
    assert refused(checkout, dataclasses.replace(release, signature="-----BEGIN SSH SIGNATURE-----\n")).startswith(
        "its signature is none of those"
    )
    signed = signatures(checkout).signed(release, say)
    other = dataclasses.replace(signed, images=(("backend", Image("registry.test/acme/x:1", "sha256:c")),))
    assert refused(checkout, other).startswith("it is not what ada@example.com signed")
    assert refused(checkout, dataclasses.replace(signed, branch="feature/x")).startswith("it is not what ada")
    allow(checkout, "own", namespace="file")
    assert refused(checkout, signed).startswith(("it is not what ada@example.com signed", "its signature is none"))
    # A signature that does not do any more is replaced by one that does.
    allow(checkout, "foreign")
    assert refused(checkout, signed).startswith("its signature is none")
    signatures(checkout).require(signatures(checkout, "foreign").signed(signed, say), say)


def test_a_key_comes_as_a_text_as_a_file_or_from_the_home(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    say, home = (lambda _line: None), tmp_path_factory.mktemp("home")
    (checkout / "own").rename(home / "key")
    for given, environ in (
        ("", {VARIABLE: (home / "key").read_text()}),
        ("", {VARIABLE: f"\n{(home / 'key').read_text().strip()}"}),
        (str(home / "key"), {}),
        ("~/key", {"HOME": str(home)}),
    ):
        made = signatures(checkout, given, **environ)
        made.require_key()
        signatures(checkout).require(made.signed(make_release(), say), say)


def test_a_key_that_cannot_sign_is_refused(checkout: Path) -> None:
    with pytest.raises(UsageError, match=r"the key that signs releases is not there: .*/absent"):
        signatures(checkout, "absent").require_key()
    with pytest.raises(UsageError, match="664a230c1f2e cannot be signed") as caught:
        signatures(checkout, "locked").signed(make_release(), lambda _line: None)
    assert "a key with a passphrase has to be in an agent" in caught.value.fix


def test_without_a_key_or_signers_nothing_is_asked(checkout: Path) -> None:
    said: list[str] = []
    assert signatures(checkout, "", "").signed(make_release(), said.append) == make_release()
    signatures(checkout, "", "").require(make_release(), said.append)
    assert said == []
    signatures(checkout, "").signed(make_release(), said.append)
    assert said == ["664a230c1f2e is not signed, for there is no key: it cannot be deployed"]
    with pytest.raises(UsageError, match=r"tool\.shiplane\.signing\.allowed_signers: absent is no file"):
        signatures(checkout, signers="absent").require(make_release(), said.append)
