"""What is typed about a server itself."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from samples import HARD, make_release
from shiplane.model import Deployment

if TYPE_CHECKING:
    from projects import Ended, Project

REMOTE = {
    "REPOSITORY_OWNER": "acme",
    "SERVER_HOST": "192.0.2.1",
    "SERVER_USER": "deploy",
    "SSH_PRIVATE_KEY": "no key",
    "SSH_KNOWN_HOSTS": "192.0.2.1 ssh-ed25519 AAAA",
    "DB_PASSWORD": HARD,
    "REDIS_PASSWORD": HARD,
}
SCRIPT = "curl -fsSL https://get.docker.com -o get-docker.sh && sh get-docker.sh"
FOLDER = "deployments/app-staging"
WELL = f"""who\tdeploy
engine\t26.1.5
compose\t2.26.1
containers\t4
sessions\t10
disk\t/\t9000000000
user\t/bin/bash
groups\tdeploy docker
path\t700 deploy /home/deploy/deployments
path\t700 deploy /home/deploy/{FOLDER}
"""
BAD = WELL.replace("2.26.1", "2.10.0").replace(f"path\t700 deploy /home/deploy/{FOLDER}\n", "")


def prepare(project: Project, said: str, *options: str) -> Ended:
    answers = [("prepare check", f"time\t{time.time()}\n{said}", 0), ("prepare make", "made\tfolders\n", 0)]
    project.answers(servers=answers)
    return project.invoke(" ".join(("server.prepare --env staging --target remote", *options)), **REMOTE)


def asked(project: Project) -> list[tuple[str, ...]]:
    commands = project.world.servers["staging"].commands
    return [command.argv[2:] for command in commands if command.argv[0] == "bash"]


def test_a_server_that_is_ready(project: Project) -> None:
    ended = prepare(project, WELL)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "ok  reach"
    assert all(line.startswith("ok  ") for line in ended.out.splitlines())
    assert asked(project) == [("prepare", "check", "deploy", FOLDER)]


def test_a_server_that_lacks_something(project: Project) -> None:
    ended = prepare(project, BAD)
    assert ended.code == 3
    assert [line for line in ended.out.splitlines() if not line.startswith("ok")] == [
        "no  compose         Compose is 2.10.0, 2.24.4 is the least",
        f"    fix: as root: {SCRIPT} (it brings Compose too)",
        f"no  folders         ~/{FOLDER} is not there",
        f"    fix: as deploy: mkdir -p {FOLDER} && chmod 700 deployments {FOLDER}",
    ]
    cause, fix, page = ended.err.splitlines()
    assert cause == "the server of staging is not ready: compose, folders"
    assert page == "see: docs/errors.md#not-prepared"
    assert fix.endswith("let what can be made be made: invoke server.prepare --env staging --admin root --apply")
    assert asked(project) == [("prepare", "check", "deploy", FOLDER)]


def test_for_machines(project: Project) -> None:
    ended = prepare(project, BAD, "--json")
    assert ended.code == 3
    assert ended.json[0] == {"id": "reach", "ok": True, "cause": "", "fix": ""}
    assert [check["id"] for check in ended.json if not check["ok"]] == ["compose", "folders"]
    assert all(set(check) == {"id", "ok", "cause", "fix"} for check in ended.json)


@pytest.mark.parametrize("options", ["--dry-run", "--apply --dry-run"])
def test_a_dry_run_makes_nothing(project: Project, options: str) -> None:
    ended = prepare(project, BAD, options)
    assert (ended.code, ended.out.splitlines()[-1]) == (3, "would make: folders")
    assert asked(project) == [("prepare", "check", "deploy", FOLDER)]


def test_applying_makes_what_the_user_may_and_looks_again(project: Project) -> None:
    ended = prepare(project, BAD, "--apply")
    assert (ended.code, ended.out.splitlines()[0]) == (3, "made: folders")
    assert [words[1] for words in asked(project)] == ["check", "make", "check"]
    assert asked(project)[1] == ("prepare", "make", "deploy", FOLDER, "folders")


def test_applying_to_what_is_ready_changes_nothing(project: Project) -> None:
    ended = prepare(project, WELL, "--apply")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "nothing was changed")
    assert [words[1] for words in asked(project)] == ["check"]


def served(release: str, day: int) -> str:
    at = f"2026-01-0{day}"
    done = Deployment(f"i{day}", "staging", "u", release, "c", "r", "deploy", "deployed", at, at)
    fields = {name: getattr(done, name) for name in Deployment.__dataclass_fields__}
    return "audit\t" + json.dumps({**fields, "who": "me", "digests": {}})


LISTED = ("one", "two", "three", "four")
KEPT = "\n".join(
    [
        *(f"release\t{json.dumps(make_release(name).to_json())}" for name in LISTED),
        *(served(name, day) for day, name in enumerate(LISTED, 1)),
        "current\tfour",
    ]
)
TAKEN = 'taken\t{"run": "r", "user": "u", "host": "h", "pid": 1, "since": "t", "renewed_at": "t"}'
RETAIN = ("retain", FOLDER, "app-staging", "four", "one")


def prune(project: Project, *options: str, survey: str = KEPT, retain: tuple[str, int] = ("", 0)) -> Ended:
    answers = [("bash -s survey", survey, 0), ("bash -s lock", TAKEN, 0), ("bash -s retain", *retain)]
    project.answers(servers=answers)
    variables = REMOTE | {"SHIPLANE_SET_KEEP_RELEASES": "3"}
    return project.invoke(" ".join(("server.prune --env staging --target remote", *options)), **variables)


def test_what_nothing_needs_is_removed_under_the_lock(project: Project) -> None:
    ended = prune(project)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "staging: removed one, and the images that no release needs\n"
    assert [words[:2] if words[0] == "lock" else words[:1] for words in asked(project)] == [
        ("lock", "take"), ("survey",), ("retain",), ("lock", "drop"),
    ]  # fmt: skip
    assert asked(project)[2] == RETAIN


def test_what_could_not_be_removed_is_told(project: Project) -> None:
    assert prune(project, retain=("releases/one was not removed", 0)).out.splitlines()[-1] == (
        "releases/one was not removed"
    )
    told = prune(project, "--json", retain=("releases/one was not removed", 0)).json
    assert told == {"environment": "staging", "removed": ["one"], "left": ["releases/one was not removed"]}
    ended = prune(project, retain=("no such folder", 1))
    assert (ended.code, ended.err.splitlines()[0]) == (4, "staging could not be tidied")


def test_a_dry_run_shows_what_would_go(project: Project) -> None:
    ended = prune(project, "--dry-run")
    assert ended.out.splitlines()[0] == "would remove one, and the images that no release needs"
    assert ended.out.splitlines()[1].startswith(f"staging$ bash -s {' '.join(RETAIN)} < (")
    assert [words[0] for words in asked(project)] == ["survey"]


def test_where_nothing_is_deployed_nothing_is_removed(project: Project) -> None:
    ended = prune(project, survey="")
    assert (ended.code, ended.out) == (0, "nothing is deployed to staging: nothing is removed\n")
    assert "retain" not in [words[0] for words in asked(project)]


ABSENT = {
    "unlock --env production --stale": (
        "nothing to unlock", {"environment": "production", "holder": None, "removed": False},
    ),
    "server.prune --env production": ("nothing is removed", {"environment": "production", "removed": [], "left": []}),
    "verify --env production": (
        "nothing to verify",
        {"environment": "production", "url": "https://example.com", "release": None, "healthy": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", ABSENT)
def test_an_environment_without_a_server_ends_well_where_that_is_asked(project: Project, line: str) -> None:
    """As each day's housekeeping meets it until somebody sets production up."""
    told, found = ABSENT[line]
    named = {name: REMOTE[name] for name in ("REPOSITORY_OWNER", "SSH_PRIVATE_KEY")}
    line = f"{line} --target remote"
    ended = project.invoke(f"{line} --if-deployed", **named)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"production has no server yet (SERVER_HOST is not set): {told}\n"
    assert project.invoke(f"{line} --if-deployed --json", **named).json == found
    assert project.invoke(line, **named).code == 2
    # What is set in part is a mistake all the same.
    ended = project.invoke(f"{line} --if-deployed", SERVER_HOST="192.0.2.1")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        "secrets missing for production: SERVER_USER, SSH_KNOWN_HOSTS",
    )
    assert project.world.servers == {}


def test_the_lock_of_a_first_deploy_that_was_cut_off_is_removed(project: Project) -> None:
    """A release is not needed for that, but a server."""
    project.answers(servers=[("lock show", TAKEN.replace("taken", "held"), 0), ("lock take", TAKEN, 0)])
    ended = project.invoke("unlock --env staging --stale --if-deployed --target remote", **REMOTE)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "the lock of staging is removed")
