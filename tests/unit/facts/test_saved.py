from __future__ import annotations

import dataclasses
import tarfile
from typing import TYPE_CHECKING

import pytest

from archives import File, Made, save, save_platforms
from shiplane.errors import StepFailed
from shiplane.facts.difference import differences
from shiplane.facts.saved import Saved

if TYPE_CHECKING:
    from pathlib import Path

BASE = ("ADD rootfs.tar /", {"etc": File(folder=True, mode=0o755), "etc/passwd": File("root\n")})
SOURCE = ("COPY . /app   # buildkit", {"app/a.py": File("a", owner=7), "app/b": File(link="a.py")})
IMAGE = Made([BASE, SOURCE], {"config": {"User": "1000", "Labels": {"a": "1"}}, "created": "2020"})


def changed(**files: File) -> Made:
    order, before = SOURCE
    named = {f"app/{name.replace('_', '.')}": file for name, file in files.items()}
    return dataclasses.replace(IMAGE, layers=[BASE, (order, {**before, **named})])


def compared(folder: Path, one: Made, other: Made) -> list[str]:
    with Saved(save(one, folder / "one.tar")) as first, Saved(save(other, folder / "other.tar")) as second:
        return differences(first, second)


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_is_read(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with Saved(save(dataclasses.replace(IMAGE, packed=packed), tmp_path / "x.tar")) as saved:
        assert saved.digest.startswith("sha256:")
        [image] = saved.images
        assert (image.platform, saved.absent) == ("", ())
        assert image.config["config"]["User"] == "1000"
        assert [layer.made_by for layer in image.layers] == ["ADD rootfs.tar /", "COPY . /app # buildkit"]
        found = image.entries(image.layers[1])
    assert list(found) == ["app/a.py", "app/b"]
    assert (found["app/a.py"].kind, found["app/a.py"].owner, found["app/a.py"].size) == ("file", "7:7", 1)
    assert (found["app/b"].kind, found["app/b"].content) == ("link", "a.py")


def test_an_attested_image_has_the_digest_of_its_own_manifest(tmp_path: Path) -> None:
    found = []
    for attested in (True, False):
        with Saved(save(dataclasses.replace(IMAGE, attested=attested), tmp_path / "x.tar")) as saved:
            [(digest, parts)] = saved.manifests().items()
            assert (saved.digest, len(parts)) == (digest, 3)
            found.append((digest, parts))
    assert found[0] == found[1]


def test_an_engine_that_writes_no_manifest(tmp_path: Path) -> None:
    digests = []
    for image in (IMAGE, IMAGE, changed(a_py=File("b"))):
        with Saved(save(image, tmp_path / "x.tar", index=False)) as saved:
            digests.append(saved.digest)
    assert digests[0] == digests[1]
    assert digests[0].startswith("sha256:")


@pytest.mark.parametrize("broken", ["no archive", "no image"])
def test_what_is_no_image(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "x.tar"
    if broken == "no archive":
        file.write_bytes(b"no tar")
    else:
        tarfile.open(file, "w").close()
    with pytest.raises(StepFailed, match="the engine saved an image that cannot be read"):
        Saved(file)


def test_an_image_is_no_different_from_itself(tmp_path: Path) -> None:
    assert compared(tmp_path, IMAGE, IMAGE) == []


LAYER = "layer 2 (COPY . /app # buildkit): app/"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (changed(a_py=File("A", owner=7)), [f"{LAYER}a.py: content"]),
        (changed(a_py=File("aa", 0o664, 9)), [f"{LAYER}a.py: mode, owner, size, content, time"]),
        (changed(b=File("a", 0o644)), [f"{LAYER}b: kind, size, content"]),
        (changed(b=File(link="c.py")), [f"{LAYER}b: content"]),
        (changed(c=File()), [f"{LAYER}c: only in the second"]),
        (
            dataclasses.replace(IMAGE, settings={"config": {"User": "0", "Labels": {"a": "2"}}, "created": "2021"}),
            ["config: Labels: the image's a", "config: the image's User", "the image's created"],
        ),
        (dataclasses.replace(IMAGE, layers=[BASE]), ["2 layers and 1 layers"]),
        (
            dataclasses.replace(IMAGE, layers=[BASE, ("COPY other /app", SOURCE[1])]),
            [
                "the image's history: {'created_by': 'COPY . /app   # buildkit'} and {'created_by': 'COPY other /app'}",
            ],
        ),
        (dataclasses.replace(IMAGE, packed=False), ["the order of files or the way in which layers are packed"]),
    ],
)
def test_what_differs_is_named(tmp_path: Path, other: Made, told: list[str]) -> None:
    assert compared(tmp_path, IMAGE, other)[: len(told)] == told


AMD, ARM = "linux/amd64", "linux/arm64"
OTHER = changed(c=File("of arm"))


@pytest.mark.parametrize("each", [True, False])
def test_an_archive_of_several_platforms_has_the_image_of_each(tmp_path: Path, each: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with Saved(save_platforms({AMD: IMAGE, ARM: OTHER}, tmp_path / "x.tar", each=each)) as saved:
        assert [image.platform for image in saved.images] == [AMD, ARM]
        assert saved.absent == ()
        assert ["app/c" in image.entries(image.layers[1]) for image in saved.images] == [False, True]
        parts = saved.manifests()
    assert saved.digest == ", ".join(parts)
    assert [found[0] for found in parts.values()] == [image.settings for image in saved.images]


def test_one_platform_is_written_as_an_archive_of_its_own(tmp_path: Path) -> None:
    with Saved(save_platforms({AMD: IMAGE, ARM: OTHER}, tmp_path / "x.tar")) as saved:
        settings = saved.images[1].settings
        saved.images[1].write(tmp_path / "alone.tar")
    with Saved(tmp_path / "alone.tar") as alone:
        [image] = alone.images
        assert (image.platform, image.settings) == ("", settings)
        assert "app/c" in image.entries(image.layers[1])


def test_a_platform_that_the_engine_does_not_hold_is_told(tmp_path: Path) -> None:
    images = {AMD: IMAGE, ARM: OTHER}
    with Saved(save_platforms(images, tmp_path / "x.tar", absent=[AMD])) as saved:
        assert ([image.platform for image in saved.images], saved.absent) == ([ARM], (AMD,))
    file = save_platforms(images, tmp_path / "y.tar", absent=[AMD, ARM])
    with pytest.raises(StepFailed, match=f"saved an image that cannot be read: it has none of {AMD}, {ARM}"):
        Saved(file)


def test_what_differs_is_named_with_its_platform(tmp_path: Path) -> None:
    one = save_platforms({AMD: IMAGE, ARM: IMAGE}, tmp_path / "one.tar")
    other = save_platforms({AMD: IMAGE, ARM: OTHER, "linux/386": IMAGE}, tmp_path / "other.tar")
    with Saved(one) as first, Saved(other) as second:
        assert differences(first, first) == []
        assert differences(first, second) == [f"{ARM}: {LAYER}c: only in the second", "linux/386: only in the second"]
