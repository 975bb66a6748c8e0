"""Building images by hand, from what the caches of a target hold."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from machines import sessions
from samples import HARD
from shiplane.pipeline.builders import named

if TYPE_CHECKING:
    from checkouts import Answer
    from projects import Project

REMOTE = {
    "REPOSITORY_OWNER": "acme",
    "CONTAINER_REGISTRY": "registry.test",
    "REGISTRY_USER": "me",
    "REGISTRY_PASSWORD": HARD,
}
ENGINE = ("docker info", "29.1|[[driver-type io.containerd.snapshotter.v1]]", 0)
CLASSIC = (
    ("docker info", "26.1|[[Backing Filesystem extfs]]", 0),
    ("inspect --bootstrap$", "Name: default\nDriver: docker\n", 0),
)
CACHE = json.dumps({"config": {"mediaType": "application/vnd.buildkit.cacheconfig.v0", "digest": "d", "size": 1}})
HELD = ("imagetools.*_main$", CACHE, 0)


def test_a_build_reads_the_caches_of_its_target_and_writes_none(project: Project) -> None:
    project.answers(ENGINE, HELD)
    ended = project.invoke("build --target remote", **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    assert "backend-production: cache version+branch" in ended.out
    asked = [line for line in project.transcript if " git " not in line]
    login = [line for line in asked if " login " in line]
    assert [line.partition(" docker ")[2] for line in login] == [
        "login --username me --password-stdin registry.test < <REGISTRY_PASSWORD>"
    ]
    [session] = [line for line in asked if line.endswith("/nox -s images")]
    assert re.fullmatch(r"local\$ SHIPLANE_CACHES=\S+/caches\.json DOCKER_CONFIG=\S+ \.venv/bin/nox -s images", session)
    assert HARD not in ended.out + "\n".join(project.transcript)


def test_a_target_without_caches_is_not_asked(project: Project) -> None:
    project.answers(ENGINE)
    assert project.invoke("build").code == 0
    assert sessions(project) == ["images"]
    assert not any("imagetools" in line or "login" in line for line in project.transcript)


def built(*names: str) -> Answer:
    rows = (f'sha256:{n}\t["{name}"]' for n, name in enumerate(names))
    return (f"docker image inspect.* {names[0]}", "\n".join(rows), 0)


DEVELOPMENT = built("backend-dev:1.0.0", "frontend-dev:1.0.0")
PRODUCTION = built("backend:1.0.0-664a230c1f2e", "frontend:1.0.0-664a230c1f2e")


def test_what_was_built_of_the_same_inputs_is_not_built_again(project: Project) -> None:
    project.answers(ENGINE, DEVELOPMENT, PRODUCTION)
    assert project.invoke("build").code == 0
    assert sessions(project) == ["images"]
    project.world.machine.commands.clear()
    ended = project.invoke("build")
    assert (ended.code, sessions(project)) == (0, [])
    assert ended.out == (
        "nothing changed since backend-dev:1.0.0 and frontend-dev:1.0.0 were built\n"
        "nothing changed since backend:1.0.0-664a230c1f2e and frontend:1.0.0-664a230c1f2e were built\n"
    )
    assert project.invoke("build --no-reuse").code == 0
    assert sessions(project) == ["images"]


def test_what_changed_or_is_gone_is_built(project: Project) -> None:
    project.answers(ENGINE, DEVELOPMENT, PRODUCTION)
    assert project.invoke("build").code == 0
    project.answers(ENGINE, built("backend-dev:1.0.0", "another:1"), PRODUCTION)
    assert project.invoke("build").code == 0
    assert sessions(project) == ["images -- development"]
    (project.folder / "frontend/package.json").write_text('{"version": "1.0.0", "name": "x"}\n')
    edited = ("git ls-files --modified", "frontend/package.json\0", 0)
    project.answers(edited, ENGINE, DEVELOPMENT, PRODUCTION)
    assert project.invoke("build").code == 0
    assert sessions(project) == ["images"]


def test_what_keeps_the_caches_away_costs_no_build(project: Project) -> None:
    project.answers(ENGINE, ("docker login", "connection refused", 1))
    ended = project.invoke("build --target remote", **REMOTE)
    assert ended.code == 0
    assert "the build does without caches: registry registry.test does not answer" in ended.out
    assert "local$ .venv/bin/nox -s images" in project.transcript
    project.answers(ENGINE)
    ended = project.invoke("build --target remote", REPOSITORY_OWNER="")
    assert (ended.code, sessions(project)) == (0, ["images"])
    assert "the build does without caches: tool.shiplane.owner: is needed for the target remote" in ended.out


def test_on_the_classic_store_a_run_builds_by_another_builder_where_it_can_be_had(project: Project) -> None:
    name = named("registry.test/buildkit:1")
    variables = REMOTE | {"SHIPLANE_SET_CACHE__BUILDER": "registry.test/buildkit:1"}
    project.answers(*CLASSIC)
    assert project.invoke("pipeline --target remote --event pull_request --only build --plain", **variables).code == 0
    [session] = [line for line in project.transcript if line.endswith("/nox -s images -- development")]
    assert f" BUILDX_BUILDER={name} " in session
    project.answers((f"inspect --bootstrap {name}", "ERROR: not found", 1), *CLASSIC)
    ended = project.invoke("pipeline --target remote --event pull_request --only build --no-reuse --plain")
    assert ended.code == 0
    [session] = [line for line in project.transcript if line.endswith("/nox -s images -- development")]
    assert "BUILDX_BUILDER" not in session
    log = (project.runs[-1] / "logs/build.images.log").read_text()
    lines = [line for line in log.splitlines() if "attest" in line or "image store" in line]
    assert [line.partition(", and ")[2] for line in lines] == [
        "registry.test/buildkit:1 cannot be had (ERROR: not found): caches are only read, and nothing is attested"
    ]
