"""What servers, registry and engine are asked of a plan: nothing is changed there, and what they say is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from checkouts import contents
from machines import BASES
from samples import COMMIT, REMOTE, make_release
from shiplane.deploy.survey import Entry
from shiplane.model import Deployment
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from projects import Ended, Project

ROOT = "/home/deploy/deployments/app-staging/releases"
LOOK = "/run/look/tmp.Xa3"
"""Where a release lies whose files are only looked at."""
DATA = {"type": "volume", "source": "data", "target": "/data"}
FILES = {"type": "bind", "source": "./served", "target": "/srv"}
BEFORE = {
    "db": {"image": "postgres:17", "volumes": [DATA]},
    "backend": {"image": "r/backend@sha256:1", "depends_on": {"db": {}}},
    "frontend": {"image": "r/frontend@sha256:1", "volumes": [FILES]},
    "mail": {"image": "r/mail@sha256:1"},
}
AFTER = {
    **{name: BEFORE[name] for name in ("db", "frontend")},
    "backend": {"image": "r/backend@sha256:2", "depends_on": {"db": {}}},
    "worker": {"image": "r/backend@sha256:2"},
}


def model(folder: str, services: dict[str, Any]) -> str:
    resolved = json.dumps({"services": services}).replace('"./', f'"{folder}/')
    return f"root\t{folder}\nmodel\t{resolved}"


def container(service: str) -> str:
    state = {"Status": "running", "ExitCode": 0, "Health": {"Status": "healthy"}}
    told = {"service": service, "once": "False", "hash": "h", "id": service, "reference": "r", "image": "sha256:i"}
    return "container\t" + json.dumps({**told, "state": state, "restarts": 0, "policy": "no", "network": "n"})


STATE = "\n".join([
    *map(container, BEFORE), model(f"{ROOT}/old", BEFORE), "current\told", "checksum\tx",
    f"release\t{json.dumps(make_release('old').to_json())}",
])  # fmt: skip


@pytest.fixture
def published(project: Project) -> Project:
    """Give a checkout whose commit is published, before a server that runs another release."""
    store = Store(project.folder)
    store.save_release("remote", make_release())
    store.save_release_files("remote", make_release().id, in_checkout(project.folder))
    project.answers(
        *BASES,
        ("docker image inspect --format '{{.Id}}", "", 0),
        servers=[("bash -s survey", STATE, 0), ("bash -s preview", model(LOOK, AFTER), 0)],
    )
    return project


DECIDED = {
    "db": ("leave", "nothing of it changed"),
    "backend": ("roll", "image"),
    "frontend": ("leave", "nothing of it changed"),
    "worker": ("start", "it does not run"),
    "mail": ("remove", "the release does not have it"),
}


def decided(text: str) -> dict[str, tuple[str, str]]:
    """Read the table of what happens to each service."""
    rows = (line.split(maxsplit=2) for line in text.splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3 and row[0] in DECIDED}


def asked(project: Project) -> list[str]:
    """Give the scripts that servers were asked to run."""
    return [command.argv[2] for server in project.world.servers.values() for command in server.commands]


def test_a_dry_deploy_says_what_happens_to_each_service(published: Project) -> None:
    before = contents(published.folder)
    ended = published.invoke("deploy --env staging --target remote --dry-run", **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    plan, _, told = ended.out.partition("\non staging, as it is now:\n")
    assert "staging.deploy" in plan
    found = decided(told)
    assert {name: verb for name, (verb, _) in found.items()} == {name: verb for name, (verb, _) in DECIDED.items()}
    assert all(why in found[name][1] for name, (_, why) in DECIDED.items()), found
    assert asked(published) == ["survey", "preview"]
    assert contents(published.folder) == before


def test_a_dry_deploy_before_a_server_that_does_not_answer(published: Project) -> None:
    published.answers(servers=[("bash -s survey", "no engine", 1)])
    ended = published.invoke("deploy --env staging --target remote --dry-run", **REMOTE)
    assert ended.code == 0
    assert "decided on the host, which cannot be asked now: the container engine on staging does not" in ended.out


def test_what_runs_already_is_left_alone(published: Project) -> None:
    published.patch.setattr("shiplane.deploy.rollout._running", lambda *_words: object())
    published.patch.setattr("shiplane.deploy.bundle.Bundle.checksum", "x")
    ended = published.invoke("deploy --env staging --target remote --dry-run", **REMOTE)
    told = decided(ended.out.partition("as it is now:")[2])
    assert set(told.values()) == {("leave", f"{make_release().id} runs already")}
    assert asked(published) == ["survey"]


SERVES = Deployment("d1", "production", "u", "newer", "c" * 40, "r42", "promote", "deployed", "", "")


@pytest.mark.parametrize("line", ["deploy --env production", "deploy --env production --strategy recreate", "promote"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_dry_run_tells_that_production_would_go_back(project: Project, line: str, code: int) -> None:
    store, release = Store(project.folder), make_release()
    store.save_release("remote", release)
    store.save_release_files("remote", release.id, in_checkout(project.folder))
    served = f"audit\t{json.dumps(Entry(SERVES, 'ada@laptop', {}).to_json())}"
    project.answers(("git merge-base", "", code), *BASES, servers=[("bash -s survey", f"{STATE}\n{served}", 0)])
    ended = project.invoke(f"{line} --release {release.id} --target remote --dry-run", **REMOTE)
    told = f"\nnote: {release.id} is older than newer, which production serves: going back to it\n"
    assert (ended.code, ended.err, told in ended.out) == (0, "", code == 0)
    assert f"--is-ancestor {release.commit} {'c' * 40}" in " ".join(project.transcript)


def surveyed(project: Project, words: str = "") -> Ended:
    project.patch.setattr("shiplane.pipeline.registry.Registry.digest", lambda *_words: "")
    return project.invoke(f"plan --survey --target remote {words}", **REMOTE, REGISTRY_PASSWORD="pw")


def test_a_survey_asks_engine_registry_and_servers(published: Project) -> None:
    before = contents(published.folder)
    ended = surveyed(published, "--json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.json["survey"]
    assert set(found) == {"engine", "registry", "staging", "production"}
    assert found["engine"] == []
    assert [(row["component"], row["digest"]) for row in found["registry"]] == [("backend", ""), ("frontend", "")]
    assert {row["service"]: row["what"] for row in found["staging"]} == {
        name: verb for name, (verb, _) in DECIDED.items()
    }
    assert set(asked(published)) == {"survey", "preview"}
    assert contents(published.folder) == before
    text = surveyed(published).out
    assert decided(text.partition("\nstaging\n  ")[2]).keys() == DECIDED.keys()
    assert f"backend   1.0.0-{COMMIT[:12]}  not there" in text


def test_a_survey_says_what_cannot_be_asked(project: Project) -> None:
    project.answers(("docker info", "Cannot connect to the Docker daemon", 1))
    found = surveyed(project, "--json").json["survey"]
    assert found["engine"]["cause"] == "no container engine: Cannot connect to the Docker daemon"
    assert found["staging"]["cause"] == f"no published release for {COMMIT[:12]} on the target remote"
    assert "cannot be asked now: no container engine" in surveyed(project).out
