"""Values that the tests of several rooms start from."""

from __future__ import annotations

import tomllib

from shiplane.config import parse
from shiplane.facts.checkout import CheckoutFacts, ComponentFacts
from shiplane.model import Image, Release
from shiplane.planning import Naming

COMMIT = "664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766"
OTHER = "0123456789abcdef0123456789abcdef01234567"
TIME = "2026-11-24T01:00:00+00:00"
HARD = "p)$'\"#\\ ü"
"""A secret with every character that some shell, file format or address treats as its own."""

CONFIG_TEXT = """
[tool.shiplane]
release_command = ["python", "manage.py", "migrate", "--noinput"]

[tool.shiplane.components.backend]
context = "backend"
version_file = "backend/config/__init__.py"

[tool.shiplane.components.frontend]
context = "frontend"
version_file = "frontend/package.json"

[tool.shiplane.environments.staging]
url = "https://staging.example.com"
branches = ["main", "feature/*"]

[tool.shiplane.environments.production]
url = "https://example.com"
branches = ["main"]
"""
CONFIG = parse(tomllib.loads(CONFIG_TEXT)["tool"]["shiplane"])
NAMING = Naming("registry.test", "acme", "app")


def make_facts(edits: str = "", versions: tuple[str, str] = ("1.0.0", "1.0.0")) -> CheckoutFacts:
    components = (
        ComponentFacts("backend", versions[0], COMMIT, TIME),
        ComponentFacts("frontend", versions[1], OTHER, TIME),
    )
    return CheckoutFacts(COMMIT, "main", "Ada", "Show deploys", edits, components)


def make_release(name: str = COMMIT[:12], *, dirty: bool = False) -> Release:
    images = tuple(
        (component, Image(f"registry.test/acme/app-{component}:1.0.0-{name}", f"sha256:{digit * 64}"))
        for component, digit in (("backend", "a"), ("frontend", "b"))
    )
    return Release(name, COMMIT, "main", "1.0.0", dirty, "2026-11-24T01:00:30.000Z", images)


REMOTE = {
    "REPOSITORY_OWNER": "acme",
    "SERVER_HOST": "192.0.2.1",
    "SERVER_USER": "deploy",
    "SSH_PRIVATE_KEY": "a key",
    "SSH_KNOWN_HOSTS": "192.0.2.1 ssh-ed25519 AAAA",
    "DB_PASSWORD": HARD,
    "REDIS_PASSWORD": HARD,
}
"""The variables that a remote target asks for."""
