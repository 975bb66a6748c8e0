from __future__ import annotations

import json
from typing import Any

from samples import COMMIT, OTHER, TIME
from shiplane.facts.described import Material, Package, parse

REFERENCE = "registry.test/acme/app-backend:1.0.0"
BASE = f"sha256:{'b' * 64}"
PLACE = "org.opencontainers.image."
LABELS = {
    f"{PLACE}{name}": value
    for name, value in {
        "version": "1.0.0",
        "revision": COMMIT,
        "created": TIME,
        "source": "https://example.com/acme/app",
        "base.name": "python:3.13-slim",
        "base.digest": BASE,
    }.items()
}
MATERIALS = [
    {"uri": "pkg:docker/python@3.13-slim?platform=linux%2Famd64", "digest": {"sha256": "b" * 64}},
    {"uri": "https://example.com/archive.tar", "digest": {"sha256": "c" * 64}},
]
VCS = {"vcs": {"revision": OTHER}}
OLD = {
    "builder": {"id": "machine:here"},
    "materials": MATERIALS,
    "metadata": {
        "buildFinishedOn": "2026-11-24T02:00:00Z",
        "https://mobyproject.org/buildkit@v1#metadata": VCS,
    },
}
NEW = {
    "buildDefinition": {"resolvedDependencies": MATERIALS},
    "runDetails": {
        "builder": {"id": "machine:here"},
        "metadata": {"finishedOn": "2026-11-24T02:00:00Z", "buildkit_metadata": VCS},
    },
}
SPDX = {
    "packages": [
        {
            "name": "requests",
            "versionInfo": "2.32.0",
            "externalRefs": [{"referenceLocator": "cpe:2.3:a"}, {"referenceLocator": "pkg:pypi/requests@2.32.0"}],
        },
        {"name": "zlib1g", "versionInfo": "1:1.3", "externalRefs": [{"referenceLocator": "pkg:deb/debian/zlib1g@1"}]},
        {"name": "unsaid", "versionInfo": "1"},
        {"name": "the image", "versionInfo": "x", "externalRefs": [{"referenceLocator": "pkg:oci/app@sha256"}]},
        {"name": "/app"},
    ]
}
PACKAGES = (Package("", "unsaid", "1"), Package("deb", "zlib1g", "1:1.3"), Package("pypi", "requests", "2.32.0"))


def one(platform: str = "linux/amd64", labels: dict[str, str] | None = None) -> dict[str, Any]:
    system, _, architecture = platform.partition("/")
    return {"os": system, "architecture": architecture, "config": {"Labels": labels}}


def answer(image: object, provenance: object = None, sbom: object = None) -> str:
    told = {"name": REFERENCE, "manifest": {"digest": "sha256:abc"}, "image": image}
    return json.dumps(told | {"provenance": provenance, "sbom": sbom})


def test_labels_provenance_and_packages() -> None:
    for slsa in (OLD, NEW):
        found = parse(REFERENCE, answer(one(labels=LABELS), {"SLSA": slsa}, {"SPDX": SPDX}))
        assert (found.digest, found.platforms) == ("sha256:abc", ("linux/amd64",))
        assert (found.version, found.commit, found.created) == ("1.0.0", COMMIT, TIME)
        assert found.source == "https://example.com/acme/app"
        assert (found.builder, found.built_at, found.built_from) == ("machine:here", "2026-11-24T02:00:00Z", OTHER)
        assert found.base == Material("python:3.13-slim", BASE)
        assert found.images == (Material("python:3.13-slim", BASE),)
        assert found.packages == PACKAGES
        assert found.missing == ()


def test_several_platforms_are_told_as_one() -> None:
    names = ("linux/amd64", "linux/arm64")
    other = {"packages": [{"name": "only-there", "versionInfo": "1"}, *SPDX["packages"]]}
    text = answer(
        {name: one(name, LABELS) for name in names},
        {name: {"SLSA": OLD} for name in names},
        dict(zip(names, ({"SPDX": SPDX}, {"SPDX": other}), strict=True)),
    )
    found = parse(REFERENCE, text)
    assert (found.platforms, found.version, found.builder) == (names, "1.0.0", "machine:here")
    assert found.packages == tuple(sorted({*PACKAGES, Package("", "only-there", "1")}))


def test_what_is_not_there_is_said() -> None:
    for nothing in (None, {}):
        found = parse(REFERENCE, answer(one(), nothing, nothing))
        assert (found.commit, found.builder, found.packages) == ("", "", ())
        assert found.base == Material("", "")
        assert found.missing == (
            *(f"no label {PLACE}{name}" for name in ("version", "revision", "created", "source")),
            "no provenance: it was built without, or by an engine that keeps none",
            "no bill of materials (SBOM): its packages are not known",
        )
    found = parse(REFERENCE, answer(one(labels=LABELS), {"SLSA": {"builder": {"id": ""}}}, {"SPDX": {"packages": []}}))
    assert found.missing == ("the provenance names no builder",)
    assert parse(REFERENCE, answer(None)).platforms == ()
