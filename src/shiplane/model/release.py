"""What one deploy puts on an environment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Image:
    """Name one published image: the tag is for people, the digest (`sha256:…`) is what runs."""

    reference: str
    digest: str

    @property
    def pinned(self) -> str:
        """Give `registry/owner/name@sha256:…`: the same for every release in which the image is, whatever its tag."""
        registry, slash, name = self.reference.rpartition("/")
        return f"{registry}{slash}{name.partition(':')[0]}@{self.digest}"


@dataclass(frozen=True, slots=True)
class Release:
    """Fix what is deployed: commit (40 hex), versions and digests by component; `id` is unique and immutable.

    `created_at` is ISO 8601 in UTC; `dirty` marks a release made from uncommitted edits. `schema` is a digest of the
    files that decide which migrations there are; empty where nobody said which those are. `signature` is ssh-keygen's
    of `signed_text`, empty where nobody signed it. `third_party` are the images of others (database, proxy) by the
    variables of the compose files that they fill; `asked` are such that a signed release lacks, asked for at a deploy:
    they are used there and written nowhere, for a manifest with them would not be what was signed.
    """

    id: str
    commit: str
    branch: str
    version: str
    dirty: bool
    created_at: str
    images: tuple[tuple[str, Image], ...]
    schema: str = ""
    signature: str = ""
    third_party: tuple[tuple[str, Image], ...] = ()
    asked: tuple[tuple[str, Image], ...] = ()

    def image(self, component: str) -> Image:
        """Give the image of one component; KeyError where the release has none."""
        return dict(self.images)[component]

    def digests(self) -> dict[str, str]:
        """Give the digests by component."""
        return {name: image.digest for name, image in self.images}

    def to_json(self) -> dict[str, Any]:
        """Give the form that manifests, the journal and the board hold."""
        return {
            "id": self.id,
            "commit": self.commit,
            "branch": self.branch,
            "version": self.version,
            "dirty": self.dirty,
            "created_at": self.created_at,
            "images": {n: {"reference": i.reference, "digest": i.digest} for n, i in self.images},
            **({"schema": self.schema} if self.schema else {}),
            **({"signature": self.signature} if self.signature else {}),
            # Texts, not objects: a server removes old images by the objects that name them, and these are not ours.
            **(
                {"third_party": {n: f"{i.reference}@{i.digest}" for n, i in self.third_party}}
                if self.third_party
                else {}
            ),
        }

    @property
    def signed_text(self) -> str:
        """Give what is signed: all of it but the signature, in one way of writing."""
        return json.dumps({**self.to_json(), "signature": None}, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Release:
        """Read what `to_json` wrote; KeyError where a field is missing."""
        images = tuple((n, Image(i["reference"], i["digest"])) for n, i in sorted(data["images"].items()))
        rest = {k: data[k] for k in ("id", "commit", "branch", "version", "dirty", "created_at")}
        others = ((name, text.rpartition("@")) for name, text in sorted(data.get("third_party", {}).items()))
        third_party = tuple((name, Image(reference, digest)) for name, (reference, _, digest) in others)
        words = {"schema": data.get("schema", ""), "signature": data.get("signature", "")}
        return cls(**rest, **words, images=images, third_party=third_party)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Record that a release was put (or failed to be put) on an environment; times ISO 8601 UTC."""

    id: str
    environment: str
    url: str
    release: str
    commit: str
    run: str
    action: str
    outcome: str
    started_at: str
    finished_at: str
