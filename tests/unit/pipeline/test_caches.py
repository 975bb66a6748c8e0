from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from samples import COMMIT, CONFIG, HARD, NAMING, make_facts
from shiplane.cli.targets import LabTarget, RemoteTarget
from shiplane.commands import cache
from shiplane.commands.cache import Cache
from shiplane.config import Cache as Settings
from shiplane.model import Event
from shiplane.pipeline import builders
from shiplane.pipeline.caches import AtGithub, Caches, InFolder, InRegistry, Place, Told
from shiplane.pipeline.registry import Registry
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

    from checkouts import Answer

CACHE = json.dumps({"config": {"mediaType": "application/vnd.buildkit.cacheconfig.v0", "digest": "d", "size": 1}})
BUILDER: list[Answer] = [
    ("buildx inspect", "Name: default\nDriver: docker\n", 0),
    ("docker info", "26.1|[[driver-type io.containerd.snapshotter.v1]]", 0),
]
BACKEND, FRONTEND = (NAMING.repository(name) for name in ("backend", "frontend"))
TO = ",mode=max,compression=zstd,image-manifest=true,oci-mediatypes=true,ignore-error=true"
GITHUB = {"ACTIONS_RUNTIME_TOKEN": HARD}
OWN = {"REPOSITORY_OWNER": NAMING.owner, "CONTAINER_REGISTRY": NAMING.registry}


def caches(folder: Path, **words: Any) -> Caches:  # noqa: ANN401 - handed on
    given = {"event": Event("push", "feature/x", COMMIT), "target": RemoteTarget(folder, CONFIG, OWN)} | words
    return Caches(**{"config": CONFIG, "facts": make_facts(), "checkout": folder, "environ": GITHUB} | given)


def in_registry(*answers: Answer, builder: list[Answer] = BUILDER) -> tuple[RecordingRunner, Place]:
    runner = RecordingRunner([*answers, *builder, ("imagetools", "ERROR: x: not found", 1)])
    return runner, InRegistry(Registry(runner, "", lambda _line: None, None), NAMING, "zstd")


def expected(repository: str, level: str, tag: str) -> Cache:
    place = f"type=registry,ref={repository}:cache.production."
    targets = tuple(f"{place}{one}{TO}" for one in ("1.0.0_feature-x", "_feature-x", "_"))
    return Cache(level, (f"{place}{tag}",), targets, f"{place}1.0.0_feature-x")


def test_each_component_reads_the_first_level_that_is_there(tmp_path: Path) -> None:
    held = ("production._main$", "app-frontend:cache.production._$")
    _, place = in_registry(*((pattern, CACHE, 0) for pattern in held))
    said: list[str] = []
    found = caches(tmp_path).choose(place, "production", said.append)
    assert found == {
        "backend-production": expected(BACKEND, "main", "_main"),
        "frontend-production": expected(FRONTEND, "main", "_main"),
    }
    assert said == ["backend-production: cache main", "frontend-production: cache main"]


def test_what_is_no_cache_is_passed_over(tmp_path: Path) -> None:
    _, place = in_registry(("1.0.0_feature-x$", '{"config": {"mediaType": "an image"}}', 0), ("_$", CACHE, 0))
    found = caches(tmp_path).choose(place, "production", lambda _line: None)
    assert [one.level for one in found.values()] == ["general", "general"]


def test_a_registry_that_does_not_answer_is_told_and_left_alone(tmp_path: Path) -> None:
    _, place = in_registry(("imagetools", "connection refused", 1))
    said: list[str] = []
    assert set(caches(tmp_path).choose(place, "production", said.append).values()) == {Cache()}
    assert any(line.startswith("caches cannot be read, so the build does without: registry") for line in said)


CLASSIC: list[Answer] = [BUILDER[0], ("docker info", "26.1|[[Backing Filesystem extfs]]", 0)]


@pytest.mark.parametrize(("code", "written"), [(0, 3), (1, 0)], ids=["made", "not to be had"])
def test_on_the_classic_store_another_builder_writes_or_none(tmp_path: Path, code: int, written: int) -> None:
    name = builders.named(Settings().builder)
    runner, _ = in_registry((f"buildx inspect --bootstrap {name}", "", code), ("_$", CACHE, 0), builder=CLASSIC)
    opened = Registry(runner, "/private", lambda _line: None, None)
    told = caches(tmp_path).told(runner, opened, "production", tmp_path, lambda _line: None)
    assert told.variables[2:] == ((("BUILDX_BUILDER", name),) if written else ())
    assert not told.attests
    found = cache.read((tmp_path / "caches-production.json").read_text())
    assert [(one.level, len(one.sources), len(one.targets)) for one in found.values()] == [("general", 1, written)] * 2


def test_a_build_by_hand_reads_what_both_kinds_have_and_writes_nothing(tmp_path: Path) -> None:
    runner, _ = in_registry(("_$", CACHE, 0))
    opened = Registry(runner, "/private", lambda _line: None, None)
    told = caches(tmp_path).to_read(opened, tmp_path, lambda _line: None)
    assert told == ((cache.VARIABLE, str(tmp_path / "caches.json")), ("DOCKER_CONFIG", "/private"))
    found = cache.read((tmp_path / "caches.json").read_text())
    assert set(found) == {
        f"{name}-{kind}" for name in ("backend", "frontend") for kind in ("development", "production")
    }
    assert {(one.level, len(one.sources), one.targets) for one in found.values()} == {("general", 1, ())}
    assert not any("info" in command.argv for command in runner.commands)


def test_github_s_caches_without_its_token_are_done_without(tmp_path: Path) -> None:
    runner, _ = in_registry()
    config, said = dataclasses.replace(CONFIG, cache=Settings("gha")), list[str]()
    chosen = caches(tmp_path, config=config, environ={})
    assert chosen.told(runner, None, "production", tmp_path, said.append) == Told()
    assert said == ["GitHub's caches are open to those alone who have ACTIONS_RUNTIME_TOKEN: the build does without"]
    assert runner.commands == []


def test_github_s_caches_are_all_offered(tmp_path: Path) -> None:
    event = Event("pull_request", "feature/x", COMMIT)
    found = caches(tmp_path, event=event).choose(AtGithub("app"), "development", lambda _line: None)
    tags = ("1.0.0_feature-x", "1.0.0_main", "_feature-x", "_main", "_")
    backend = found["backend-development"]
    assert backend.sources == tuple(f"type=gha,scope=app-backend-cache.development.{tag}" for tag in tags)
    assert [target.partition(",mode")[0] for target in backend.targets] == [backend.sources[0], backend.sources[2]]


def test_a_session_is_told_by_a_file(tmp_path: Path) -> None:
    runner, _ = in_registry(("_$", CACHE, 0))
    opened = Registry(runner, "/private", lambda _line: None, None)
    told = caches(tmp_path).told(runner, opened, "production", tmp_path, lambda _line: None).variables
    file = tmp_path / "caches-production.json"
    assert told == ((cache.VARIABLE, str(file)), ("DOCKER_CONFIG", "/private"))
    assert [one.level for one in cache.read(file.read_text()).values()] == ["general", "general"]
    assert all(("DOCKER_CONFIG", "/private") in c.env for c in runner.commands if "imagetools" in c.argv)


@pytest.mark.parametrize(
    ("settings", "lab", "kind"),
    [
        (Settings(), False, InRegistry),
        (Settings("local"), False, InFolder),
        (Settings("gha"), False, AtGithub),
        (Settings("none"), False, None),
        (Settings(), True, None),
        (Settings("local", ("lab",)), True, InFolder),
        (Settings("local", ("lab",)), False, None),
    ],
)
def test_where_caches_are_kept(
    tmp_path: Path,
    settings: Settings,
    lab: bool,  # noqa: FBT001 - a parameter of the test
    kind: type[object] | None,
) -> None:
    config = dataclasses.replace(CONFIG, cache=settings)
    target = LabTarget(tmp_path, config, {}) if lab else RemoteTarget(tmp_path, config, OWN)
    runner, _ = in_registry()
    opened = Registry(runner, "", lambda _line: None, None)
    chosen = caches(tmp_path, config=config, target=target)
    told = chosen.told(runner, opened, "production", tmp_path, lambda _line: None).variables
    if kind is None:
        assert (told, runner.commands) == ((), [])
        return
    [targets] = {
        each.targets[0].partition(",")[0]
        for each in cache.read((tmp_path / "caches-production.json").read_text()).values()
    }
    assert targets == {InRegistry: "type=registry", InFolder: "type=local", AtGithub: "type=gha"}[kind]


@pytest.mark.parametrize("classic", [False, True])
def test_without_caches_the_builder_matters_to_what_is_attested(tmp_path: Path, *, classic: bool) -> None:
    config = dataclasses.replace(CONFIG, cache=Settings("none"))
    runner, _ = in_registry(builder=CLASSIC) if classic else in_registry()
    chosen = caches(tmp_path, config=config)
    told = chosen.told(runner, None, "production", tmp_path, lambda _line: None, attest=True)
    made = (("BUILDX_BUILDER", builders.named(Settings().builder)),)
    assert told == (Told(made, attests=False) if classic else Told())


def test_without_a_registry_that_is_open_there_are_no_caches_in_it(tmp_path: Path) -> None:
    runner, _ = in_registry()
    assert caches(tmp_path).told(runner, None, "development", tmp_path, lambda _line: None) == Told()


def test_bake_is_told_what_to_read_and_what_to_write() -> None:
    chosen = {"b": Cache("main", ("type=x,ref=1",), ("type=x,ref=2",)), "a": Cache("", (), ("type=x,ref=3",))}
    written = ("--set=a.cache-to=type=x,ref=3", "--set=b.cache-to=type=x,ref=2")
    assert cache.options(chosen) == (written[0], "--set=b.cache-from=type=x,ref=1", written[1])
    assert cache.options(chosen, read=False) == written
    assert cache.read(cache.write(chosen)) == chosen
    assert list(cache.further(chosen)) == []


def test_further_levels_are_written_in_calls_of_their_own() -> None:
    a, b = Cache("", ("0",), ("4", "5"), "at 4"), Cache("", (), ("1", "2", "3"), "at 1")
    chosen = {"b": b, "a": a, "c": Cache("main", ("6",))}
    assert cache.options(chosen, read=False) == ("--set=a.cache-to=4", "--set=b.cache-to=1")
    of_a, of_b = "--set=a.cache-from=at 4", "--set=b.cache-from=at 1"
    assert list(cache.further(chosen)) == [
        (of_a, "--set=a.cache-to=5", of_b, "--set=b.cache-to=2"),
        (of_b, "--set=b.cache-to=3"),
    ]
    assert cache.read(cache.write(chosen)) == chosen
