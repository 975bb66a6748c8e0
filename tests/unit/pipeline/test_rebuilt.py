from __future__ import annotations

import pytest

from registries import RegistryMachine
from samples import NAMING, make_facts
from shiplane.errors import OtherDigest, StepFailed
from shiplane.model import Image
from shiplane.pipeline.rebuilt import compare
from shiplane.pipeline.registry import Registry

TAG = "1.0.0-664a230c1f2e"
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
    classic: bool,  # noqa: FBT001 - a parameter of the test
    pushed: dict[str, str],
) -> None:
    played = machine(classic=classic, made="sha256:new")
    with pytest.raises(OtherDigest) as caught:
        run(played)
    told = f"{PUBLISHED} is sha256:old in the registry, and built anew it is sha256:new"
    assert (caught.value.exit_code, caught.value.cause) == (8, told)
    assert played.remote == {PUBLISHED: "sha256:old", **pushed}


def test_what_was_not_built_cannot_be_compared() -> None:
    played = machine()
    played.local.clear()
    with pytest.raises(StepFailed, match=f"image backend:{TAG} is not in the engine"):
        run(played)


def test_a_component_that_is_not_published_yet_is_not_looked_at() -> None:
    played = RegistryMachine()
    compare(played, Registry(played, "", lambda _line: None, None), {}, make_facts(), lambda _line: None, None)
    assert played.commands == []
