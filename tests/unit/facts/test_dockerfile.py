from __future__ import annotations

import pytest

from shiplane.facts.dockerfile import base_of

TEXT = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.13
ARG KIND="slim"
FROM python:${PYTHON}-$KIND AS base
ARG PYTHON=2
RUN echo \\
    FROM nothing
FROM --platform=$BUILDPLATFORM node:24-slim AS build
FROM Base AS development
from base as production
FROM scratch AS empty
COPY --from=build / /
FROM registry.test:5000/${OWNER:-acme}/nginx@sha256:abc
"""


@pytest.mark.parametrize(
    ("target", "base"),
    [
        ("base", "python:3.13-slim"),
        ("development", "python:3.13-slim"),
        ("Production", "python:3.13-slim"),
        ("build", "node:24-slim"),
        ("empty", ""),
        ("absent", ""),
        ("", "registry.test:5000/acme/nginx@sha256:abc"),
    ],
)
def test_the_image_below_a_stage(target: str, base: str) -> None:
    assert base_of(TEXT, target, {}) == base


def test_an_argument_wins_over_its_default() -> None:
    assert base_of(TEXT, "production", {"PYTHON": "3.14", "OWNER": "never declared"}) == "python:3.14-slim"
    assert base_of(TEXT, "", {"OWNER": "never declared"}) == "registry.test:5000/acme/nginx@sha256:abc"


def test_a_stage_that_is_called_like_its_image_ends() -> None:
    assert base_of("FROM nginx AS nginx\nFROM nginx AS production\n", "production", {}) == "nginx"
    assert base_of("FROM b AS a\nFROM a AS b\n", "b", {}) == "b"


@pytest.mark.parametrize("text", ["", "RUN x\n", "FROM\n", "FROM a b c\n"])
def test_what_is_no_dockerfile_has_none(text: str) -> None:
    assert base_of(text, "", {}) == ""
