from __future__ import annotations

import json

import pytest

from shiplane.commands import buildx
from shiplane.config import Images
from shiplane.lab.images.catalogue import generator_reference
from shiplane.pipeline.attestations import built_by, variables
from shiplane.runners.recording import RecordingRunner

OWN = "Name: default\nDriver: docker\n"
CONTAINERD = "26.1.5|[[driver-type io.containerd.snapshotter.v1]]"
ON_GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/app", "GITHUB_RUN_ID": "7"}
HOW = "type=provenance,mode=max,builder-id=machine:here"
STAND_IN = {"id": "1", "tags": ["python:3.13-slim"], "labels": {"dev.shiplane.stand-in": "python3 3.13"}}


def told(
    wanted: Images, builder: str = OWN, store: str = CONTAINERD, images: str = ""
) -> tuple[list[str] | None, list[str]]:
    said: list[str] = []
    answers = [("buildx inspect", builder, 0), ("docker info", store, 0), ("image inspect", images, 0)]
    found = dict(variables(RecordingRunner(answers), wanted, {}, "here", said.append))
    return json.loads(found[buildx.ATTESTATIONS]) if found else None, said


def test_both_are_attested_unless_one_is_switched_off() -> None:
    assert told(Images()) == ([HOW, "type=sbom"], [])
    assert told(Images(sbom=False)) == ([HOW], [])
    assert told(Images(provenance=False, sbom_generator="r/scan:1")) == (["type=sbom,generator=r/scan:1"], [])
    assert told(Images(provenance=False, sbom=False), store="classic") == (None, [])


def test_where_nothing_can_be_pulled_a_generator_is_made() -> None:
    words, said = told(Images(), images=json.dumps(STAND_IN))
    name = generator_reference()
    assert words == [HOW, f"type=sbom,generator={name}"]
    assert said == [f"{name}: making a generator of bills of materials, for BuildKit's own cannot be pulled here"]
    held = json.dumps({"id": "2", "tags": [name], "labels": None})
    words, said = told(Images(), images=f"{json.dumps(STAND_IN)}\n{held}")
    assert (words, said) == ([HOW, f"type=sbom,generator={name}"], [])


@pytest.mark.parametrize(
    ("builder", "store"), [(OWN, "26.1.5|[[Backing Filesystem extfs]]"), ("Driver: docker-container", CONTAINERD)]
)
def test_an_engine_that_keeps_none_is_told_of_in_one_line(builder: str, store: str) -> None:
    words, said = told(Images(), builder, store)
    why = "the engine keeps attestations in containerd's image store alone"
    assert words is None
    assert said == [f"images are published without provenance and bill of materials: {why}"]
    assert told(Images(provenance=False), builder, store)[1] == [
        f"images are published without bill of materials: {why}"
    ]


def test_the_builder_is_the_run_on_github_or_the_machine() -> None:
    assert built_by(ON_GITHUB, "here") == "https://github.com/acme/app/actions/runs/7"
    assert built_by({**ON_GITHUB, "GITHUB_RUN_ID": ""}, "here") == "machine:here"
