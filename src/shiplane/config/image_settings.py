"""What can be configured of images: how they are built, kept, signed and taken away; see `settings`."""

from __future__ import annotations

from dataclasses import dataclass

_UNWANTED = (
    *("**/*.map", "**/.env", "**/.env.*", "**/.git/**"),
    *(f"**/site-packages/{name}/**" for name in ("pytest", "black", "flake8", "mypy")),
    *(f"**/node_modules/{name}/**" for name in ("vitest", "eslint", "typescript")),
)


@dataclass(frozen=True, slots=True)
class Component:
    """Describe a thing that is built into an image."""

    name: str
    context: str
    """Folder below the checkout with the Dockerfile; its files are the inputs."""
    version_file: str
    """File with `__version__ = "…"` (Python) or `"version": "…"` (JSON)."""
    port: int = 0
    """Port on which the service of this name answers behind the proxy; 0 where it does not."""
    assets: str = ""
    """Folder in the image whose files have names of their own for each content: they stay served after a release."""
    development_target: str = "development"
    """Stage of the Dockerfile with the tests and tools."""
    production_target: str = "production"
    """Stage of the Dockerfile with what serves."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Build arguments of both, a table of texts; whoever has the image can read them, so none may be a secret."""
    unwanted: tuple[str, ...] = _UNWANTED
    """Patterns of files that no production image may hold: source maps, tools of the development."""
    not_scanned: tuple[str, ...] = ("**/site-packages/**", "**/node_modules/**")
    """Patterns of files in which no scanner looks for secrets by their form; those of the run are looked for in all."""
    coverage_percent: int = 0
    """Part of the lines of `backend` or `frontend` that its tests must reach, in percent; 0: as its own tools ask."""
    budget_mb: int = 0
    """Most that a production image may hold above its base, unpacked, in MB; 0: any size."""
    root: bool = False
    """Whether the production image may run as root."""
    platforms: tuple[str, ...] = ()
    """What the images are built for, such as `linux/amd64`; not given: the builder's own."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Say where build caches are kept."""

    kind: str = "registry"
    """`registry`, beside the images; `gha`, GitHub's; `local`, a folder of this machine; or `none`."""
    targets: tuple[str, ...] = ("remote",)
    """Targets whose runs use them; a lab's machine has its builder's own cache."""
    folder: str = ".shiplane/cache"
    """Where `local` keeps them, relative to the checkout."""
    compression: str = "zstd"
    """How those of a registry and a folder are packed; `gzip` for a registry that takes nothing else."""
    builder: str = "moby/buildkit:buildx-stable-1"
    """Image of the builder that is made where the engine's own writes neither caches nor attestations; or empty."""


@dataclass(frozen=True, slots=True)
class Images:
    """Say what published images tell of themselves."""

    source: str = ""
    """Address of the repository, for people: the label `org.opencontainers.image.source`; empty: none."""
    provenance: bool = True
    """Whether they say how they were built (SLSA, with the commands of the Dockerfile)."""
    sbom: bool = True
    """Whether they have a bill of materials (SPDX)."""
    vulnerability_scanner: tuple[str, ...] = ()
    """Command that looks at each before it is published, such as `trivy image --exit-code 10 --input {archive}`."""
    vulnerability_code: int = 10
    """Exit code by which it says that it found what must not be published; any other but 0: it could not scan."""
    sbom_generator: str = ""
    """Image that writes it; empty: BuildKit's own, or where base images are stand-ins one that is made here."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Say by which SSH key releases are signed, and by which ones they have to be."""

    key: str = ""
    """File with the private key, or with the public one of a key in an agent; SIGNING_KEY in the environment wins."""
    allowed_signers: str = ""
    """File with the keys whose releases are deployed, as ssh-keygen reads it; empty: no signature is asked for."""


@dataclass(frozen=True, slots=True)
class Prune:
    """Say what `images.prune` leaves in the registry, beside what a release on any environment needs."""

    releases: int = 20
    """So many of the newest releases stay."""
    days: int = 30
    """What was made within so many days stays."""
