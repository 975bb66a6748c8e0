"""What bad input gets: one error with cause and fix, a documented exit code, and nothing that ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from checkouts import PLAN_QUESTIONS, git_answers, make_checkout
from samples import CONFIG_TEXT, REMOTE, make_release
from shiplane.commands import engine
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.store import Store
from shiplane.runners import process

if TYPE_CHECKING:
    from projects import Ended, Project

REQUIRED = "DB_PASSWORD, REDIS_PASSWORD, SERVER_HOST, SERVER_USER, SSH_KNOWN_HOSTS, SSH_PRIVATE_KEY"

SEE = "see: docs/errors.md#"


def check(project: Project, ended: Ended, code: int, *told: str) -> None:
    """See that a refusal says cause and fix on standard error and leaves nothing behind but questions to git."""
    assert (ended.code, ended.err.splitlines()[: len(told)]) == (code, list(told))
    assert ended.out == ""
    assert set(project.transcript) <= set(PLAN_QUESTIONS)
    assert project.runs == []
    assert project.world.servers == {}


UNKNOWN = {
    "plan --event pul_request": ("event 'pul_request'", "'pull_request'? use one of: manual, pull_request, push"),
    "pipeline --event pussh": ("event 'pussh'", "'push'? use one of: manual, pull_request, push"),
    "plan --target remot": ("target 'remot'", "'remote'? use one of: lab, remote"),
    "pipeline --target labb": ("target 'labb'", "'lab'? use one of: lab, remote"),
    "publish --target labb": ("target 'labb'", "'lab'? use one of: lab, remote"),
    "deploy --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "promote --to prodction": ("environment 'prodction'", "'production'? use one of: production, staging"),
    "rollback --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "verify --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "e2e --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "status --env stagin --json": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "releases --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "server.prepare --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "maintenance.on --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "unlock --env stagin": ("environment 'stagin'", "'staging'? use one of: production, staging"),
    "pipeline --until publsh": (
        "stage 'publsh'",
        "'publish'? use one of: build, e2e, production, publish, staging, test",
    ),
    "deploy --env staging --strategy recreat": ("strategy 'recreat'", "'recreate'? use one of: recreate, rolling"),
}


@pytest.mark.parametrize("line", UNKNOWN)
def test_an_unknown_name_is_answered_with_the_nearest(project: Project, line: str) -> None:
    cause, fix = UNKNOWN[line]
    check(project, project.invoke(line), 2, f"unknown {cause}", f"fix: did you mean {fix}")


def test_browser_tests_are_for_what_is_not_in_production_yet(project: Project) -> None:
    ended = project.invoke("deploy --env production --e2e")
    check(project, ended, 2, "production takes what the browser tests passed on already", "fix: leave --e2e out")


def test_a_stage_that_the_plan_does_not_have(project: Project) -> None:
    ended = project.invoke("pipeline --event pull_request --until production")
    check(project, ended, 2, "stage production is not in this plan", "fix: it has: build, test")


EDITED = "uncommitted changes cannot be published to the target remote (exit 8: refused as unsafe)"


@pytest.mark.parametrize("line", ["publish --target remote", "pipeline --target remote"])
@pytest.mark.parametrize(("edits", "untracked"), [("-a\n+b", ""), ("", "new.txt\0")])
def test_edits_do_not_go_to_a_remote_target(project: Project, line: str, edits: str, untracked: str) -> None:
    project.answers(*git_answers(edits=edits, untracked=untracked))
    ended = project.invoke(line, **REMOTE)
    check(project, ended, 8, EDITED, "fix: commit them, or put them aside with git stash")


def test_all_missing_secrets_are_named_before_anything_runs(project: Project) -> None:
    ended = project.invoke("pipeline --target remote", REPOSITORY_OWNER="acme")
    check(project, ended, 2, f"secrets missing for staging and production: {REQUIRED}")
    ended = project.invoke("pipeline --target remote --until staging", REPOSITORY_OWNER="acme")
    check(project, ended, 2, f"secrets missing for staging: {REQUIRED}")
    assert not (project.folder / ".shiplane").exists()


@pytest.mark.parametrize("line", ["status --env staging", "verify --env staging", "rollback --env staging"])
def test_looking_at_an_environment_asks_for_what_connects_alone(project: Project, line: str) -> None:
    ended = project.invoke(f"{line} --target remote", REPOSITORY_OWNER="acme")
    connects = REQUIRED.replace("DB_PASSWORD, REDIS_PASSWORD, ", "")
    check(project, ended, 2, f"secrets missing for staging: {connects}")


def test_a_remote_target_without_an_owner(project: Project) -> None:
    ended = project.invoke("plan --target remote")
    fix = 'fix: add owner = "your-organisation", or set REPOSITORY_OWNER'
    check(project, ended, 2, "tool.shiplane.owner: is needed for the target remote", fix)


@pytest.mark.parametrize("line", ["plan", "pipeline", "publish", "version.show"])
def test_a_version_file_without_a_version(project: Project, line: str) -> None:
    make_checkout(project.folder, {"frontend/package.json": "{}"})
    fix = 'fix: write one, as in "version": "1.0.0"'
    check(project, project.invoke(line), 2, "frontend/package.json: no version found", fix)


@pytest.mark.parametrize(("target", "environ"), [("lab", {}), ("remote", REMOTE)])
@pytest.mark.parametrize("env", ["staging", "production"])
def test_a_deploy_of_what_was_never_published(project: Project, env: str, target: str, environ: dict[str, str]) -> None:
    ended = project.invoke(f"deploy --env {env} --target {target}", **environ)
    cause = f"no published release for 664a230c1f2e on the target {target}"
    check(project, ended, 2, cause, f"fix: run: invoke publish --target {target}")


def test_a_deploy_of_a_release_that_nobody_knows(project: Project) -> None:
    ended = project.invoke("deploy --env staging --release abc")
    cause = "no published release for abc on the target lab"
    check(project, ended, 2, cause, "fix: run: invoke publish --target lab")


@pytest.mark.parametrize("line", ["status --env staging", "releases --env staging --json", "verify --env production"])
def test_a_lab_that_is_not_up(project: Project, line: str) -> None:
    check(project, project.invoke(line), 2, "the lab is not up", "fix: run: invoke lab.up")


def test_a_deploy_to_a_lab_that_is_not_up(project: Project) -> None:
    Store(project.folder).save_release("lab", make_release())
    check(project, project.invoke("deploy --env staging"), 2, "the lab is not up", "fix: run: invoke lab.up")


@pytest.mark.parametrize("line", ["pipeline", "publish", "build", "lab.up", "lab.down", "lab.status", "dev.up"])
def test_without_an_engine_nothing_is_begun(project: Project, line: str) -> None:
    why = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
    project.answers(("docker info", why, 1))
    ended = project.invoke(line)
    assert ended.code == 2
    assert ended.err.splitlines() == [
        f"no container engine: {why}",
        "fix: run ./scripts/bootstrap",
        SEE + "engine-missing",
    ]
    assert set(project.transcript) <= {
        *PLAN_QUESTIONS,
        f"local$ {engine.info().masked()}",
    }
    assert project.runs == []


def test_a_misspelt_key_of_the_configuration(project: Project) -> None:
    make_checkout(project.folder, {"pyproject.toml": CONFIG_TEXT.replace("release_command", "release_comand")})
    fix = "fix: did you mean 'release_command'?"
    check(project, project.invoke("plan"), 2, "tool.shiplane.release_comand: unknown key", fix)


def test_outside_git(project: Project) -> None:
    project.answers(("git log", "fatal: not a git repository", 128))
    ended = project.invoke("plan")
    assert ended.code == 2
    assert ended.err.startswith(f"{project.folder} is not a git checkout")


def test_outside_the_project(project: Project) -> None:
    (project.folder / "pyproject.toml").unlink()
    ended = project.invoke("plan")
    assert ended.code == 2
    assert "fix: change into the project's folder" in ended.err
    assert project.transcript == []


HOLDER = {
    "run": "r7",
    "user": "ada",
    "host": "laptop",
    "pid": 12,
    "since": "2026-01-01T00:00:00Z",
    "renewed_at": "",
} | {"job": ""}
HELD, BROKEN = (f"{verdict}\t{json.dumps(HOLDER)}" for verdict in ("held", "broken"))


@pytest.mark.parametrize("line", ["deploy --env staging --release r1", "promote --release r1"])
def test_a_person_is_told_at_once_who_holds_an_environment(project: Project, line: str) -> None:
    me, kept = process.own(), make_release("r1")
    living = {**HOLDER, "pid": me.pid, "machine": me.machine, "started": me.started}
    store = Store(project.folder)
    store.save_release("remote", kept)
    store.save_release_files("remote", kept.id, in_checkout(project.folder))
    marked = json.dumps({"digests": kept.digests()})
    told = f"release\t{json.dumps(kept.to_json())}\ncurrent\tr1\ntested\tr1\t{marked}"
    project.answers(servers=[("bash -s lock", f"held\t{json.dumps(living)}", 0), ("bash -s survey", told, 0)])
    project.patch.setattr("shiplane.cli.boards.Boards.tell", lambda _boards: None)
    project.patch.setattr("shiplane.pipeline.environment_actions.check_promotion", lambda *_words, **_more: None)
    ended = project.invoke(f"{line} --plain --target remote", **REMOTE)
    assert ended.code == 5, ended
    assert "staging is held by run r7 (ada@laptop" in ended.out or "production is held by run r7" in ended.out
    assert "fix: wait for it, or, when it is gone for good: invoke unlock --env" in ended.out


def test_unlocking_without_a_terminal_refuses_to_ask(project: Project) -> None:
    project.answers(servers=[("lock show", HELD, 0)])
    ended = project.invoke("unlock --env staging --target remote", **REMOTE)
    assert ended.code == 2
    assert ended.out == "staging is held by run r7 (ada@laptop, process 12, since 2026-01-01T00:00:00Z)\n"
    assert ended.err.splitlines() == [
        "remove the lock of staging?: there is no terminal to ask on",
        "fix: add --yes to agree beforehand",
        SEE + "no-terminal",
    ]
    assert verbs(project) == ["show"]


def test_unlocking_by_agreement(project: Project) -> None:
    project.answers(servers=[("lock show", HELD, 0), ("lock break", BROKEN, 0)])
    ended = project.invoke("unlock --env staging --target remote --yes", **REMOTE)
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "the lock of staging is removed"
    assert verbs(project) == ["show", "break"]


AT_WORK = f"held\t{json.dumps(HOLDER | {'job': 'let new serve'})}"


def test_unlocking_under_what_runs_is_refused(project: Project) -> None:
    project.answers(servers=[("lock show", AT_WORK, 0)])
    ended = project.invoke("unlock --env staging --target remote --yes", **REMOTE)
    assert ended.code == 5
    assert ended.out.endswith(", and at work on the server: 'let new serve'\n")
    assert ended.err.splitlines()[1:] == [
        "fix: wait until it has ended; or end it, which undoes it: invoke unlock --env staging --end-job",
        SEE + "still-at-work",
    ]
    assert verbs(project) == ["show"]


@pytest.mark.parametrize(
    ("job", "told"),
    [
        (6, "ended, and undone"),
        (0, "it had come to its end"),
        (44, "nothing runs any more"),
        (143, "ended; there was nothing to undo"),
    ],
)
def test_unlocking_ends_what_runs_first(project: Project, job: int, told: str) -> None:
    project.answers(servers=[("lock show", AT_WORK, 0), ("job end", "stopping", job), ("lock break", BROKEN, 0)])
    ended = project.invoke("unlock --env staging --target remote --end-job --yes", **REMOTE)
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == ["  stopping", told, "the lock of staging is removed"]
    assert verbs(project) == ["show", "end", "break"]


def test_unlocking_where_the_undo_fails_says_so(project: Project) -> None:
    project.answers(servers=[("lock show", AT_WORK, 0), ("job end", "no such image", 7), ("lock break", BROKEN, 0)])
    ended = project.invoke("unlock --env staging --target remote --end-job --yes", **REMOTE)
    assert ended.code == 7
    told = "staging: 'let new serve' was ended, and undoing it failed: no such image"
    assert ended.err.splitlines()[0] == f"{told} (exit 7: the deploy failed and could not be undone)"
    assert verbs(project) == ["show", "end", "break"]


def test_unlocking_what_another_has_taken_since(project: Project) -> None:
    project.answers(servers=[("lock show", HELD, 0), ("lock break", HELD, 0)])
    ended = project.invoke("unlock --env staging --target remote --yes", **REMOTE)
    assert (ended.code, ended.err.splitlines()[0].partition(" (")[0]) == (5, "staging is held by run r7")


def test_a_stale_lock_is_removed_unasked(project: Project) -> None:
    stale = "stale" + HELD.removeprefix("held")
    project.answers(servers=[("lock show", HELD, 0), ("lock take", stale, 0), ("lock drop", "dropped\t", 0)])
    ended = project.invoke("unlock --env staging --target remote --stale", **REMOTE)
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == [
        "the lock of run r7 (ada@laptop, process 12, since 2026-01-01T00:00:00Z) was not renewed for 25 s: taken over",
        "the lock of staging is removed",
    ]
    assert verbs(project) == ["show", "take", "drop"]


def test_a_lock_whose_holder_lives_is_no_stale_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.deploy.lock.Lock._surely_held", lambda *_words: True)
    project.answers(servers=[("lock show|lock take", HELD, 0)])
    ended = project.invoke("unlock --env staging --target remote --stale --json", **REMOTE)
    assert (ended.code, ended.json["removed"]) == (0, False)
    assert verbs(project) == ["show", "take"]


def test_a_dry_unlock_says_whose_lock_it_is(project: Project) -> None:
    project.answers(servers=[("lock show", HELD, 0)])
    ended = project.invoke("unlock --env staging --target remote --dry-run", **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    assert verbs(project) == ["show"]


def test_unlocking_what_nobody_holds(project: Project) -> None:
    project.answers(servers=[("lock show", "free\t", 0)])
    ended = project.invoke("unlock --env staging --target remote", **REMOTE)
    assert (ended.code, ended.out) == (0, "staging is not locked\n")


def test_unlocking_for_machines(project: Project) -> None:
    project.answers(servers=[("lock show", HELD, 0), ("lock break", BROKEN, 0)])
    shown = {"environment": "staging", "holder": HOLDER}
    ended = project.invoke("unlock --env staging --target remote --json --dry-run", **REMOTE)
    assert (ended.code, ended.json) == (0, shown | {"removed": False})
    ended = project.invoke("unlock --env staging --target remote --json", **REMOTE)
    assert (ended.code, ended.out) == (2, "")
    ended = project.invoke("unlock --env staging --target remote --json --yes", **REMOTE)
    assert (ended.code, ended.json) == (0, shown | {"removed": True})
    assert verbs(project) == ["show", "show", "show", "break"]


def verbs(project: Project) -> list[str]:
    """Give what was asked of the server's lock and its job."""
    commands = project.world.servers["staging"].commands
    assert {command.argv[:3] for command in commands} <= {("bash", "-s", "lock"), ("bash", "-s", "job")}
    return [command.argv[3] for command in commands]


def test_removing_development_data_without_a_terminal(project: Project) -> None:
    ended = project.invoke("dev.down --volumes")
    assert ended.code == 2
    assert ended.err.splitlines()[0] == "remove the development data?: there is no terminal to ask on"
    assert project.transcript == []
