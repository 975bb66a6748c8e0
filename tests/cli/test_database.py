"""Migrations, backups and rollbacks as whole commands: what is asked of the server, what is told, the exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from samples import COMMIT, REMOTE, make_release
from shiplane.model import Deployment
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from projects import Ended, Project

BACKUP = "20260101T000000Z-new"
DROP = {"rule": "DROP_COLUMN", "message": "DROPPING columns", "table": "t", "column": "c", "breaking": True}
PENDING = json.dumps({"pending": [{"name": "app.2", "findings": [DROP]}], "fresh": False, "ahead": []})
ABOUT = {
    "name": BACKUP,
    "made_at": "2026-01-01T00:00:00Z",
    "size": 2048,
    "sha256": "s",
    "release": "new",
    "before": "old",
}


def served(release: str, **applied: Any) -> str:  # noqa: ANN401 - JSON
    done = Deployment(f"of {release}", "staging", "u", release, "c", "r", "deploy", "deployed", "t", "t")
    fields = {name: getattr(done, name) for name in Deployment.__dataclass_fields__}
    return "audit\t" + json.dumps({**fields, "who": "me", "digests": {}, **applied})


def known(*names: str) -> list[str]:
    return [f"release\t{json.dumps(make_release(name).to_json())}" for name in names]


AHEAD = "\n".join([
    *known("old", "new"), "current\tnew", "checksum\tx", served("old"),
    served("new", migrations=["app.2"], breaking=["app.2"], backup=BACKUP),
    f"backup\t{json.dumps({**ABOUT, 'migrations': ['app.2']})}",
])  # fmt: skip
OLD = "\n".join([*known("old"), "current\told", served("old")])
TAKEN = 'taken\t{"run": "r", "user": "u", "host": "h", "pid": 1, "since": "t", "renewed_at": "t"}'


def ask(project: Project, line: str, survey: str, **environ: str) -> Ended:
    answers = [
        ("bash -s survey", survey, 0),
        ("bash -s lock", TAKEN, 0),
        ("see which migrations are pending", PENDING, 0),
        ("manage.py migrate", "@@ commands 0\n@@ commands 1\nno such column", 1),
    ]
    project.answers(servers=answers)
    project.patch.setattr("shiplane.cli.boards.Boards.tell", lambda _boards: None)
    return project.invoke(f"{line} --target remote", **(REMOTE | environ))


def titles(project: Project) -> list[str]:
    """Give the jobs that ran on the server, by title."""
    argvs = [command.argv for command in project.world.servers["staging"].commands]
    return [argv[6] for argv in argvs if argv[2:4] == ("job", "start")]


def test_the_backups_of_an_environment(project: Project) -> None:
    ended = ask(project, "backups --env staging --json", AHEAD)
    assert (ended.code, ended.json) == (0, [{**ABOUT, "migrations": ["app.2"], "breaking": []}])
    lines = ask(project, "backups --env staging", AHEAD).out.splitlines()
    assert lines[1].split() == [BACKUP, "2026-01-01", "00:00", "UTC", "2.0", "KiB", "old", "app.2"]
    assert ask(project, "backups --env staging", OLD).out == "no backups: no migration ran on data here yet\n"


def test_a_rollback_that_the_database_forbids(project: Project) -> None:
    ended = ask(project, "rollback --env staging --plain", AHEAD)
    assert ended.code == 8
    assert "old cannot run on the database as it is now: app.2 was applied since" in ended.out
    assert "invoke rollback --env staging --to old --restore-database" in ended.out
    assert titles(project) == []


def test_a_rollback_needs_no_secret_of_the_application(project: Project) -> None:
    spoilt = {"DB_PASSWORD": "", "REDIS_PASSWORD": "", "TLS_CERTIFICATE": "/nowhere", "TLS_KEY": "expired"}
    ended = ask(project, "rollback --env staging --plain", AHEAD, **spoilt)
    assert ended.code == 8, ended
    assert "old cannot run on the database as it is now" in ended.out


def test_what_a_rollback_would_do_to_the_database(project: Project) -> None:
    ended = ask(project, "rollback --env staging --restore-database --dry-run", AHEAD)
    assert (ended.code, ended.err) == (0, "")
    for verb in ("load", "stop", "backup", "swap", "open", "finish"):
        assert f"    staging$ bash -s database {verb} deployments/app-staging app-staging db" in ended.out
    assert "    undo: staging$ bash -s database back deployments/app-staging app-staging db" in ended.out
    assert ended.out.splitlines()[-3:] == [
        "back to old",
        f"applied since old served: app.2, which breaks old: app.2; backup from before: {BACKUP}",
        "refused without --restore-database: old cannot run on the database as it is now: app.2 was applied since",
    ]
    assert project.runs == []


def test_a_dry_rollback_without_restoring_has_no_backup_in_its_plan(project: Project) -> None:
    assert "bash -s database" not in ask(project, "rollback --env staging --dry-run", AHEAD).out


def test_a_restore_without_a_backup(project: Project) -> None:
    ended = ask(project, "rollback --env staging --to old --restore-database --plain", OLD)
    assert ended.code == 2
    assert "no backup to restore on staging: no migration was applied since" in ended.out


@pytest.fixture
def published(project: Project) -> Project:
    """Let HEAD be published, and its configuration ask for pending migrations."""
    file = project.folder / "pyproject.toml"
    pending = '[tool.shiplane]\npending_command = ["python", "manage.py", "pending"]\n'
    file.write_text(file.read_text().replace("[tool.shiplane]\n", pending, 1))
    store, release = Store(project.folder), make_release(COMMIT[:12])
    store.save_release("remote", release)
    files = {"docker-compose.yml": b"services: {}\n", "compose.staging.yml": b"services: {}\n", ".env.docker": b"A=b\n"}
    store.save_release_files("remote", release.id, files)
    return project


def test_a_breaking_migration_is_refused_by_name_and_allowed_by_name(published: Project) -> None:
    ended = ask(published, "deploy --env staging --plain", OLD)
    assert ended.code == 8
    assert "pending migrations would break old, which serves while they run: app.2 (DROP_COLUMN t.c)" in ended.out
    assert "allow them by name: --allow-migration app.2" in ended.out
    assert [title for title in titles(published) if "manage.py migrate" in title] == []
    for allowed in (
        "--allow-migration app.2",
        "--allow-migration x.1,app.2",
        "--allow-migration x --allow-migration app.2",
    ):
        ended = ask(published, f"deploy --env staging --plain {allowed}", OLD)
        assert ended.code == 3, ended.out
        assert "no such column; old still serves" in ended.out
        assert "back the database up and run python manage.py migrate --noinput" in titles(published)


def test_the_plan_of_a_deploy_shows_check_backup_and_migration(published: Project) -> None:
    out = ask(published, "deploy --env staging --dry-run", OLD).out
    run = "run --rm -T --no-deps --label dev.shiplane.once=1 backend"
    flat = " ".join(line.strip().removesuffix("\\") for line in out.splitlines()).replace("  ", " ")
    places = [
        flat.index(f"{run} python manage.py pending"),
        flat.index("database backup"),
        flat.index(f"{run} python manage.py migrate"),
    ]
    assert places == sorted(places)
