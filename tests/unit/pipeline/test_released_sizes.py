from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archives import File, Made, save, save_platforms
from registries import RegistryMachine
from samples import NAMING
from shiplane.facts.image_sizes import Sizes
from shiplane.facts.saved import Saved
from shiplane.pipeline.registry import Registry
from shiplane.pipeline.released_sizes import Before, ReleasedSizes

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = NAMING.repository("backend")
LAYERS = [("ADD rootfs.tar /", {"base": File("x" * 9)}), ("COPY . /app", {"app": File("x" * 5)})]
IMAGE = Made(LAYERS, {"rootfs": {"diff_ids": ["a", "b"]}})
SIZES = Sizes((("COPY . /app", 5),), {"app": 5})
PINNED = f"{REPOSITORY}@sha256:old"


def machine(folder: Path, *tags: str) -> RegistryMachine:
    """Play a registry that holds the image under the tags, in an index beside what is attested of it."""
    played = RegistryMachine()
    played.made = IMAGE
    played.remote = {f"{REPOSITORY}:{tag}": "sha256:old" for tag in tags} | {f"{REPOSITORY}@sha256:one": "sha256:one"}
    attested = {"digest": "sha256:two", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    with Saved(save(IMAGE, folder / "image.tar")) as saved:
        settings = saved.images[0].settings
    played.manifests = {
        "sha256:old": json.dumps({"manifests": [{"digest": "sha256:one"}, attested]}),
        "sha256:one": json.dumps({"config": {"digest": settings}, "layers": [{"digest": "sha256:l"}]}),
    }
    return played


def known(folder: Path, played: RegistryMachine) -> ReleasedSizes:
    registry = Registry(played, "", lambda _line: None, None)
    return ReleasedSizes(folder / "known", NAMING, ("feature/x", "main"), played, registry)


def asked(known: ReleasedSizes, platform: str = "") -> tuple[Before | None, list[str], list[tuple[str, ...]]]:
    """Give what was found, what was said, and the layers of which somebody had to tell the base."""
    said, layers = list[str](), list[tuple[str, ...]]()

    def base(own: Sequence[str]) -> int:
        layers.append(tuple(own))
        return 1

    return known.before("backend", platform, base, said.append), said, layers


@pytest.mark.parametrize(
    ("tags", "branch"), [(("feature-x", "main"), "feature/x"), (("main", "latest"), "main"), (("feature-y",), "")]
)
def test_it_is_the_last_of_the_branch_or_else_of_main(tmp_path: Path, tags: tuple[str, ...], branch: str) -> None:
    found, said, _ = asked(known(tmp_path, machine(tmp_path, *tags)))
    assert found == (Before(branch, SIZES) if branch else None)
    nothing = "backend: nothing to compare with, for no release of feature/x or main has it"
    assert [line for line in said if not line.startswith("$ ")] == ([] if branch else [nothing])


def test_what_is_not_known_here_is_fetched_once_and_taken_away_again(tmp_path: Path) -> None:
    played = machine(tmp_path, "main")
    assert asked(known(tmp_path, played))[2] == [("a", "b")]
    orders = [line.partition("$ docker ")[2] for line in played.transcript]
    assert f"pull --quiet {PINNED}" in orders
    assert orders[-1] == f"image rm --force {PINNED}"
    played.commands.clear()
    found, said, layers = asked(known(tmp_path, played))
    assert (found, said, layers) == (Before("main", SIZES), [], [])
    assert not any(word in command.argv for command in played.commands for word in ("pull", "save", "rm"))


def test_an_image_that_the_engine_holds_stays_there(tmp_path: Path) -> None:
    played = machine(tmp_path, "main")
    played.local[PINNED] = "sha256:old"
    assert asked(known(tmp_path, played))[0] == Before("main", SIZES)
    assert not any(word in command.argv for command in played.commands for word in ("pull", "rm"))


@pytest.mark.parametrize("what", ["imagetools inspect", "docker pull", "image save"])
def test_what_keeps_the_image_away_is_told_in_one_line_and_fails_nothing(tmp_path: Path, what: str) -> None:
    played = machine(tmp_path, "main")
    played.answers = [(what, "denied: requested access to the resource is denied", 1)]
    found, said, _ = asked(known(tmp_path, played))
    told = [line for line in said if line.startswith("backend: nothing to compare with: ")]
    assert (found, len(told)) == (None, 1)
    assert not (tmp_path / "known").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"layers": [], "files": [1]}', '{"layers": [["a"]], "files": {}}'])
def test_what_is_kept_and_cannot_be_read_is_fetched_anew(tmp_path: Path, text: str) -> None:
    played = machine(tmp_path, "main")
    asked(known(tmp_path, played))
    [file] = (tmp_path / "known").iterdir()
    file.write_text(text)
    assert asked(known(tmp_path, played))[0] == Before("main", SIZES)
    assert Sizes.from_json(json.loads(file.read_text())) == SIZES


def test_the_sizes_of_the_newest_images_are_kept(tmp_path: Path) -> None:
    released = known(tmp_path, machine(tmp_path))
    for number in range(25):
        released.keep(f"sha256:{number}", SIZES, "")
        os.utime(tmp_path / "known" / f"sha256-{number}.json", (number, number))
    released.keep("sha256:last", SIZES, "")
    left = {file.stem for file in Path(tmp_path / "known").iterdir()}
    assert left == {"sha256-last", *(f"sha256-{number}" for number in range(6, 25))}


ON_AMD, ON_ARM = "linux/amd64", "linux/arm64"


def of_two(folder: Path) -> RegistryMachine:
    """Play a registry that holds two platforms, and an engine that pulls the first alone."""
    other = Made([*LAYERS, ("COPY more /", {"more": File("xx")})], {"rootfs": {"diff_ids": ["c", "d", "e"]}})
    played = machine(folder, "main")
    played.platforms, played.absent = {ON_AMD: IMAGE, ON_ARM: other}, (ON_ARM,)
    with Saved(save_platforms(played.platforms, folder / "two.tar")) as saved:
        settings = [image.settings for image in saved.images]
    names = ("sha256:one", "sha256:two")
    played.manifests = {"sha256:old": json.dumps({"manifests": [{"digest": name} for name in names]})} | {
        name: json.dumps({"config": {"digest": each}, "layers": []}) for name, each in zip(names, settings, strict=True)
    }
    played.remote[f"{REPOSITORY}@sha256:two"] = "sha256:two"
    return played


def test_a_platform_is_compared_with_itself(tmp_path: Path) -> None:
    released = known(tmp_path, of_two(tmp_path))
    assert asked(released, ON_AMD)[0] == Before("main", SIZES)
    found, said, _ = asked(released, ON_ARM)
    assert found is None
    assert said[-1] == f"backend: nothing to compare with: the engine got no image for {ON_ARM}"
    with Saved(tmp_path / "two.tar") as saved:
        more = Sizes((("COPY . /app", 6),), {"app": 6})
        released.keep(saved.images[1].settings, more, ON_ARM)
    assert asked(released, ON_ARM)[0] == Before("main", more)
    assert asked(released, ON_AMD)[0] == Before("main", SIZES)
    assert asked(released)[0] == Before("main", SIZES)
