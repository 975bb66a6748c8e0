"""`images.inspect` as a whole: what it asks of whom, and what it says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from samples import COMMIT, HARD, REMOTE, TIME

if TYPE_CHECKING:
    from projects import Project

REFERENCE = "registry.test/acme/app-backend:1.0.0-664a230c1f2e"
ANSWER = {
    "name": REFERENCE,
    "manifest": {"digest": "sha256:abc"},
    "image": {
        "os": "linux",
        "architecture": "amd64",
        "config": {
            "Labels": {
                "org.opencontainers.image.revision": COMMIT,
                "org.opencontainers.image.version": "1.0.0",
                "org.opencontainers.image.created": TIME,
            }
        },
    },
    "provenance": {
        "SLSA": {
            "builder": {"id": "machine:here"},
            "materials": [{"uri": "pkg:docker/python@3.13-slim", "digest": {"sha256": "abc"}}],
        }
    },
    "sbom": {
        "SPDX": {
            "packages": [
                {"name": "zlib1g", "versionInfo": "1.3", "externalRefs": [{"referenceLocator": "pkg:deb/zlib1g"}]}
            ]
        }
    },
}
TOLD = f"""\
{REFERENCE}
  digest   sha256:abc (linux/amd64)
  commit   {COMMIT}
  version  1.0.0
  created  2026-11-24 01:00 UTC
  builder  machine:here
  made of  python:3.13-slim@sha256:abc
  not there: no label org.opencontainers.image.source

packages: 1
  deb  zlib1g  1.3
"""
LOGIN = {"CONTAINER_REGISTRY": "registry.test", "REGISTRY_PASSWORD": HARD}


def test_an_image_is_told(project: Project) -> None:
    project.answers(("imagetools inspect", json.dumps(ANSWER), 0))
    ended = project.invoke(f"images.inspect --ref {REFERENCE} --target remote", **REMOTE, **LOGIN)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == TOLD
    asked = [line for line in project.transcript if "docker" in line]
    assert [" ".join(re.findall(r"docker (\w+(?: imagetools)?)", line)) for line in asked] == [
        "login",
        "buildx imagetools",
    ]
    assert HARD not in "".join(project.transcript)


def test_an_image_is_told_to_machines(project: Project) -> None:
    project.answers(("imagetools inspect", json.dumps(ANSWER), 0))
    found = project.invoke(f"images.inspect --ref {REFERENCE} --target remote --json", **REMOTE).json
    assert (found["commit"], found["version"], found["builder"]) == (COMMIT, "1.0.0", "machine:here")
    assert found["images"] == [{"name": "python:3.13-slim", "digest": "sha256:abc"}]
    assert found["packages"] == [{"kind": "deb", "name": "zlib1g", "version": "1.3"}]
    assert found["missing"] == ["no label org.opencontainers.image.source"]


@pytest.mark.parametrize("target", ["lab", "remote"])
def test_the_login_of_a_target_goes_to_no_other_registry(project: Project, target: str) -> None:
    project.answers(("imagetools inspect", json.dumps(ANSWER), 0))
    ended = project.invoke(f"images.inspect --ref other.test/a:1 --target {target}", **LOGIN)
    assert (ended.code, ended.err) == (0, "")
    assert not any("docker login" in line for line in project.transcript)


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        (f"ERROR: {REFERENCE}: not found", 2, f"{REFERENCE} is not in the registry\n"),
        ("dial tcp: connection refused", 4, f"registry registry.test does not answer for {REFERENCE}\n"),
        (
            "401 Unauthorized: authentication required",
            4,
            f"registry registry.test refuses {REFERENCE}: it wants another login\n",
        ),
    ],
)
def test_what_cannot_be_told_has_its_reason(project: Project, said: str, code: int, told: str) -> None:
    project.answers(("imagetools inspect", said, 1))
    ended = project.invoke(f"images.inspect --ref {REFERENCE} --target remote --json", **REMOTE)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(told)


@pytest.mark.parametrize("reference", ["App:1", "registry.test/a@sha256:abc", "--help-me", "'a b'"])
def test_what_names_no_image_asks_nobody(project: Project, reference: str) -> None:
    ended = project.invoke(f"images.inspect --ref={reference}")
    assert ended.code == 2
    assert " is no image reference: " in ended.err
    assert project.transcript == []
