"""What a registry tells of an image: its labels, how it was built, what is in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from shiplane.facts import image_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LABEL = "org.opencontainers.image."
_BUILDKIT = "https://mobyproject.org/buildkit@v1#metadata"
_IMAGE = "pkg:docker/"
_NO_PROVENANCE = "no provenance: it was built without, or by an engine that keeps none"
_NO_SBOM = "no bill of materials (SBOM): its packages are not known"


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """Name a package that is in an image; `kind` is its world, such as `deb`, `pypi` or `npm`, empty where unsaid."""

    kind: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Material:
    """Name an image that went into the build, with its digest."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Described:
    """Hold what is known of an image; what nothing tells is empty, and said in `missing`.

    `commit` is the last that touched its inputs, `built_from` the one that was checked out; times are ISO 8601.
    """

    reference: str
    digest: str
    platforms: tuple[str, ...]
    version: str
    commit: str
    created: str
    source: str
    builder: str
    built_at: str
    built_from: str
    base: Material
    images: tuple[Material, ...]
    packages: tuple[Package, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the form for machines."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Provenance:
    builder: str = ""
    built_at: str = ""
    built_from: str = ""
    images: tuple[Material, ...] = ()


def parse(reference: str, text: str) -> Described:
    """Read what `image.described` prints; an image of several platforms is told by the first, with all packages."""
    found: dict[str, Any] = json.loads(text)
    images = _by_platform(found.get("image"))
    settings = next(iter(images.values()), {}).get("config") or {}
    labels = {name: str(value) for name, value in (settings.get("Labels") or {}).items()}
    provenance = next(filter(None, map(_provenance, _all_with("SLSA", found.get("provenance")))), None)
    documents = list(_all_with("SPDX", found.get("sbom")))
    packages = {package for one in documents for package in _packages(one)}
    told = provenance or _Provenance()
    own = {name: labels.get(_LABEL + name, "") for name in ("version", "revision", "created", "source")}
    return Described(
        reference=reference,
        digest=str((found.get("manifest") or {}).get("digest", "")),
        platforms=tuple(images),
        version=own["version"],
        commit=own["revision"],
        created=own["created"],
        source=own["source"],
        builder=told.builder,
        built_at=told.built_at,
        built_from=told.built_from,
        base=Material(labels.get(f"{_LABEL}base.name", ""), labels.get(f"{_LABEL}base.digest", "")),
        images=told.images,
        packages=tuple(sorted(packages)),
        missing=tuple(_missing(own, provenance, documents)),
    )


def _missing(own: Mapping[str, str], provenance: _Provenance | None, documents: list[Any]) -> Iterator[str]:
    yield from (f"no label {_LABEL}{name}" for name, value in own.items() if not value)
    if provenance is None:
        yield _NO_PROVENANCE
    elif not provenance.builder:
        yield "the provenance names no builder"
    if not documents:
        yield _NO_SBOM


def _by_platform(told: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    """Give images by platform; where there is one alone, it stands there without."""
    if not isinstance(told, dict):
        return {}
    if "os" in told:
        return {image_manifest.platform(told): told}
    return {name: one for name, one in told.items() if isinstance(one, dict)}


def _all_with(key: str, told: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Give the documents of a kind: of one platform, or of several by their names."""
    for one in (told, *told.values()) if isinstance(told, dict) else ():
        if isinstance(one, dict) and isinstance(one.get(key), dict):
            yield one[key]


def _provenance(slsa: dict[str, Any]) -> _Provenance:
    """Read SLSA's provenance, as of its version 1 or 0.2."""
    run = slsa.get("runDetails")
    if run is None:
        about, materials = slsa.get("metadata") or {}, slsa.get("materials") or ()
        builder, kept = slsa.get("builder") or {}, about.get(_BUILDKIT) or {}
    else:
        about, builder = run.get("metadata") or {}, run.get("builder") or {}
        kept = about.get("buildkit_metadata") or {}
        materials = (slsa.get("buildDefinition") or {}).get("resolvedDependencies") or ()
    return _Provenance(
        builder=str(builder.get("id") or ""),
        built_at=str(about.get("finishedOn") or about.get("buildFinishedOn") or ""),
        built_from=str((kept.get("vcs") or {}).get("revision", "")),
        images=tuple(_material(one) for one in materials if str(one.get("uri", "")).startswith(_IMAGE)),
    )


def _material(one: Mapping[str, Any]) -> Material:
    name = unquote(str(one["uri"]).removeprefix(_IMAGE).partition("?")[0]).replace("@", ":")
    return Material(name, ":".join(next(iter((one.get("digest") or {}).items()), ())))


def _packages(document: Mapping[str, Any]) -> Iterator[Package]:
    """Give the packages of a document that have a version: the others are folders and the image itself."""
    for one in document.get("packages") or ():
        places = (str(each.get("referenceLocator", "")) for each in one.get("externalRefs") or ())
        kind = next((place[4:].partition("/")[0] for place in places if place.startswith("pkg:")), "")
        if one.get("versionInfo") and kind not in {"docker", "oci"}:
            yield Package(kind, str(one.get("name", "")), str(one["versionInfo"]))
