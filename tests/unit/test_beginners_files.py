"""What a newcomer's tools read: git hooks that are the linters of `nox -s lint`, and the development container."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shiplane import checks
from shiplane.checks import Surroundings
from shiplane.planning.linted import KINDS, by_kind

ROOT = Path(__file__).parents[2]
HOOKS: dict[str, dict[str, Any]] = {
    hook["name"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
}
FILES = {"shell": ("F",), "dockerfile": ("F",), "yaml": ("F",), "workflow": ("F",)}
WHERE = Surroundings("id", {"backend": "1", "frontend": "1"}, ".venv/bin", FILES)
LINTERS = dict(checks.make("lint", WHERE, ()).checks)
IN_IMAGES = ("eslint", "black", "isort", "flake8")


def test_the_hooks_are_the_linters() -> None:
    assert set(HOOKS) == set(LINTERS)
    for hook in HOOKS.values():
        assert hook["language"] == "system"
        assert hook["id"] == hook["name"].replace(" ", "-")
        assert hook.get("require_serial") or hook.get("pass_filenames") is False


@pytest.mark.parametrize("name", sorted(set(LINTERS) - set(IN_IMAGES)))
def test_a_hook_is_called_as_the_linter_is(name: str) -> None:
    words = [word for word in LINTERS[name].argv if word not in ("F", "src", "tests", "docs", "noxfile.py", "tasks.py")]
    called = [word for word in shlex.split(HOOKS[name]["entry"]) if word != "--force-exclude"]
    assert called == words


@pytest.mark.parametrize("name", IN_IMAGES)
def test_a_hook_of_a_component_has_the_options_of_the_linter(name: str) -> None:
    argv = LINTERS[name].argv
    words = argv[argv.index("frontend-dev:1" if name == "eslint" else "backend-dev:1") + 1 :]
    called = shlex.split(HOOKS[name]["entry"])
    assert called[0] == ("npm" if name == "eslint" else f".venv/bin/{name}")
    assert {word for word in words[1:] if word != "."} <= set(called)


@pytest.mark.parametrize(
    ("name", "file", "looked_at"),
    [
        ("ruff", "src/shiplane/errors.py", True),
        ("ruff", "backend/manage.py", False),
        ("black", "backend/manage.py", True),
        ("black", "src/shiplane/errors.py", False),
        ("eslint", "frontend/src/app.tsx", True),
        ("shellcheck", "scripts/onboard", True),
        ("shellcheck", "scripts/lib/common.sh", True),
        ("shellcheck", ".ci/run", True),
        ("hadolint", "testing/Dockerfile", True),
        ("yamllint", ".pre-commit-config.yaml", True),
        ("zizmor", ".github/workflows/pipeline.yml", True),
        ("zizmor", "compose.test.yml", False),
        ("topology", "compose.test.yml", True),
        ("mypy", "tests/unit/test_errors.py", False),
    ],
)
def test_a_hook_looks_at_its_files(name: str, file: str, looked_at: bool) -> None:  # noqa: FBT001
    assert (ROOT / file).is_file()
    assert bool(re.search(HOOKS[name]["files"], file)) is looked_at


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shellcheck", "shell"),
        ("hadolint", "dockerfile"),
        ("yamllint", "yaml"),
        ("actionlint", "workflow"),
        ("zizmor", "workflow"),
        ("workflow schema", "workflow"),
    ],
)
def test_a_hook_looks_at_the_files_that_the_session_hands_over(name: str, kind: str) -> None:
    patterns = [pattern for patterns in KINDS.values() for pattern in patterns]
    names = [
        *(pattern.replace("**/*", "deep/a").replace("**", "a.yml") for pattern in patterns),
        "a.py",
        "x/scripts/test",
    ]
    seen = {file for file in names if re.search(HOOKS[name]["files"], file)}
    assert seen == set(by_kind(names)[kind]) != set()


_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_PORT = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "onAutoForward": {"enum": ["notify", "openBrowser", "silent", "ignore"]},
    },
    "additionalProperties": False,
}
_SIZE = {"type": "string", "pattern": r"^\d+([tgmk]b)?$"}
SCHEMA = {
    "type": "object",
    "required": ["name", "image", "postCreateCommand"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:[\w.-]+$"},
        "features": {
            "type": "object",
            "propertyNames": {"pattern": r"^ghcr\.io/devcontainers/features/[a-z-]+:\d+$"},
            "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "boolean"]}},
        },
        "hostRequirements": {
            "type": "object",
            "properties": {"cpus": {"type": "integer", "minimum": 1}, "memory": _SIZE, "storage": _SIZE},
            "additionalProperties": False,
        },
        "postCreateCommand": {"type": "string"},
        "containerEnv": _TEXTS,
        "remoteEnv": _TEXTS,
        "forwardPorts": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}},
        "portsAttributes": {
            "type": "object",
            "patternProperties": {r"^\d+$": _PORT},
            "additionalProperties": False,
        },
        "customizations": {
            "type": "object",
            "properties": {
                "vscode": {
                    "type": "object",
                    "properties": {
                        "extensions": {"type": "array", "items": {"type": "string", "pattern": r"^[\w-]+\.[\w-]+$"}},
                        "settings": {"type": "object"},
                    },
                    "additionalProperties": False,
                }
            },
            "additionalProperties": False,
        },
    },
}
"""The part of the format's schema that is used here: names and types of the published one."""
CONTAINER: dict[str, Any] = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())


def test_the_development_container_is_well_formed() -> None:
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(CONTAINER)] == []


def test_the_development_container_names_what_is_here() -> None:
    program, *options = CONTAINER["postCreateCommand"].split()
    assert (ROOT / program).stat().st_mode & 0o100
    assert options == ["--no-start"]
    compose = (ROOT / "docker-compose.yml").read_text()
    for port in CONTAINER["forwardPorts"]:
        assert f"_PORT:-{port}}}" in compose
        assert str(port) in CONTAINER["portsAttributes"]
