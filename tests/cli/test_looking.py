"""Looking inside an environment: what is asked of the server, what is told, and the exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import REMOTE
from shiplane.runners.http import Answer

if TYPE_CHECKING:
    from projects import Ended, Project

AUDIT = json.dumps({
    "release": "abc", "commit": "c" * 40, "outcome": "deployed", "action": "deploy", "who": "ada@laptop", "run": "r1",
    "started_at": "2026-01-01T00:00:00.000Z", "finished_at": "2026-01-01T00:00:04.000Z",
})  # fmt: skip
STAMP = "2026-01-01T00:00:00.000000000Z"
LOGS = f"service\tweb\nhere\ta\tweb\t1\nline\ta\t{STAMP} hello, sesame-1\npast"
SERVERS = [
    ("bash -s audit", AUDIT, 0),
    ("bash -s secrets", 'BOARD_TOKEN="sesame-1"', 0),
    ("bash -s logs", LOGS, 0),
    ("bash -s enter", "service\tweb\ncontainer\tabc", 0),
    ("docker exec", "", 42),
]


@pytest.fixture(autouse=True)
def answering(project: Project) -> None:
    project.answers(servers=SERVERS)


def ask(project: Project, line: str) -> Ended:
    return project.invoke(line, **REMOTE)


def verbs(project: Project) -> list[str]:
    """Give what ran on the server, in short."""
    commands = [command.argv for command in project.world.servers["staging"].commands]
    return [argv[2] if argv[:2] == ("bash", "-s") else " ".join(argv) for argv in commands]


def test_audit(project: Project) -> None:
    ended = ask(project, "audit --env staging --target remote --json")
    assert (ended.code, ended.json[0]["release"], ended.json[0]["seconds"]) == (0, "abc", 4.0)
    ended = ask(project, "audit --env staging --target remote --tail 1")
    assert ended.out.splitlines()[0] == "2026-01-01 00:00  deploy  abc  deployed  4.0 s"
    assert verbs(project) == ["audit", "audit"]


def test_logs_are_masked_by_the_secrets_of_the_server(project: Project) -> None:
    ended = ask(project, "logs --env staging --target remote --service web --service db --since 10m --tail 3")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "unknown service 'db'")
    ended = ask(project, "logs --env staging --target remote --service web --since 10m --tail 3")
    assert (ended.code, ended.out) == (0, "web | hello, ***\n")
    assert verbs(project) == ["secrets", "logs"] * 2
    words = project.world.servers["staging"].commands[-1].argv[3:]
    assert words == ("app-staging", "600s", "3", "no", "web")


def test_logs_for_machines_are_one_object_a_line(project: Project) -> None:
    ended = ask(project, "logs --env staging --target remote --json")
    line = {"at": STAMP, "service": "web", "container": "a", "note": False, "text": "hello, ***"}
    assert (ended.code, ended.out, ended.err) == (0, f"{json.dumps(line)}\n", "")


class Public:
    """Answer with a release."""

    def __init__(self, release: str) -> None:
        self.release = release

    def request(self, method: str, url: str, **words: object) -> Answer:
        del method, words
        assert url == "https://staging.example.com/api/v1/status/"
        return Answer(200, json.dumps({"release": self.release}))


def test_verify_for_machines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.pipeline.environments._Either.sleep", lambda *_: None)
    project.answers(servers=[("bash -s survey", "current\tone", 0)])
    project.world.public = Public("one")
    found = {"environment": "staging", "url": "https://staging.example.com", "release": "one"}
    ended = ask(project, "verify --env staging --target remote --json")
    assert (ended.code, ended.json, ended.err) == (0, {**found, "healthy": True}, "")
    project.world.public = Public("two")
    ended = ask(project, "verify --env staging --target remote --json")
    other = "status 200 from another release: 'two'"
    tries = [f"try {number}: {other}" for number in range(1, 13)]
    cause = f"https://staging.example.com/api/v1/status/ did not answer with one in 12 tries: {other}"
    assert (ended.code, ended.json) == (3, {**found, "healthy": False, "cause": cause, "tries": tries})
    assert ended.err.splitlines()[0] == cause
    project.answers(servers=[])
    ended = ask(project, "verify --env staging --target remote --json")
    assert (ended.code, ended.out, ended.err.splitlines()[0]) == (2, "", "nothing is deployed on staging")


def test_verify_of_what_is_not_deployed_yet_ends_well_where_that_is_asked(project: Project) -> None:
    ended = ask(project, "verify --env staging --target remote --if-deployed")
    assert (ended.code, ended.out, ended.err) == (0, "nothing is deployed on staging yet: nothing to verify\n", "")
    ended = ask(project, "verify --env staging --target remote --if-deployed --json")
    nothing = {"environment": "staging", "url": "https://staging.example.com", "release": None, "healthy": None}
    assert (ended.code, ended.json, ended.err) == (0, nothing, "")


def test_verify_of_what_is_deployed_fails_as_ever_where_it_is_not_well(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shiplane.pipeline.environments._Either.sleep", lambda *_: None)
    project.answers(servers=[("bash -s survey", "current\tone", 0)])
    project.world.public = Public("two")
    assert ask(project, "verify --env staging --target remote --if-deployed").code == 3


def test_exec_hands_on_each_word_and_the_exit_code(project: Project) -> None:
    ended = ask(project, "exec --env staging --service web --target remote -- sh -c 'a \"$b\"' '' --env x -- y")
    assert (ended.code, ended.out, ended.err) == (42, "", "")
    enter, run = project.world.servers["staging"].commands
    assert run.argv == ("docker", "exec", "--interactive", "abc", "sh", "-c", 'a "$b"', "", "--env", "x", "--", "y")
    deed = json.loads(str(enter.input_text()).splitlines()[-1])
    assert (deed["action"], deed["detail"]) == ("exec", "sh in web")


def test_a_dry_exec_runs_nothing(project: Project) -> None:
    ended = ask(project, "exec --env staging --service web --target remote --dry-run -- rm -rf 'my files'")
    assert ended.out == "staging$ docker exec --interactive CONTAINER-OF-WEB rm -rf 'my files'\n"
    assert project.world.servers == {}


REFUSED = {
    "exec --env staging --target remote": "no command to run",
    "exec --env staging --target remote --": "no command to run",
    "exec --env stagin --target remote -- ls": "unknown environment 'stagin'",
    "exec --env staging --target remote -- ls \udcff": "word 2 of the command is not valid UTF-8",
    "logs --env staging --target remote --since noon": "since 'noon' is no time",
    "logs --env staging --target remote --tail x": "tail 'x' is no number",
    "logs --env stagin": "unknown environment 'stagin'",
    "audit --env stagin": "unknown environment 'stagin'",
    "audit --env staging": "the lab is not up",
    "logs --env staging": "the lab is not up",
    "exec --env staging -- ls": "the lab is not up",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_refused(project: Project, line: str) -> None:
    ended = ask(project, line)
    assert (ended.code, ended.err.splitlines()[0], ended.out) == (2, REFUSED[line], "")
    assert [command for server in project.world.servers.values() for command in server.commands] == []
    assert project.runs == []
