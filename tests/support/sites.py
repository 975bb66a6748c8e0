"""An environment and releases for it, for tests that need no server."""

from __future__ import annotations

from shiplane.deploy.phases import Options
from shiplane.model import Host, Image, Release, Site

HOST = Host("staging", "192.0.2.1", 22, "deploy", "/keys/staging", "/keys/known_hosts")
SITE = Site("staging", HOST, "deployments/app-staging", "https://staging.test", "compose.staging.yml")
OPTIONS = Options(release_command=("python", "manage.py", "migrate"))


def release_of(name: str) -> Release:
    """Make a release whose image is one of its own."""
    image = Image(f"registry.test/owner/app-backend:{name}", "sha256:" + name.encode().hex().ljust(64, "0")[:64])
    return Release(name, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("backend", image),))  # noqa: FBT003
