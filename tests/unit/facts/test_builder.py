from __future__ import annotations

from shiplane.facts.builder import Builder, parse

NODES = """\
Name:   farm
Driver: docker-container
Last Activity: 2026-11-26 10:00:18 +0000 UTC

Nodes:
Name:      farm0
Platforms: linux/amd64, linux/386
Labels:
 org.mobyproject.buildkit.worker.hostname: vm

Name:      farm1
Platforms: linux/arm64*, linux/arm/v7, linux/amd64
"""


def test_a_builder_has_the_platforms_of_all_its_nodes() -> None:
    known = ("linux/amd64", "linux/386", "linux/arm64", "linux/arm/v7")
    assert parse(NODES, "28.0|[[Backing Filesystem extfs]]") == Builder("farm", known, keeps_many=False, attests=False)


def test_one_that_says_nothing_builds_for_nothing() -> None:
    builder = parse("Name: default\nDriver: docker\n", "26.1|[[driver-type io.containerd.snapshotter.v1]]")
    assert builder == Builder("default", (), keeps_many=True)
    assert builder.lacks(("linux/amd64",)) == ("linux/amd64",)


def test_a_variant_that_goes_without_saying_makes_no_other_platform() -> None:
    builder = Builder("default", ("linux/arm64", "linux/arm/v7", "linux/amd64/v2"), keeps_many=True)
    asked = ("linux/arm64/v8", "linux/arm", "linux/arm/v6", "linux/amd64", "linux/amd64/v2")
    assert builder.lacks(asked) == ("linux/arm/v6", "linux/amd64")
