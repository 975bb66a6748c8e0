"""A real client and a real registry, with faults between them."""

from __future__ import annotations

import io
import tarfile
import uuid
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker
from helpers.faults import CUT, Between, answer, between
from helpers.registry import registry, tags
from shiplane.commands import buildx
from shiplane.errors import (
    RegistryBroken,
    RegistryCut,
    RegistryForbids,
    RegistryLimited,
    RegistryUnauthorized,
    Unreachable,
)
from shiplane.pipeline.registry import Registry
from shiplane.pipeline.registry_tries import TRIES, Patience
from shiplane.runners.http import HttpRunner
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHO = 'WWW-Authenticate: Basic realm="registry"'
REFUSALS = {
    "401": (answer("401 Unauthorized", WHO), RegistryUnauthorized),
    "403": (answer("403 Forbidden"), RegistryForbids),
}
PASSING = {
    "429": (answer("429 Too Many Requests", "Retry-After: 7"), RegistryLimited, 7.0),
    "500": (answer("500 Internal Server Error"), RegistryBroken, 2.0),
    "cut": (CUT, RegistryCut, 2.0),
}


class Bench:
    """Push a small image through what stands before a registry; each wait is noted, and passes at once."""

    def __init__(self, folder: Path, door: Between, behind: str) -> None:
        self.door, self.behind = door, behind
        self.name = f"acme/small-{uuid.uuid4().hex[:12]}"
        self.reference = f"{door.address}/{self.name}:1"
        docker("import", "-", self.reference, stdin=_image())
        self.said: list[str] = []
        self.waited: list[float] = []
        self.heals = False
        patience = Patience(self.said.append, None, HttpRunner(), self._wait)
        self.registry = Registry(LocalRunner(folder, {"PATH": "/usr/bin:/bin"}), "", self.said.append, None, patience)

    def send(self, folder: Path) -> None:
        """Let the builder send an image under the tag `sent`: by digest alone the engine's own does not."""
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY file /\n")
        (folder / "file").write_text(uuid.uuid4().hex)
        file = folder / "bake.json"
        file.write_text(buildx.definition((buildx.Build("small", str(folder), ""),)))
        repository = f"{self.door.address}/{self.name}"
        output = f"--set=*.output=type=image,name={repository}:sent,push=true"
        self.registry.receive(buildx.bake(str(file), "", output=(output,)), repository)
        docker("rmi", f"{repository}:sent")

    def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        if self.heals:
            self.door.heal()


def _image() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        data = uuid.uuid4().bytes * 1000
        member = tarfile.TarInfo("file")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with registry() as (address, _):
        yield address


@pytest.fixture
def bench(tmp_path: Path, place: str) -> Iterator[Bench]:
    with between(place) as door:
        made = Bench(tmp_path, door, place)
        yield made
        docker("rmi", "--force", made.reference)


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_is_told_at_once(bench: Bench, fault: str) -> None:
    said, wanted = REFUSALS[fault]
    bench.door.strike(said)
    for order in (bench.registry.push, bench.registry.digest):
        with pytest.raises(wanted) as caught:
            order(bench.reference)
        assert caught.value.exit_code == 4
        assert caught.value.details
    assert bench.waited == []


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_is_told_at_once_where_the_builder_sends(bench: Bench, tmp_path: Path, fault: str) -> None:
    said, wanted = REFUSALS[fault]
    bench.door.strike(said)
    with pytest.raises(wanted) as caught:
        bench.send(tmp_path)
    assert caught.value.exit_code == 4
    assert bench.waited == []
    bench.door.heal()
    bench.send(tmp_path)
    assert set(tags(bench.behind, bench.name)) == {"sent"}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_for(bench: Bench, fault: str) -> None:
    said, _, seconds = PASSING[fault]
    bench.door.strike(said)
    bench.heals = True
    bench.registry.push(bench.reference)
    assert bench.waited == [seconds]
    digest = tags(bench.behind, bench.name)["1"]
    bench.door.strike(said)
    assert bench.registry.digest(bench.reference) == digest
    assert bench.waited == [seconds, seconds]


@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_has_its_word(bench: Bench, fault: str) -> None:
    said, wanted, _ = PASSING[fault]
    bench.door.strike(said)
    with pytest.raises(wanted) as caught:
        bench.registry.push(bench.reference)
    assert caught.value.exit_code == 4
    assert len(bench.waited) == TRIES - 1
    assert type(caught.value) is not Unreachable
