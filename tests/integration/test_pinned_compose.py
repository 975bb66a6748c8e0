"""What Compose itself makes of the project's files, as a deploy looks at them before it sends a byte."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from helpers.clone import ROOT
from samples import REMOTE, make_release
from shiplane.cli.targets import RemoteTarget
from shiplane.config import load
from shiplane.errors import ComposeUnfit
from shiplane.model import Image, Release, Secret
from shiplane.pipeline.pinning import Pinning
from shiplane.pipeline.release_files import bundle_of, in_checkout
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OTHERS = {"POSTGRES_IMAGE": "postgres:17", "REDIS_IMAGE": "redis:8", "NGINX_IMAGE": "nginx:1.30"}


class Bench:
    def __init__(self, folder: Path) -> None:
        self.config = load(ROOT)
        # What this shell has set must not count.
        environ = {**os.environ, "POSTGRES_IMAGE": "mine", "BACKEND_IMAGE": "mine", "DB_PASSWORD": "mine"}
        self.runner = LocalRunner(folder, environ)
        self.target = RemoteTarget(folder, self.config, REMOTE)
        self.pinning = Pinning(self.runner, environ, self.config, self.target)
        self.files = in_checkout(ROOT)

    @property
    def release(self) -> Release:
        pinned = ((name, Image(text, f"sha256:{'c' * 64}")) for name, text in self.pinning.wanted(self.files).items())
        return replace(make_release(), third_party=tuple(pinned))

    def check(self, environment: str, release: Release, files: Mapping[str, bytes]) -> None:
        secrets = {name: Secret(name, REMOTE[name]) for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
        site = self.target.site(environment)
        self.pinning.check(site, bundle_of(self.runner, self.config, site, release, files, secrets))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_project_s_own_files_are_fit(bench: Bench, environment: str) -> None:
    assert bench.pinning.wanted(bench.files) == OTHERS
    bench.check(environment, bench.release, bench.files)


def test_what_is_not_pinned_is_told_with_its_line(bench: Bench) -> None:
    with pytest.raises(
        ComposeUnfit, match=r"docker-compose\.yml:\d+: db runs postgres:17, which no digest pins"
    ) as caught:
        bench.check("staging", make_release(), bench.files)
    assert len(caught.value.details) == 4  # db, redis, edge, proxy


def test_a_required_variable_that_is_not_set_is_told_in_compose_s_words(bench: Bench) -> None:
    backend = replace(bench.release, images=bench.release.images[:1])
    with pytest.raises(ComposeUnfit, match="FRONTEND_IMAGE"):
        bench.check("staging", backend, bench.files)


def test_sources_that_are_mounted_stay_here(bench: Bench) -> None:
    overlay = bench.files["compose.staging.yml"].replace(b"    volumes: !override []\n", b"", 1)
    with pytest.raises(ComposeUnfit, match="backend mounts sources at /app"):
        bench.check("staging", bench.release, {**bench.files, "compose.staging.yml": overlay})
