from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from archives import File, Made, save, save_platforms
from samples import CONFIG, HARD, NAMING
from shiplane.errors import ImageUnfit
from shiplane.facts.saved import Saved
from shiplane.model import Secret
from shiplane.pipeline.image_checks import base_layers, check, platform_bases
from shiplane.pipeline.registry import Registry
from shiplane.pipeline.released_sizes import ReleasedSizes
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.config import Component
    from shiplane.model import Command
    from shiplane.runners.base import Cancel, Completed

BASE = ("ADD rootfs.tar /", {"etc/base.map": File("x" * 3_000_000)})
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
BACKEND = CONFIG.components[0]


class Engine(RecordingRunner):
    """Save one image, and hold its base; `scanned` is what a scanner of vulnerabilities finds in it.

    `released` are the files of the image that the registry holds of main, which stands on another base. With
    `platforms` it is an image of several, of which those that are `absent` are not there.
    """

    scanned: tuple[str, ...] = ()
    platforms: Mapping[str, Made] = MappingProxyType({})
    absent: tuple[str, ...] = ()

    def __init__(self, files: dict[str, File], released: dict[str, File] | None = None, **settings: object) -> None:
        super().__init__([("image inspect .* base:1", '["a"]', 0), ("image inspect .* gone:1", "no such image", 1)])
        config = {"config": {"User": "app", **settings}, "rootfs": {"diff_ids": ["a", "b"]}}
        self.image = Made([BASE, ("COPY . /app", files)], config)
        if released is not None:
            self.answers.append(("imagetools inspect [^ ]+:main ", '{"digest": "sha256:main"}', 0))
            self.released = Made([BASE, ("COPY . /app", released)], {"rootfs": {"diff_ids": ["other", "b"]}})

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        if command.argv[:3] == ("docker", "image", "save"):
            before = command.argv[-1] == f"{NAMING.repository('backend')}@sha256:main"
            file = Path(command.argv[-2])
            if self.platforms:
                save_platforms(self.platforms, file, absent=self.absent)
            else:
                save(self.released if before else self.image, file)
        return done


def looked_at(engine: Engine, folder: Path, component: Component = BACKEND, *secrets: Secret) -> list[str]:
    said: list[str] = []
    registry = Registry(engine, "", lambda _line: None, None)
    known = ReleasedSizes(folder / "known", NAMING, ("feature/x", "main"), engine, registry)
    words = ({"backend": "backend:1"}, (component,), ("base:1", "gone:1"), secrets, known)
    check(engine, *words, said.append, lambda *_: engine.scanned)
    return said


def refused(engine: Engine, folder: Path, component: Component = BACKEND, *secrets: Secret) -> list[str]:
    with pytest.raises(ImageUnfit) as caught:
        looked_at(engine, folder, component, *secrets)
    assert caught.value.exit_code == 3
    return [line.removeprefix("backend:1: ") for line in caught.value.details]


GOOD = {"app": File(folder=True), "app/a.py": File("print()"), "app/.environment": File("x"), "app/mapped": File("x")}
LAYER = "layer 2 (COPY . /app): "


def test_an_image_that_is_fit_is_told_with_its_sizes(tmp_path: Path) -> None:
    said = looked_at(Engine(GOOD), tmp_path, BACKEND, Secret("DB_PASSWORD", HARD))
    assert said[-2:] == [
        "backend: nothing to compare with, for no release of feature/x or main has it",
        "backend:1: 0.0 MB above its base: 0.0 MB",
    ]
    more = GOOD | {"app/big": File("x" * 2_000_000)}
    told = "backend:1: 2.0 MB above its base (+2.0 MB since the last of main): 2.0 MB (+2.0 MB)"
    assert looked_at(Engine(more, GOOD), tmp_path)[-1] == told
    told = "backend:1: 0.0 MB above its base (-2.0 MB since the last of main): 0.0 MB (-2.0 MB)"
    assert looked_at(Engine(GOOD, more), tmp_path)[-1] == told
    told = "backend:1: 0.0 MB above its base (+0.0 MB since the last of main): 0.0 MB"
    assert looked_at(Engine(GOOD, GOOD), tmp_path)[-1] == told
    assert looked_at(Engine(GOOD, GOOD | {"app/small": File("x" * 9)}), tmp_path)[-1] == told


@pytest.mark.parametrize("user", ["", "0", "root", "root:app", "0:0"])
def test_root_is_refused_unless_it_is_allowed(tmp_path: Path, user: str) -> None:
    assert refused(Engine(GOOD, User=user), tmp_path) == ["it runs as root"]
    assert looked_at(Engine(GOOD, User=user), tmp_path, dataclasses.replace(BACKEND, root=True))


@pytest.mark.parametrize(
    "path",
    [
        *("app/static/app.js.map", "app/.env", "app/.env.local", "app/.git/HEAD"),
        *("opt/venv/lib/python3.13/site-packages/pytest/__init__.py", "srv/node_modules/vitest/index.js"),
    ],
)
def test_what_does_not_belong_in_production_is_named(tmp_path: Path, path: str) -> None:
    told = [f"{path} does not belong in production"]
    assert refused(Engine(GOOD | {path: File("x")}), tmp_path) == told
    assert looked_at(Engine(GOOD | {path: File("x")}), tmp_path, dataclasses.replace(BACKEND, unwanted=()))


@pytest.mark.parametrize(
    "text",
    [
        f"password = {HARD}",
        json.dumps({"password": HARD}),
        base64.b64encode(f"user:{HARD}".encode()).decode(),
        "x" * (4 * 1024 * 1024 - 3) + HARD,
    ],
    ids=["plain", "json", "base64", "across two pieces"],
)
def test_a_secret_in_a_layer_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    found = refused(Engine(GOOD | {"app/x": File(text)}), tmp_path, BACKEND, Secret("DB_PASSWORD", HARD))
    assert found == [f"DB_PASSWORD stands in {LAYER}app/x"]


def test_a_secret_in_the_history_or_in_a_variable_is_named(tmp_path: Path) -> None:
    secret = Secret("BOARD_TOKEN", "abcdef0123456789")
    found = refused(Engine(GOOD, Env=["TOKEN=abcdef0123456789"]), tmp_path, BACKEND, secret)
    assert found == ["BOARD_TOKEN stands in its history or settings"]


def test_what_every_key_begins_with_is_no_secret(tmp_path: Path) -> None:
    authority = {"app/ca.pem": File("-----BEGIN CERTIFICATE-----\nanother\n-----END CERTIFICATE-----\n")}
    pair = f"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n{KEY}"
    assert looked_at(Engine(GOOD | authority), tmp_path, BACKEND, Secret("TLS_KEY", pair), Secret("SHORT", "x"))
    engine = Engine(GOOD | {"app/key": File(KEY.splitlines()[1])})
    found = refused(engine, tmp_path / "another", BACKEND, Secret("TLS_KEY", KEY))
    assert found == [f"TLS_KEY stands in {LAYER}app/key"]


TOKEN = f"token = ghp_{'a1B2' * 9}"


def test_what_has_the_form_of_a_secret_is_named_and_not_shown(tmp_path: Path) -> None:
    found = refused(Engine(GOOD | {"app/x": File(TOKEN), "app/key": File(KEY)}), tmp_path)
    assert found == [f"GitHub Token stands in {LAYER}app/x", f"Private Key stands in {LAYER}app/key"]
    assert refused(Engine(GOOD, Env=[TOKEN]), tmp_path) == ["GitHub Token stands in its history or settings"]


def test_packages_and_what_is_configured_are_not_looked_through_for_forms(tmp_path: Path) -> None:
    files = GOOD | {"opt/site-packages/x.py": File(TOKEN), "app/node_modules/x.js": File(TOKEN)}
    assert looked_at(Engine(files), tmp_path)
    assert refused(Engine(files), tmp_path / "a", dataclasses.replace(BACKEND, not_scanned=("app/**",))) == [
        f"GitHub Token stands in {LAYER}opt/site-packages/x.py"
    ]
    found = refused(Engine(files), tmp_path / "b", BACKEND, Secret("GITHUB_TOKEN", TOKEN.rpartition(" ")[2]))
    assert [line.partition(" ")[0] for line in found] == ["GITHUB_TOKEN"] * 2


def test_known_vulnerabilities_keep_an_image_from_being_published(tmp_path: Path) -> None:
    engine = Engine(GOOD)
    engine.scanned = ("it has known vulnerabilities", "trivy: CVE-2026-1")
    assert refused(engine, tmp_path) == list(engine.scanned)


def test_over_its_budget_the_files_that_grew_since_the_release_before_are_named(tmp_path: Path) -> None:
    limited = dataclasses.replace(BACKEND, budget_mb=2)
    files = GOOD | {"app/one": File("x" * 900_000), "app/two": File("x" * 500_000)}
    assert looked_at(Engine(files), tmp_path, limited)
    grown = files | {"app/one": File("x" * 1_000_000), "app/three": File("x" * 800_000)}
    over = "2.3 MB above its base, 0.3 MB over budget; "
    more = "since the last of main: app/three +0.8 MB, app/one +0.1 MB"
    assert refused(Engine(grown, files), tmp_path, limited) == [over + more]
    largest = "the largest: app/one 1.0 MB, app/three 0.8 MB, app/two 0.5 MB, app/a.py 0.0 MB, app/.environment 0.0 MB"
    assert refused(Engine(grown), tmp_path, limited) == [over + largest]
    assert refused(Engine(grown, grown), tmp_path, limited) == [over + largest]


def test_the_sizes_of_what_is_unfit_are_not_kept(tmp_path: Path) -> None:
    refused(Engine(GOOD, User="root"), tmp_path)
    assert not (tmp_path / "known").exists()


def test_the_base_is_the_largest_image_that_another_begins_with() -> None:
    assert base_layers(["a", "b", "c"], [["a"], ["a", "b"], ["b"], ["a", "x"], ["a", "b", "c", "d"]]) == 2
    assert base_layers(["a"], []) == 0


ON_AMD, ON_ARM = "linux/amd64", "linux/arm64"


def made(files: dict[str, File], *diff_ids: str, user: str = "app") -> Made:
    return Made([BASE, ("COPY . /app", files)], {"config": {"User": user}, "rootfs": {"diff_ids": list(diff_ids)}})


def several(other: Made) -> Engine:
    """Save an image for two platforms, of which the engine holds the base of the first."""
    engine = Engine(GOOD)
    engine.platforms = {ON_AMD: made(GOOD, "a", "b"), ON_ARM: other}
    return engine


def test_the_image_of_each_platform_is_told_and_its_sizes_kept(tmp_path: Path) -> None:
    engine = several(made(GOOD | {"app/big": File("x" * 2_000_000)}, "c", "d"))
    assert [line for line in looked_at(engine, tmp_path) if line.startswith("backend:1")] == [
        f"backend:1 ({ON_AMD}): 0.0 MB above its base: 0.0 MB",
        f"backend:1 ({ON_ARM}): 2.0 MB above its base: 2.0 MB",
    ]
    kept = [json.loads(file.read_text()) for file in (tmp_path / "known").iterdir()]
    assert {one["platform"]: "app/big" in one["files"] for one in kept} == {ON_AMD: False, ON_ARM: True}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (made(GOOD, "c", "d", user="root"), "it runs as root"),
        (made(GOOD | {"app/x": File(HARD)}, "c", "d"), f"DB_PASSWORD stands in {LAYER}app/x"),
        (made(GOOD | {"app/.env": File("x")}, "c", "d"), "app/.env does not belong in production"),
        (
            made({"app/big": File("x" * 2_100_000)}, "c", "d"),
            "2.1 MB above its base, 0.1 MB over budget; the largest: app/big 2.1 MB",
        ),
    ],
)
def test_what_is_wrong_on_the_second_platform_alone_is_refused(tmp_path: Path, other: Made, told: str) -> None:
    limited = dataclasses.replace(BACKEND, budget_mb=2)
    found = refused(several(other), tmp_path, limited, Secret("DB_PASSWORD", HARD))
    assert found == [f"backend:1 ({ON_ARM}): {told}"]
    assert not (tmp_path / "known").exists()


def test_a_platform_that_cannot_be_looked_at_is_refused(tmp_path: Path) -> None:
    engine = several(made(GOOD, "c", "d"))
    engine.absent = (ON_ARM,)
    assert refused(engine, tmp_path) == [f"the engine has no image for {ON_ARM} that can be looked at"]


def test_each_platform_is_scanned_for_vulnerabilities(tmp_path: Path) -> None:
    engine = several(made(GOOD, "c", "d"))
    engine.scanned = ("it has known vulnerabilities",)
    told = [f"backend:1 ({platform}): it has known vulnerabilities" for platform in (ON_AMD, ON_ARM)]
    assert refused(engine, tmp_path) == told


def test_the_base_of_another_platform_has_as_many_layers_where_the_image_has(tmp_path: Path) -> None:
    more = Made([BASE, BASE, ("COPY . /app", GOOD)], {"rootfs": {"diff_ids": ["e", "f", "g"]}})
    images = {"linux/386": made(GOOD, "c", "d"), ON_AMD: made(GOOD, "a", "b"), ON_ARM: more}
    with Saved(save_platforms(images, tmp_path / "x.tar")) as saved:
        assert platform_bases(saved.images, [["a"]]) == [1, 1, 0]
        assert platform_bases(saved.images, []) == [0, 0, 0]
