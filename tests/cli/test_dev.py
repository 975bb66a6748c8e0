"""The commands of the development stack: everything that is asked and done, what is told, and the exit codes."""

from __future__ import annotations

import json
import os
import re
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from checkouts import make_checkout, without_hashes
from samples import HARD
from shiplane.commands import engine
from shiplane.development.answers import HEADERS
from shiplane.model.identity import checkout_id
from shiplane.runners.http import Answer as Said
from shiplane.runners.locks import held
from stacks import DEVELOPMENT_TEXT, RUNNING, answers, container, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from checkouts import Answer
    from projects import Ended, Project

COMPOSE = "docker compose --file docker-compose.yml"
EVERY = f"{COMPOSE} --profile '*'"
MODEL, PS = f"{EVERY} config --format json", f"{EVERY} ps --all --format json"
WAIT = "up --detach --wait --wait-timeout 180"
UP = f"BUILDX_NO_DEFAULT_ATTESTATIONS=1 {COMPOSE} {WAIT}"
SEED = f"{COMPOSE} exec --no-TTY backend python manage.py seed"
ENGINE = shlex.join(engine.info().argv)
IMAGES = ("docker version", "docker image inspect")
PORTS = ("ss -H -l -t -n -p", "docker ps --no-trunc")
STAMP = "2026-01-01T00:00:00.000000000Z"


@pytest.fixture(autouse=True)
def answering(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    make_checkout(project.folder, {"pyproject.toml": DEVELOPMENT_TEXT})
    project.answers(*answers())
    monkeypatch.setattr("time.time", lambda: 1_767_225_600.0)


def done(project: Project) -> list[str]:
    """Give all that ran, in order; long questions by their beginning."""
    lines = [without_hashes(line.removeprefix("local$ ")) for line in project.transcript]
    return [next((short for short in (*IMAGES, *PORTS) if line.startswith(short)), line) for line in lines]


def again(project: Project, line: str, *first: Answer, running: str = RUNNING) -> Ended:
    project.answers(*answers(running, *first))
    return project.invoke(line)


def test_up(project: Project) -> None:
    ended = project.invoke("dev.up")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-8:] == [
        "as they were: backend, db, frontend, proxy, redis",
        "application  http://127.0.0.1:8080",
        "status       http://127.0.0.1:8080/api/v1/status/",
        "backend      http://127.0.0.1:8000",
        "db           127.0.0.1:5432",
        "frontend     http://127.0.0.1:5173",
        "redis        127.0.0.1:6379",
        "log in: take the token",
    ]
    assert done(project) == [ENGINE, *IMAGES, PS, MODEL, *PORTS, f"{UP} --build", SEED, PS]


def test_up_with_what_is_asked_for(project: Project) -> None:
    assert again(project, "dev.up --with-celery --debugger --no-seed").code == 0
    assert done(project)[7:] == [
        f"BUILDX_NO_DEFAULT_ATTESTATIONS=1 DEV_DEBUG_PORT=5678 {COMPOSE} --profile with-celery {WAIT} --build",
        PS,
    ]
    assert again(project, "dev.up --service db --service redis").code == 0
    assert done(project)[7:] == [f"{UP} --build db redis", PS]
    assert again(project, "dev.up --service bakend").err.startswith(
        "unknown service 'bakend'\nfix: did you mean 'backend'?"
    )


def test_up_hides_what_only_this_checkout_may_know(project: Project) -> None:
    assert again(project, "dev.up", (" up ", "building", 0)).code == 0
    assert project.world.masker is not None
    assert project.world.masker.mask(f"token {HARD} of development") == "token *** of development"


def test_a_stack_that_does_not_start_says_where_to_look(project: Project) -> None:
    ended = again(project, "dev.up", (" up ", "container backend is unhealthy", 1))
    assert (ended.code, ended.err.splitlines()) == (
        3,
        [
            "the development stack did not start",
            "fix: see why: invoke dev.logs, invoke dev.status",
            "see: docs/errors.md#step-failed",
            "  container backend is unhealthy",
        ],
    )
    assert SEED not in done(project)


def test_stop_and_down(project: Project) -> None:
    assert project.invoke("dev.stop --service db").code == 0
    assert done(project) == [ENGINE, MODEL, PS, f"{EVERY} stop db"]
    assert again(project, "dev.down").code == 0
    assert done(project) == [ENGINE, PS, f"{EVERY} down --remove-orphans"]
    assert again(project, "dev.down --volumes --yes").code == 0
    assert done(project) == [ENGINE, PS, f"{EVERY} down --remove-orphans --volumes", MODEL]


def test_restart_rebuild_and_build(project: Project) -> None:
    names = "backend db frontend proxy redis"
    assert project.invoke("dev.restart").code == 0
    assert done(project) == [
        *(ENGINE, *IMAGES, PS, MODEL, *PORTS),
        *(f"{UP} --no-build --force-recreate {names}", PS),
    ]
    assert again(project, "dev.rebuild --service backend").code == 0
    build = f"BUILDX_NO_DEFAULT_ATTESTATIONS=1 {EVERY} build"
    assert done(project) == [
        *(ENGINE, MODEL, *IMAGES, PS, f"{build} --no-cache backend", *PORTS),
        *(f"{UP} --no-build --force-recreate backend", PS),
    ]
    assert again(project, "dev.build").code == 0
    assert done(project) == [ENGINE, *IMAGES, build]


LOGS = f"service\tbackend\nhere\ta\tbackend\t1\nline\ta\t{STAMP} hello, {HARD}\npast"


def test_logs_of_services_prefixed_and_masked(project: Project) -> None:
    ended = again(project, "dev.logs --service backend --since 10m", ("bash -s logs", LOGS, 0))
    assert (ended.code, ended.out, ended.err) == (0, "backend | hello, ***\n", "")
    assert done(project) == [ENGINE, MODEL, "bash -s logs app-dev 600s '' no backend < (script)"]
    ended = again(project, "dev.logs --json", ("bash -s logs", LOGS, 0))
    assert (ended.code, ended.json["text"]) == (0, "hello, ***")
    ended = again(project, "dev.logs --follow --tail 5", ("bash -s logs", LOGS, 1))
    assert (ended.code, ended.err.splitlines()[0].partition(":")[0]) == (4, "the logs of the development stack ended")
    assert done(project)[-1] == "bash -s logs app-dev '' 5 yes < (script)"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "backend python manage.py shell"),
        ("--service backend --bash", "backend sh -c 'if command -v bash >/dev/null; then exec bash; fi; exec sh'"),
        ("--service frontend", "frontend sh -c 'if command -v bash >/dev/null; then exec bash; fi; exec sh'"),
        (
            "--service db",
            'db sh -c \'exec psql -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-postgres}" "$@"\' psql',
        ),
        (
            "--service redis --client -- get 'a b'",
            "redis sh -c 'export REDISCLI_AUTH=\"${REDIS_PASSWORD-}\"; exec redis-cli \"$@\"' redis-cli get 'a b'",
        ),
        ("--service db -- sh -c 'a \"$b\"' '' -- x", "db sh -c 'a \"$b\"' '' -- x"),
        ("--mine -- touch x", f"--user {os.getuid()}:{os.getgid()} backend touch x"),
    ],
)
def test_shell(project: Project, options: str, words: str) -> None:
    ended = again(project, f"dev.shell {options}", (" exec ", "", 42))
    assert (ended.code, ended.out, ended.err) == (42, "", "")
    assert done(project) == [ENGINE, MODEL, PS, f"{COMPOSE} exec --no-TTY {words}"]
    flags, dashes, rest = options.partition("--dry" if options.endswith("--bash") else " -- ")
    ended = again(project, f"dev.shell {flags} --dry-run{dashes}{rest}")
    assert (ended.code, ended.out) == (0, f"$ {COMPOSE} exec --no-TTY {words}\n")
    assert done(project) == []


def test_a_shell_in_what_does_not_run(project: Project) -> None:
    ended = again(project, "dev.shell --service db", running=container("db", state="exited"))
    assert (ended.code, ended.err.splitlines()[:2]) == (
        2,
        ["db does not run", "fix: start it: invoke dev.up --service db"],
    )


STATS = {"ID": "backend-1", "CPUPerc": "0.50%", "MemUsage": "51.2MiB / 23GiB"}


def test_status(project: Project) -> None:
    (project.folder / "backend/requirements.txt").write_text("django==5.2.1\n")
    told = (("docker stats", json.dumps(STATS), 0), ("importlib", "Django==5.1", 0))
    running = f"{RUNNING}\n{container('celery', state='exited', ExitCode=1)}"
    ended = again(project, "dev.status", *told, running=running)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "   service   state       health   version    cpu   memory  ports",
        "✓  backend   running     healthy  1.0.0    0.50%  51.2MiB  40123→5678, 8000→8000",
        "✗  celery    exited (1)  -        local        -        -  -",
        "✓  db        running     healthy  17           -        -  5432→5432",
        "✓  frontend  running     healthy  1.0.0        -        -  5173→5173",
        "✓  proxy     running     healthy  1            -        -  8080→80",
        "✓  redis     running     healthy  8            -        -  6379→6379",
        "",
        "application  http://127.0.0.1:8080",
        "status       http://127.0.0.1:8080/api/v1/status/",
        "backend      http://127.0.0.1:8000",
        "db           127.0.0.1:5432",
        "frontend     http://127.0.0.1:5173",
        "redis        127.0.0.1:6379",
        "",
        "the image of backend is behind its lock: django is 5.1 in the image, 5.2.1 in the lock",
        "build it: invoke dev.up",
    ]
    ids = "backend-1 db-1 frontend-1 proxy-1 redis-1"
    listing = f"{COMPOSE} exec --no-TTY backend python -c"
    assert sorted(line.partition(" 'import")[0] for line in done(project)) == sorted((
        *(ENGINE, MODEL, PS, listing),
        f"docker stats --no-stream --no-trunc --format json {ids}",
    ))  # fmt: skip


def test_status_for_machines(project: Project) -> None:
    ended = again(project, "dev.status --json", ("docker stats", json.dumps(STATS), 0), running=RUNNING.splitlines()[0])
    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {
        "project": "app-dev",
        "services": {
            "backend": {
                "state": "running",
                "health": "healthy",
                "exit_code": None,
                "ports": [
                    {"host": "127.0.0.1", "port": 40123, "target": 5678},
                    {"host": "127.0.0.1", "port": 8000, "target": 8000},
                ],
                "image": "backend-dev:local",
                "version": "1.0.0",
                "cpu": "0.50%",
                "memory": "51.2MiB",
            }
        },
        "addresses": {"backend": "http://127.0.0.1:8000"},
        "drift": {"backend": None, "frontend": None},
        "cut_off": {},
    }
    ended = again(project, "dev.status", running="")
    assert (ended.code, ended.out) == (0, "nothing of app-dev is there; start it: invoke dev.up\n")


def test_watch(project: Project) -> None:
    ended = again(project, "dev.watch", ("docker events", "die\tdb\t137", 0), running=container("db"))
    assert (ended.code, ended.out) == (4, "· db is healthy\n✗ db ended with exit code 137\n")
    events = done(project)[-1]
    assert events.startswith("docker events --filter type=container --filter label=com.docker.compose.project=app-dev ")
    ended = again(project, "dev.watch --json", running=container("db"))
    assert ended.json == {"service": "db", "what": "is healthy", "alert": False}


SIZES = (
    ("docker volume ls", "app-dev_media\napp-dev_db-data\n", 0),
    ("docker system df --verbose", "app-dev_db-data\t48MB\nother\t1GB\n", 0),
)


def test_volumes(project: Project) -> None:
    ended = again(project, "dev.volumes", *SIZES)
    assert (ended.code, ended.out.splitlines()) == (0, ["app-dev_db-data  48MB", "app-dev_media       -"])
    assert again(project, "dev.volumes --json", *SIZES).json == {"app-dev_db-data": "48MB", "app-dev_media": "-"}
    assert done(project)[2:] == [
        "docker volume ls --filter label=com.docker.compose.project=app-dev --format '{{.Name}}'",
        "docker system df --verbose --format '{{range .Volumes}}{{.Name}}\t{{.Size}}\n{{end}}'",
    ]


def scripts(name: str, verb: str) -> list[str]:
    """Give the commands by which one thing is done with all parts of a backup."""
    run = "docker compose --progress quiet --file docker-compose.yml"
    run += " run --rm --no-deps --no-TTY --user 0:0 --entrypoint sh"
    words = [f"bash -s database {verb} .shiplane/dev app-dev db {name} < (script)"]
    parts = ("media", "static")
    return words + [f"bash -s files {verb} .shiplane/dev {name} {p} /srv/{p} {run} backend < (script)" for p in parts]


NAME = "20260101T000000Z-dev"


def test_backup(project: Project) -> None:
    dry = project.invoke("dev.backup --dry-run")
    assert (dry.code, done(project)) == (0, [ENGINE, MODEL])
    shown = [without_hashes(line).removeprefix("$ ") for line in dry.out.splitlines()]
    dump = shown[0].partition(" sh -c ")[0]
    assert [f"{dump} < (script)", *shown[1:]] == scripts(NAME, "backup")
    assert shown[0].endswith("-- pg_restore --list < (script)")
    kept(project.folder, NAME, "database", "media", "static")
    ended = again(project, "dev.backup --part media --part database")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        f"backup '{NAME}-2' cannot be restored: there is none of this name",
    )


def test_backups(project: Project) -> None:
    assert project.invoke("dev.backups").out == "no backups; make one: invoke dev.backup\n"
    kept(project.folder, NAME, "database", "media")
    ended = project.invoke("dev.backups")
    assert ended.out.splitlines() == [
        "backup                made                  holds",
        f"{NAME}  2026-01-01 00:00 UTC  database 5 B, media 5 B",
        "",
        "bring one back: invoke dev.restore NAME",
    ]
    assert project.invoke("dev.backups --json").json[0]["sizes"] == {"database": 5, "media": 5}
    assert project.transcript == []


def test_restore(project: Project) -> None:
    kept(project.folder, NAME, "database", "media", "static")
    ended = again(project, f"dev.restore {NAME} --no-keep --yes")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == f"restored from {NAME}: database, media, static"
    stop, start = f"{EVERY} stop backend", f"{UP} --no-build backend"
    assert done(project) == [
        *(ENGINE, MODEL, *IMAGES, PS, PS),
        *(*scripts(NAME, "load"), stop, *scripts(NAME, "swap"), start, *scripts(NAME, "finish")),
    ]
    ended = again(project, "dev.restore last --part media --dry-run")
    assert [without_hashes(line) for line in ended.out.splitlines()] == [
        f"backup {NAME} takes the place of what there is: media",
        *(f"$ {scripts(NAME, verb)[1]}" for verb in ("load", "swap", "finish")),
    ]
    assert done(project) == [ENGINE, MODEL]


def test_restore_keeps_what_is_there_first(project: Project) -> None:
    kept(project.folder, NAME, "media")
    ended = again(project, f"dev.restore {NAME} --yes", ("bash -s files backup", "no space left on device", 1))
    assert (ended.code, ended.err.splitlines()[0]) == (3, "no backup was made, for media could not be read")
    before = scripts("20260101T000000Z-before-restore", "backup")[1]
    assert done(project) == [ENGINE, MODEL, *IMAGES, PS, PS, before]


def test_restore_keeps_what_a_stopped_stack_holds(project: Project) -> None:
    kept(project.folder, NAME, "database")
    stopped = container("db", state="exited")
    ended = again(
        project, f"dev.restore {NAME} --yes", ("bash -s database backup", "no space", 1), SIZES[0], running=stopped
    )
    assert ended.err.splitlines()[0] == "db does not run"
    assert done(project)[-2:] == [f"{UP} --no-build db", PS]
    ended = again(project, f"dev.restore {NAME} --yes", running="")
    assert (ended.code, ended.err) == (0, "")
    assert not [line for line in done(project) if " backup " in line]


CHANGING = {
    "dev.restore last --yes": "files",
    "dev.backup": "bash",
    "dev.reset --yes": " (down|up) ",
    "dev.clean --yes": " down ",
    "dev.down": " down ",
    "dev.up": " up ",
    "dev.restart": " up ",
    "dev.stop": " stop$",
    "dev.check --recovery": " (stop|up) ",
}


@pytest.mark.parametrize("line", CHANGING)
def test_one_command_at_a_time_changes_the_stack(project: Project, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    kept(project.folder, NAME, "media")
    seen: list[int] = []

    @contextmanager
    def alone(file: Path, waiting: Callable[[], None]) -> Iterator[None]:
        assert file == project.folder / ".shiplane/locks/development"
        assert waiting is not None
        seen.append(len(done(project)))
        yield
        seen.append(len(done(project)))

    monkeypatch.setattr("shiplane.runners.locks.held", alone)
    monkeypatch.setattr("shiplane.runners.base.Cancel.sleep", lambda *_: None)
    again(project, line, SIZES[0])
    changes = [number for number, command in enumerate(done(project)) if re.search(CHANGING[line], command)]
    assert changes
    first, last = seen if len(seen) > 1 else (*seen, len(done(project)))
    assert all(first <= number < last for number in changes)


@pytest.mark.parametrize(
    "line", [*CHANGING, "dev.clean --degree all --yes", "dev.clean --degree logs --yes", "dev.shell"]
)
def test_the_stack_of_another_checkout_is_left_alone(project: Project, tmp_path: Path, line: str) -> None:
    kept(project.folder, NAME, "media")
    other = tmp_path / "other"
    other.mkdir()
    labels = f"com.docker.compose.project.working_dir={other},com.docker.compose.service=db"
    ended = again(project, line, *SIZES, running=container("db", (5432, 5432), Labels=labels))
    go_on = "go on with that one's data: invoke dev.down there"
    assert (ended.code, ended.err.splitlines()[:2]) == (
        2,
        [
            f"the development stack app-dev is that of {other}",
            f"fix: name this one in .env: DEV_PROJECT_NAME=app-dev-2, or {go_on}",
        ],
    )
    assert not [command for command in done(project) if re.search(" (up|down|stop|exec)( |$)|bash", command)]


def test_a_restore_that_fails_says_that_the_data_are_as_they_were(project: Project) -> None:
    kept(project.folder, NAME, "database")
    ended = again(project, "dev.restore last --no-keep --yes", ("bash -s database load", "pg_restore: no archive", 1))
    assert (ended.code, ended.err.splitlines()) == (
        3,
        [
            f"{NAME} was not restored, for loading it (database) failed; the data are what they were before",
            "fix: see the lines above; what is kept: invoke dev.backups",
            "see: docs/errors.md#restore-failed",
            "  pg_restore: no archive",
        ],
    )


CUT_OFF = [
    f"the restore of {NAME} was cut off: database, media may be partly what was there before",
    f"do it again: invoke dev.restore {NAME} --part database --part media",
]
STUCK: Answer = ("bash -s (files swap|database back|files back)", "the disk is full", 1)


def test_a_restore_that_was_cut_off_is_told_until_it_is_done_again(project: Project) -> None:
    kept(project.folder, NAME, "database", "media")
    assert again(project, f"dev.restore {NAME} --no-keep --yes", STUCK).code == 3
    assert again(project, "dev.status").out.splitlines()[-3:] == ["", *CUT_OFF]
    assert again(project, "dev.status", running="").out.splitlines()[1:] == CUT_OFF
    assert again(project, "dev.status --json").json["cut_off"] == {"database": NAME, "media": NAME}
    for line in ("dev.up", "dev.restart"):
        assert again(project, line).out.splitlines()[-2:] == CUT_OFF
    ended = again(project, f"dev.restore {NAME} --part database --part media --no-keep --yes")
    assert (ended.code, ended.out.splitlines()[:2]) == (0, CUT_OFF)
    assert again(project, "dev.status --json").json["cut_off"] == {}


def test_a_restore_at_work_is_not_told_as_cut_off(project: Project) -> None:
    kept(project.folder, NAME, "media")
    again(project, f"dev.restore {NAME} --no-keep --yes", STUCK)
    with held(project.folder / ".shiplane/locks/development"):
        assert again(project, "dev.status --json").json["cut_off"] == {}


@pytest.mark.parametrize("line", ["dev.reset --yes", "dev.down --volumes --yes", "dev.clean --degree all --yes"])
def test_with_the_data_goes_what_was_told_of_them(project: Project, line: str) -> None:
    kept(project.folder, NAME, "media")
    again(project, f"dev.restore {NAME} --no-keep --yes", STUCK)
    assert again(project, line, *SIZES, (" down ", "the engine is gone", 1)).code == 3
    assert again(project, "dev.status --json").json["cut_off"] == {"media": NAME}
    assert again(project, line, *SIZES).code == 0
    assert again(project, "dev.status --json").json["cut_off"] == {}


def test_a_file_from_elsewhere(project: Project) -> None:
    file = project.folder / "downloads" / "shop.media.tar"
    file.parent.mkdir()
    file.write_bytes(b"data")
    ended = again(project, f"dev.restore {file} --dry-run")
    assert (ended.code, ended.err.partition(" so ")[0]) == (2, f"{file} is not yet among the backups,")
    assert project.invoke("dev.backups --json").json == []
    ended = again(project, f"dev.restore {file} --no-keep --yes")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "restored from shop: media")


@pytest.fixture
def others(project: Project, tmp_path: Path) -> Path:
    """Let another checkout have used the volumes last; give it."""
    folder = tmp_path / "other"
    folder.mkdir()
    note_of(project).parent.mkdir(parents=True)
    note_of(project).write_text(f"{folder}\n")
    return folder


def note_of(project: Project) -> Path:
    return project.folder.with_name(f"{project.folder.name}-state") / "shiplane/development/app-dev"


@pytest.mark.parametrize("words", ["dev.reset", "dev.down --volumes", "dev.clean --degree all", f"dev.restore {NAME}"])
def test_the_data_of_another_checkout_are_left_alone(project: Project, others: Path, words: str) -> None:
    kept(project.folder, NAME, "media")
    ended, other_name = again(project, f"{words} --yes", *SIZES, running=""), "DEV_PROJECT_NAME=app-dev-2"
    assert (ended.code, ended.err.splitlines()[:2]) == (
        2,
        [
            f"the data of the development stack app-dev are those of {others}",
            f"fix: do it there, name this one in .env: {other_name}, or make them this one's: invoke dev.up",
        ],
    )
    assert not [line for line in done(project) if re.search(" (up|down|stop|exec|run)( |$)|bash", line)]


def test_who_starts_on_the_data_of_another_is_told_and_has_them_then(project: Project, others: Path) -> None:
    told = f"the data are those of {others}, and this checkout goes on with them; to have its own:"
    own = "invoke dev.down, then in .env: DEV_PROJECT_NAME=app-dev-2"
    assert f"{told} {own}" in again(project, "dev.up", *SIZES, running="").out.splitlines()
    assert note_of(project).read_text() == f"{project.folder}\n"
    assert told not in again(project, "dev.up", *SIZES, running="").out
    assert again(project, "dev.down --volumes --yes", *SIZES, running="").code == 0
    assert not note_of(project).exists()


@pytest.mark.parametrize("gone", ["checkout", "volumes", "containers"])
def test_what_is_nobody_else_s_may_go(project: Project, others: Path, gone: str) -> None:
    running = RUNNING if gone == "containers" else ""  # that run are ours
    if gone == "checkout":
        others.rmdir()
    first = () if gone == "volumes" else SIZES
    assert again(project, "dev.down --volumes --yes", *first, running=running).code == 0


def test_reset(project: Project) -> None:
    ended = again(project, "dev.reset --yes", *SIZES)
    assert (ended.code, ended.out.splitlines()[0]) == (0, "app-dev_db-data  48MB")
    assert [line for line in done(project) if line.startswith(("docker compose", "BUILDX"))] == [
        *(PS, MODEL, f"{EVERY} down --remove-orphans --volumes", PS, f"{UP} --build", SEED, PS)
    ]


def test_reset_removes_nothing_where_the_stack_could_not_start_again(project: Project) -> None:
    held_port = ("ss -H", 'LISTEN 0 5 127.0.0.1:8000 0.0.0.0:* users:(("python3",pid=77,fd=3))', 0)
    ended = again(project, "dev.reset --yes", held_port, *SIZES)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("port 8000 is held by python3 (process 77), so the backend of the development stack")
    assert not [line for line in done(project) if re.search(" (down|up) ", line)]


IGNORED = ("git ls-files --others --ignored", "backend/__pycache__/\0.venv/\0.mypy_cache/\0", 0)
HELD = (
    IGNORED,
    ("du -sk", "12\tbackend/__pycache__\n", 0),
    ("docker system df --format", "Images\t1GB (1%)\nBuild Cache\t3.1GB", 0),
)


def test_clean_by_degrees(project: Project) -> None:
    ended = again(project, "dev.clean --yes", running=container("db"))
    assert ended.out.splitlines() == [
        "what       name    holds",
        "container  db    healthy",
        "what stays: the data, images and backups",
        "removed",
    ]
    assert done(project) == [ENGINE, PS, f"{EVERY} down --remove-orphans"]
    ended = again(project, "dev.clean --degree logs --yes", ("docker logs", "4096\n", 0), running=container("db"))
    assert ended.out.splitlines()[1] == "log   db    4096 B"
    assert done(project) == [
        *(ENGINE, PS, MODEL, "sh -c 'docker logs \"$1\" 2>&1 | wc -c' sh db-1"),
        f"{UP} --no-build --force-recreate db",
    ]
    ended = again(project, "dev.clean --degree caches --yes", *HELD)
    assert ended.out.splitlines()[1:4] == [
        "cache   backend/__pycache__              12 KiB",
        "cache   .mypy_cache                           -",
        "builds  of the engine, for all projects   3.1GB",
    ]
    assert done(project)[-2:] == ["rm -rf -- backend/__pycache__ .mypy_cache", "docker builder prune --force"]


def test_clean_all(project: Project) -> None:
    held = ("docker image ls", "557MB\n", 0)
    own = f"backend-dev:1.0.0-{checkout_id(project.folder)}"
    tested = (r"docker image ls .*reference=\*:\*-", f"i1 {own}\ni2 x:1-{checkout_id(project.folder)}\n", 0)
    first = ("docker image ls .*reference=", "i1 backend-dev:1.0.0\nanother x:1\n", 0)
    ended = again(project, "dev.clean --degree all --yes", *SIZES, tested, first, held, running=container("db"))
    assert ended.out.splitlines() == [
        "what       name                          holds",
        "container  db                          healthy",
        "data       app-dev_db-data                48MB",
        "data       app-dev_media                     -",
        "image      backend-dev:1.0.0             557MB",
        f"image      {own}    557MB",
        "image      backend-dev:local             557MB",
        f"image      x:1-{checkout_id(project.folder)}                  557MB",
        "what stays: the backups, in .shiplane/dev",
        "removed",
    ]
    assert done(project)[-2:] == [
        f"{EVERY} down --remove-orphans --volumes",
        f"docker image rm --force backend-dev:1.0.0 {own} backend-dev:local x:1-{checkout_id(project.folder)}",
    ]


def test_clean_with_nothing_to_remove(project: Project) -> None:
    ended = again(project, "dev.clean --yes", running="")
    assert (ended.code, ended.out, done(project)) == (0, "nothing to remove: containers\n", [ENGINE, PS])
    assert again(project, "dev.clean --degree caches --json --dry-run", IGNORED).json == {
        "degree": "caches",
        "removals": [
            {"kind": "cache", "name": "backend/__pycache__", "size": "-"},
            {"kind": "cache", "name": ".mypy_cache", "size": "-"},
        ],
        "stays": "containers, data, images",
    }


@pytest.mark.parametrize(
    ("line", "said", "changes"),
    [
        ("dev.down --volumes", "yes", True),
        ("dev.down --volumes", "no", False),
        ("dev.reset", "", False),
        ("dev.clean", "y", True),
        ("dev.clean --degree all", "yes", False),
        ("dev.clean --degree all", "app-dev", True),
    ],
)
def test_what_is_lost_is_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, line: str, said: str, *, changes: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or said)
    ended = again(project, line, *SIZES)
    assert len(asked) == 1
    assert ended.code == (0 if changes else 2)
    assert ("not agreed, so nothing was changed" in ended.err) is not changes
    assert any(" down " in command for command in done(project)) is changes


@pytest.mark.parametrize(
    "line",
    [
        "dev.down --volumes",
        "dev.reset",
        "dev.clean",
        "dev.clean --degree all",
        f"dev.restore {NAME}",
        "dev.clean --json",
    ],
)
def test_without_a_terminal_nothing_is_lost(project: Project, line: str) -> None:
    kept(project.folder, NAME, "database")
    ended = again(project, line, *SIZES)
    assert (ended.code, ended.err.splitlines()[-1]) == (2, "see: docs/errors.md#no-terminal")
    assert not [command for command in done(project) if " down " in command or "bash" in command]


REFUSED = {
    "dev.logs --service bakend": "unknown service 'bakend'",
    "dev.logs --since noon": "since 'noon' is no time",
    "dev.shell --service bakend": "unknown service 'bakend'",
    "dev.shell --bash -- ls": "--bash opens a shell, and there is a command too",
    "dev.shell --service frontend --client -- ls": "frontend has no shell of its own",
    "dev.shell -- ls \udcff": "word 2 of the command is not valid UTF-8",
    "dev.stop --service bakend": "unknown service 'bakend'",
    "dev.restart --service bakend": "unknown service 'bakend'",
    "dev.build --service bakend": "unknown service 'bakend'",
    "dev.backup --part medai": "unknown part 'medai'",
    "dev.restore last": "backup 'last' cannot be restored: there is none yet",
    "dev.clean --degree everything": "unknown degree 'everything'",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_refused(project: Project, line: str) -> None:
    ended = project.invoke(line)
    assert (ended.code, ended.err.splitlines()[0], ended.out) == (2, REFUSED[line], "")
    assert set(done(project)) <= {ENGINE, MODEL, PS, *IMAGES}


def test_preflight_looks_at_this_machine_alone(project: Project) -> None:
    ended = project.invoke("dev.preflight --seconds 60 --json")
    found = {told["id"]: told["ok"] for told in ended.json}
    parts = {name.partition(".")[0] for name in found}
    assert {"disk", "memory", "line-ends", "modes", "files", "variables", "ports"} <= parts
    assert not any(name.startswith(("servers", "secrets", "registry")) for name in found)
    assert ended.code == (0 if all(found.values()) else 2)


def test_validate_tells_what_is_wrong_in_the_files(project: Project) -> None:
    ended = project.invoke("dev.validate")
    assert ended.code == 3
    assert ended.err.splitlines()[0].endswith(" faults in the compose files")
    assert "fix: " in ended.out


class Public:
    """Answer for the application; without its database the API is unwell."""

    def __init__(self, project: Project, environment: str = "development", *, notices: bool = True) -> None:
        self.project, self.environment, self.notices = project, environment, notices

    def request(self, method: str, url: str, **words: object) -> Said:
        del method, words
        if not url.endswith("/api/v1/status/"):
            return Said(200, "<!doctype html><html>", dict.fromkeys(HEADERS, "x"))
        last = done(self.project)[-1]
        status = 503 if self.notices and last.endswith(" stop db") else 200
        return Said(status, json.dumps({"environment": self.environment}))


def test_check(project: Project) -> None:
    project.world.public = Public(project)
    ended = project.invoke("dev.check --json")
    names = [*(f"service.{name}" for name in ("db", "redis", "backend", "frontend", "proxy"))]
    assert [(told["id"], told["ok"]) for told in ended.json] == [
        (name, True) for name in (*names, "page", "headers", "status", "environment")
    ]
    assert (ended.code, done(project)) == (0, [ENGINE, PS, MODEL])
    project.world.public = Public(project, "staging")
    ended = project.invoke("dev.check")
    assert (ended.code, ended.err.splitlines()[0]) == (
        3,
        "the development stack does not answer as it should: environment",
    )
    assert "✗ environment: the application says that its environment is 'staging'" in ended.out


def test_check_of_what_does_not_answer(project: Project) -> None:
    sick = RUNNING.replace('"redis-1", "Service": "redis", "State": "running", "Health": "healthy"',
                           '"redis-1", "Service": "redis", "State": "running", "Health": "unhealthy"')  # fmt: skip
    ended = again(project, "dev.check", running=sick)
    assert ended.err.splitlines()[0].endswith(": service.redis, page, status, environment")
    ended = again(project, "dev.check", running="")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "proxy does not run")


@pytest.mark.parametrize(("notices", "bad"), [(True, ""), (False, "noticed")])
def test_recovery(project: Project, monkeypatch: pytest.MonkeyPatch, *, notices: bool, bad: str) -> None:
    monkeypatch.setattr("shiplane.runners.base.Cancel.sleep", lambda *_: None)
    project.world.public = Public(project, notices=notices)
    ended = project.invoke("dev.check --recovery --json")
    assert [told["id"] for told in ended.json if not told["ok"]] == ([bad] if bad else [])
    assert done(project) == [ENGINE, PS, PS, MODEL, PS, PS, f"{EVERY} stop db", f"{UP} --no-build db"]
    assert ended.code == (3 if bad else 0)


def test_the_database_is_started_again_whatever_happens(project: Project) -> None:
    project.answers(*answers(RUNNING, (" stop db", "permission denied", 1)))
    project.world.public = Public(project)
    ended = project.invoke("dev.check --recovery")
    assert (ended.code, ended.err.splitlines()[0]) == (3, "db did not stop")
    assert done(project)[-1] == f"{UP} --no-build db"
