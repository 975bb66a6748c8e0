from __future__ import annotations

import json

from shiplane.config import Images
from shiplane.lab.images.catalogue import generator_reference
from shiplane.pipeline.attestations import built_by, words
from shiplane.runners.recording import RecordingRunner

ON_GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/app", "GITHUB_RUN_ID": "7"}
HOW = "type=provenance,mode=max,builder-id=machine:here"
STAND_IN = {"id": "1", "tags": ["python:3.13-slim"], "labels": {"dev.shiplane.stand-in": "python3 3.13"}}


def told(wanted: Images, images: str = "") -> tuple[list[str], list[str]]:
    said: list[str] = []
    found = words(RecordingRunner([("image inspect", images, 0)]), wanted, {}, "here", said.append)
    return list(found), said


def test_both_are_attested_unless_one_is_switched_off() -> None:
    assert told(Images()) == ([HOW, "type=sbom"], [])
    assert told(Images(sbom=False)) == ([HOW], [])
    assert told(Images(provenance=False, sbom_generator="r/scan:1")) == (["type=sbom,generator=r/scan:1"], [])
    assert told(Images(provenance=False, sbom=False)) == ([], [])


def test_where_nothing_can_be_pulled_a_generator_is_made() -> None:
    found, said = told(Images(), images=json.dumps(STAND_IN))
    name = generator_reference()
    assert found == [HOW, f"type=sbom,generator={name}"]
    assert said == [f"{name}: making a generator of bills of materials, for BuildKit's own cannot be pulled here"]
    held = json.dumps({"id": "2", "tags": [name], "labels": None})
    found, said = told(Images(), images=f"{json.dumps(STAND_IN)}\n{held}")
    assert (found, said) == ([HOW, f"type=sbom,generator={name}"], [])


def test_the_builder_is_the_run_on_github_or_the_machine() -> None:
    assert built_by(ON_GITHUB, "here") == "https://github.com/acme/app/actions/runs/7"
    assert built_by({**ON_GITHUB, "GITHUB_RUN_ID": ""}, "here") == "machine:here"
