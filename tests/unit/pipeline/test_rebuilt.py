from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from archives import Made, save, save_platforms
from registries import RegistryMachine
from samples import NAMING, make_facts
from shiplane.errors import OtherDigest, StepFailed
from shiplane.facts.saved import Saved
from shiplane.model import Image
from shiplane.pipeline.rebuilt import compare
from shiplane.pipeline.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

TAG = "1.0.0-664a230c1f2e"
MADE = RegistryMachine().made
PUBLISHED = f"{NAMING.repository('backend')}:{TAG}"
ASIDE = f"{NAMING.repository('backend')}:rebuilt-{TAG}"


def machine(*, classic: bool = False, made: str = "sha256:old") -> RegistryMachine:
    played = RegistryMachine(local={f"backend:{TAG}": made}, classic=classic)
    played.remote[PUBLISHED] = "sha256:old"
    return played


def run(played: RegistryMachine) -> list[str]:
    said: list[str] = []
    registry = Registry(played, "", lambda _line: None, None)
    there = {"backend": Image(PUBLISHED, "sha256:old")}
    compare(played, registry, there, make_facts(), said.append, None)
    return said


@pytest.mark.parametrize("classic", [True, False])
def test_the_same_digest_is_the_same_image(classic: bool) -> None:  # noqa: FBT001 - a parameter of the test
    played = machine(classic=classic)
    assert run(played) == [f"{PUBLISHED}: built anew, and it is sha256:old again"]
    assert played.remote == {PUBLISHED: "sha256:old"}


@pytest.mark.parametrize(("classic", "pushed"), [(False, {}), (True, {ASIDE: "sha256:new"})])
def test_another_digest_is_refused_and_nothing_is_overwritten(
    tmp_path: Path,
    classic: bool,  # noqa: FBT001 - a parameter of the test
    pushed: dict[str, str],
) -> None:
    played = machine(classic=classic, made="sha256:new")
    made = "sha256:new" if classic else next(iter(manifests(tmp_path, MADE)))
    with pytest.raises(OtherDigest) as caught:
        run(played)
    told = f"{PUBLISHED} is sha256:old in the registry, and built anew it is {made}"
    assert (caught.value.exit_code, caught.value.cause) == (8, told)
    assert played.remote == {PUBLISHED: "sha256:old", **pushed}


def manifests(folder: Path, made: Made) -> dict[str, tuple[str, ...]]:
    with Saved(save(made, folder / "x.tar")) as saved:
        return saved.manifests()


def attested(folder: Path, made: Made) -> RegistryMachine:
    """Play a registry with an index of `made` and its attestations, and an engine with another such index."""
    played = machine(made="sha256:new")
    played.made = dataclasses.replace(MADE, attested=True)
    [(digest, parts)] = manifests(folder, made).items()
    listed = [{"digest": digest}, {"digest": "sha256:x", "annotations": {"vnd.docker.reference.type": "a"}}]
    played.manifests["sha256:old"] = json.dumps({"manifests": listed})
    layers = [{"digest": each} for each in parts[1:]]
    played.manifests[digest] = json.dumps({"config": {"digest": parts[0], "mediaType": "another"}, "layers": layers})
    return played


def test_attestations_make_no_other_image(tmp_path: Path) -> None:
    played = attested(tmp_path, MADE)
    [digest] = manifests(tmp_path, MADE)
    assert run(played)[-1] == f"{PUBLISHED}: built anew, and it is {digest} again"
    # What was published without attestations, too.
    played.manifests["sha256:old"] = played.manifests[digest]
    assert run(played)[-1] == f"{PUBLISHED}: built anew, and it is {digest} again"
    assert played.remote == {PUBLISHED: "sha256:old"}


def test_layers_that_another_program_packed_make_no_other_image(tmp_path: Path) -> None:
    played = attested(tmp_path, MADE)
    [(digest, parts)] = manifests(tmp_path, MADE).items()
    layers = [{"digest": f"sha256:packed-{number}"} for number in range(len(parts) - 1)]
    played.manifests[digest] = json.dumps({"config": {"digest": parts[0]}, "layers": layers})
    assert run(played)[-1] == f"{PUBLISHED}: built anew, and it is {digest} again"


def test_another_image_beside_attestations_is_refused_by_its_own_digest(tmp_path: Path) -> None:
    other = dataclasses.replace(MADE, settings={"config": {"User": "other"}})
    [held], [made] = manifests(tmp_path, other), manifests(tmp_path, MADE)
    with pytest.raises(OtherDigest, match=f"is {held} in the registry, and built anew it is {made}$"):
        run(attested(tmp_path, other))


def test_what_tells_no_parts_is_not_the_same(tmp_path: Path) -> None:
    played = attested(tmp_path, MADE)
    played.manifests = dict.fromkeys(played.manifests, "{}")
    played.made = Made([])
    with pytest.raises(OtherDigest):
        run(played)


def test_what_was_not_built_cannot_be_compared() -> None:
    played = machine()
    played.local.clear()
    with pytest.raises(StepFailed, match=f"image backend:{TAG} is not in the engine"):
        run(played)


def test_a_component_that_is_not_published_yet_is_not_looked_at() -> None:
    played = RegistryMachine()
    compare(played, Registry(played, "", lambda _line: None, None), {}, make_facts(), lambda _line: None, None)
    assert played.commands == []


@pytest.mark.parametrize("text", ["same", "other"])
def test_of_several_platforms_each_has_to_be_the_same(tmp_path: Path, text: str) -> None:
    played = machine(made="sha256:new")
    second, published = (Made([("COPY . /", {})], {"created": each}) for each in ("same", text))
    played.platforms = {"linux/amd64": MADE, "linux/arm64": second}
    with Saved(save_platforms({"linux/amd64": MADE, "linux/arm64": published}, tmp_path / "x.tar")) as saved:
        held = saved.manifests()
    played.manifests["sha256:old"] = json.dumps({"manifests": [{"digest": each} for each in held]})
    for digest, parts in held.items():
        played.manifests[digest] = json.dumps({"config": {"digest": parts[0]}, "layers": []})
    if text == "same":
        assert run(played)[-1] == f"{PUBLISHED}: built anew, and it is {', '.join(held)} again"
        return
    with pytest.raises(OtherDigest, match=f"is {', '.join(held)} in the registry"):
        run(played)
