"""Whole argv of what is asked of git, the engine, Compose, Nox and the browser tests."""

from __future__ import annotations

import itertools
import json
from functools import partial

import pytest

from samples import HARD
from shiplane.commands import buildx, engine, git, nox, playwright, stack
from shiplane.model import Command, Secret

SETTINGS = ("GIT_OPTIONAL_LOCKS", "0")

QUESTIONS = {
    git.head(): "git log -1 --format=%H%x00%an%x00%s%x00%D",
    git.branch(): "git symbolic-ref --quiet --short HEAD",
    git.last_change("backend"): "git log -1 --format=%H%x00%cI -- backend",
    git.edits(): "git diff --raw --no-abbrev --no-renames -z HEAD --",
    git.edits("a b"): "git diff --raw --no-abbrev --no-renames -z HEAD -- a b",
    git.untracked(): "git ls-files --others --exclude-standard -z --",
    git.ignored("a b"): "git ls-files --others --ignored --exclude-standard --directory -z -- a b",
    git.contains("abc", "main"): "git merge-base --is-ancestor abc main",
    git.archive("abc", "/tmp/files.tar"): "git archive --format=tar --output=/tmp/files.tar abc",  # noqa: S108
}


@pytest.mark.parametrize(("command", "words"), QUESTIONS.items(), ids=QUESTIONS.values())
def test_questions_to_git(command: Command, words: str) -> None:
    assert " ".join(command.argv) == words
    assert command.env == (SETTINGS,)
    assert (command.host, command.stdin, command.cwd) == ("local", None, None)


ENGINE = {
    engine.info(): (
        *("docker", "info", "--format"),
        "{{.ServerVersion}}|{{.DriverStatus}}|{{range .ClientInfo.Plugins}}{{.Name}} {{.Version}} {{end}}",
    ),
    engine.label("a:1", "x.y"): ("docker", "image", "inspect", "--format", '{{index .Config.Labels "x.y"}}', "a:1"),
    engine.tag("a:1", "r/a:1"): ("docker", "tag", "a:1", "r/a:1"),
    engine.push("r/a:1"): ("docker", "push", "--quiet", "r/a:1"),
    engine.pull("r/a:1"): ("docker", "pull", "--quiet", "r/a:1"),
    engine.manifest("r/a:1"): (
        *("docker", "buildx", "imagetools", "inspect", "r/a:1", "--format", "{{json .Manifest}}"),
    ),
    engine.run_tests("a:1", "tests", ("npm", "test"), {"B": "2", "A": "1"}): (
        *("docker", "run", "--init", "--name", "tests", "--network", "none"),
        *("--env", "A=1", "--env", "B=2", "a:1", "npm", "test"),
    ),
    engine.copy_out("tests", "/app/reports", "here"): ("docker", "cp", "--quiet", "tests:/app/reports/.", "here"),
    engine.remove("a", "b"): ("docker", "rm", "--force", "--volumes", "a", "b"),
}


@pytest.mark.parametrize(("command", "argv"), ENGINE.items(), ids=[" ".join(c.argv[:3]) for c in ENGINE])
def test_orders_to_the_engine(command: Command, argv: tuple[str, ...]) -> None:
    assert command.argv == argv
    assert command.env == ()


def test_questions_to_engine_and_registry_end_by_themselves() -> None:
    assert (engine.info().timeout, engine.manifest("r/a:1").timeout) == (20, 60)


COMPOSE = ("docker", "compose", "--progress", "quiet", "--project-name", "p")
BOTH = ("--file", "docker-compose.yml", "--file", "compose.test.yml")
WAITING = ("--detach", "--wait", "--wait-timeout", "120", "--no-build", "--quiet-pull")


def test_the_test_stack() -> None:
    env = {"B": "2", "A": "1"}
    up, run = stack.up("p", ("db", "redis"), env), stack.run("p", "name", "backend", ("pytest", "-x"), env)
    assert up.argv == (*COMPOSE, *BOTH, "up", *WAITING, "db", "redis")
    assert run.argv == (*COMPOSE, *BOTH, "run", "--no-deps", "--no-TTY", "--name", "name", "backend", "pytest", "-x")
    down = (*COMPOSE, *BOTH, "--profile", "*", "down", "--remove-orphans", "--timeout", "2")
    assert stack.down("p", env).argv == (*down, "--volumes")
    assert stack.down("p", env, volumes=False).argv == down
    assert up.env == run.env == (("A", "1"), ("B", "2"))


def test_the_development_stack_has_one_file() -> None:
    up = stack.up("p", (), {}, stack.DEVELOPMENT)
    assert up.argv == (*COMPOSE, "--file", "docker-compose.yml", "up", *WAITING)


def test_a_nox_session() -> None:
    assert nox.session("lint") == Command((".venv/bin/nox", "-s", "lint"))
    assert nox.session("images", "production").argv == (".venv/bin/nox", "-s", "images", "--", "production")
    assert nox.session("lint", run="abc").env == (("SHIPLANE_RUN", "abc"),)


def test_a_session_of_a_run_is_told_which_images_the_run_made() -> None:
    ids = {"frontend-dev:1": "sha256:f", "backend-dev:1": "sha256:b"}
    command = nox.by_id(nox.session("lint", run="abc"), ids)
    assert nox.told_ids(command.environment()) == ids
    assert command.environment()["SHIPLANE_RUN"] == "abc"
    for plain in (nox.session("lint"), Command(("true",), env=(("A", "b"),))):
        assert nox.by_id(plain, ids) == plain
    assert nox.by_id(nox.session("lint", run="abc"), {}) == nox.session("lint", run="abc")


def test_outside_of_a_run_a_session_is_told_nothing() -> None:
    assert nox.told_ids({}) == nox.told_ids({"SHIPLANE_RUN": "abc"}) == {}
    assert nox.told_ids({"SHIPLANE_IMAGES": '{"backend-dev:1": "sha256:of another run"}'}) == {}


def test_the_browser_tests_get_secrets_by_name() -> None:
    variables = {"BASE_URL": "http://s", "BOARD_TOKEN": Secret("BOARD_TOKEN", HARD)}
    command = playwright.run("runner:1", "name", "/reports here", "0:0", variables, ("--project=e2e",))
    assert command.argv == (
        *("docker", "run", "--rm", "--init", "--name", "name", "--network", "host", "--shm-size", "512m"),
        *("--user", "0:0", "--volume", "/reports here:/reports", "--env", "BASE_URL", "--env", "BOARD_TOKEN"),
        *("runner:1", "npx", "playwright", "test", "--project=e2e"),
    )
    assert command.environment() == {"BASE_URL": "http://s", "BOARD_TOKEN": HARD}
    assert HARD not in " ".join(command.argv) + command.masked()
    trusting = playwright.run("runner:1", "name", "/r", "0:0", variables, (), "/lab here/ca.pem", "lab", "1=s:443")
    assert "/lab here/ca.pem:/run/authority.pem:ro" in trusting.argv
    assert trusting.environment()["CA_FILE"] == "/run/authority.pem"
    assert trusting.environment()["FORWARD"] == "1=s:443"
    assert trusting.argv[trusting.argv.index("--network") + 1] == "lab"
    reading = playwright.run("runner:1", "name", "/r", "0:0", {}, (), mounts={"/a site": "/pages/0", "/b": "/pages/1"})
    volumes = [word for before, word in itertools.pairwise(reading.argv) if before == "--volume"]
    assert volumes == ["/r:/reports", "/a site:/pages/0:ro", "/b:/pages/1:ro"]


TOLD = (("VERSION", "1.0.0"), ("REVISION", "abc"))
ONE = buildx.Build("backend-production", "backend", "backend:1", "production", TOLD, labels=(("a.b", "${X}"),))
TWO = buildx.Build("runner", "testing", "runner:1", platforms=("linux/amd64", "linux/arm64"))
BAKED = {
    "group": {"default": {"targets": ["backend-production", "runner"]}},
    "target": {
        "backend-production": {
            "context": "backend",
            "target": "production",
            "tags": ["backend:1"],
            "args": {"VERSION": "1.0.0", "REVISION": "abc"},
            "labels": {"a.b": "$${X}"},
        },
        "runner": {"context": "testing", "tags": ["runner:1"], "platforms": ["linux/amd64", "linux/arm64"]},
    },
}


def test_the_bake_file_has_every_target_whatever_their_order() -> None:
    assert json.loads(buildx.definition((ONE, TWO))) == BAKED
    assert buildx.definition((ONE, TWO)) == buildx.definition((TWO, ONE))


def test_no_argument_is_read_as_a_template() -> None:
    arguments = (("A", "${HOME} %{ if } $HOME 100%"), ("B", HARD))
    told = json.loads(buildx.definition((buildx.Build("x", "x", "x:1", arguments=arguments),)))["target"]["x"]["args"]
    assert told == {"A": "$${HOME} %%{ if } $HOME 100%", "B": HARD}


def test_building() -> None:
    loaded = buildx.loaded((buildx.Build("a", "a", "a:1"), buildx.Build("b", "b", "b:1", stays=True)))
    assert loaded == (
        "--set=a.output=type=docker,compression=gzip,force-compression=true",
        "--set=b.output=type=docker,compression=zstd",
    )
    head = ("docker", "buildx", "bake", "--file", "bake.json", *loaded, "--provenance=false", "--progress=plain")
    assert buildx.bake("bake.json", "", output=loaded).argv == head
    assert buildx.bake("bake.json", "", buildx.NO_CACHE, output=loaded).argv == (*head, "--no-cache")
    assert buildx.bake("bake.json", "/ca.crt", output=loaded).argv == (*head, "--set=*.secrets=id=ca,src=/ca.crt")


def test_what_is_attested() -> None:
    how, what = buildx.provenance("machine:here"), buildx.sbom("registry.test/scan:1")
    told = tuple(f"--set=*.attest={word}" for word in (how, what))
    assert told == (
        "--set=*.attest=type=provenance,mode=max,builder-id=machine:here",
        "--set=*.attest=type=sbom,generator=registry.test/scan:1",
    )
    head = ("docker", "buildx", "bake", "--file", "bake.json", *buildx.NOTHING)
    bake = partial(buildx.bake, "bake.json", "", output=buildx.NOTHING)
    assert bake(attest=(how, what)).argv == (*head, *told, "--progress=plain")
    plain = (*head, "--provenance=false", "--set=*.attest=type=sbom", "--progress=plain")
    assert bake(attest=(buildx.sbom(""),)).argv == plain
