"""The release phase on a recorded execution: what it asks, when it backs up and migrates, what a failure says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from shiplane.deploy import release_phase
from shiplane.deploy.containers import Container
from shiplane.deploy.migrations import Applied
from shiplane.deploy.release_phase import ReleasePhase
from shiplane.deploy.survey import Entry, State
from shiplane.errors import (
    BackupFailed,
    BreakingMigrations,
    DatabaseAhead,
    MigrationFailed,
    StepFailed,
    Unreachable,
)
from shiplane.model import Deployment
from shiplane.runners.base import Completed
from sites import OPTIONS, SITE, release_of

if TYPE_CHECKING:
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Options, Phase
    from shiplane.errors import ShiplaneError
    from shiplane.model import Release

WITH_CHECK = replace(OPTIONS, pending_command=("python", "manage.py", "pending"))
RUN = "docker compose -p app-staging -f docker-compose.yml -f compose.staging.yml run --rm -T --no-deps"
RUN += " --label dev.shiplane.once=1 backend "
BACKUP = "20260203T040506Z-new"
DROP = {"rule": "DROP_COLUMN", "message": "DROPPING columns", "table": "t", "column": "c", "breaking": True}


def pending(*names: str, breaking: tuple[str, ...] = (), **more: Any) -> str:  # noqa: ANN401 - JSON
    entries = [{"name": name, "findings": [DROP] if name in breaking else []} for name in names]
    return json.dumps({"pending": entries, **more})


@dataclass
class Playing:
    """Play context and execution: each phase is recorded, and answered by the next of `answers` for its name."""

    options: Options = WITH_CHECK
    allowed: tuple[str, ...] = ()
    checks: list[str | ShiplaneError] = field(default_factory=lambda: [pending()])
    release: ShiplaneError | None = None
    ran: list[Phase] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    site = SITE

    def report(self, line: str) -> None:
        self.reports.append(line)

    def stamp(self) -> str:
        return "2026-02-03T04:05:06.000Z"

    def execution(self) -> Playing:
        return self

    def run(self, phase: Phase) -> list[Completed]:
        self.ran.append(phase)
        said = self.checks.pop(0) if phase.name == "check" else self.release or ""
        if isinstance(said, Exception):
            raise said
        return [Completed(0, said, said, 0.0)]

    def phase(self, state: State | None = None, before: str | None = "old", release: Release | None = None) -> Applied:
        phase = self.made = ReleasePhase(
            cast("Context", self), release or release_of("new"), state or serving("old"), before
        )
        phase.run()
        return phase.applied


def serving(*names: str, outcome: str = "deployed", applied: Applied | None = None, running: bool = True) -> State:
    entries = tuple(
        Entry(
            Deployment("i", "staging", "u", name, "c", "r", "deploy", outcome, "t", "t"),
            "me",
            release_of(name).digests(),
            applied or Applied(),
        )
        for name in names
    )
    there = ("db", "redis", "backend") if running else ("backend",)
    found = [Container(service=s, once=False, **_NO_MATTER, state={"Status": "running"}) for s in there]
    return State(current=names[-1], entries=entries, containers=tuple(found))


_NO_MATTER: Any = {
    key: {"digests": (), "restarts": 0}.get(key, "")
    for key in Container.__dataclass_fields__
    if key not in {"service", "once", "state"}
}


def test_nothing_is_pending() -> None:
    playing = Playing()
    assert playing.phase() == Applied()
    assert [phase.name for phase in playing.ran] == ["check"]
    [command] = playing.ran[0].commands
    assert (command.host, command.cwd) == ("staging", "deployments/app-staging/releases/new")
    assert command.masked() == f"{RUN}python manage.py pending"
    assert playing.reports == ["no migration is pending"]


def test_pending_migrations_run_after_a_backup() -> None:
    playing = Playing(checks=[pending("a.1", "a.2")])
    assert playing.phase() == Applied(("a.1", "a.2"), (), BACKUP)
    [_, migrate] = playing.ran
    backup, run = migrate.commands
    assert backup.argv[2:8] == ("database", "backup", SITE.folder, "app-staging", "db", BACKUP)
    said = '"release": "new", "before": "old", "migrations": ["a.1", "a.2"], "breaking": []\n'
    assert str(backup.input_text()).endswith(said)
    assert run.masked() == f"{RUN}python manage.py migrate"
    assert run.cwd == "deployments/app-staging/releases/new"
    assert playing.reports == ["pending: a.1, a.2"]


def test_a_database_without_tables_is_not_backed_up() -> None:
    playing = Playing(checks=[pending("a.1", breaking=("a.1",), fresh=True)])
    assert playing.phase(before=None) == Applied(("a.1",))
    assert len(playing.ran[-1].commands) == 1


def test_a_first_deploy_on_a_database_that_was_there_is_backed_up() -> None:
    playing = Playing(checks=[pending("a.1", breaking=("a.1",))])
    assert playing.phase(before=None) == Applied(("a.1",), (), BACKUP)


def test_without_a_service_nothing_is_backed_up() -> None:
    options = replace(WITH_CHECK, backup=replace(WITH_CHECK.backup, service=""))
    playing = Playing(options, checks=[pending("a.1")])
    assert playing.phase() == Applied(("a.1",))
    assert len(playing.ran[-1].commands) == 1


def test_without_a_pending_command_the_release_command_runs() -> None:
    playing = Playing(OPTIONS)
    assert playing.phase() == Applied()
    assert [(phase.name, len(phase.commands)) for phase in playing.ran] == [("release", 1)]
    assert Playing(replace(OPTIONS, release_command=())).phase() == Applied()


def test_the_image_that_ran_last_has_nothing_pending() -> None:
    playing = Playing()
    assert playing.phase(serving("old", "new")) == Applied()
    assert playing.ran == []
    assert playing.reports == ["backend has the migrations of what ran last: none can be pending"]


@pytest.mark.parametrize(("before", "after", "asked"), [("s1", "s1", False), ("s1", "s2", True), ("", "", True)])
def test_another_image_with_the_same_migrations_has_nothing_pending(before: str, after: str, asked: bool) -> None:  # noqa: FBT001
    state, playing = serving("old"), Playing()
    known = replace(release_of("old"), schema=before)
    state = replace(state, releases={**state.releases, "old": known})
    ReleasePhase(cast("Context", playing), replace(release_of("new"), schema=after), state, "old").run()
    assert [phase.name for phase in playing.ran] == (["check"] if asked else [])


def test_files_that_were_written_again_may_name_another_database() -> None:
    playing = Playing()
    ReleasePhase(cast("Context", playing), release_of("new"), serving("new"), "new", rewritten=True).run()
    assert [phase.name for phase in playing.ran] == ["check"]


def sick() -> State:
    state = serving("new")
    [*others, last] = state.containers
    return replace(state, containers=(*others, replace(last, state={"Status": "running", "Health": {"Status": "u"}})))


@pytest.mark.parametrize(
    "state",
    [
        *(serving("new", running=False), serving("new", outcome="undone"), serving("old"), sick()),
        replace(serving("new"), restore=frozenset({"beside"})),
    ],
)
def test_where_something_says_otherwise_the_database_is_asked(state: State) -> None:
    playing = Playing()
    playing.phase(state)
    assert [phase.name for phase in playing.ran] == ["check"]


def test_what_breaks_is_refused_before_anything_is_done() -> None:
    playing = Playing(checks=[pending("a.1", "a.2", breaking=("a.2",))])
    with pytest.raises(BreakingMigrations, match=r"would break old, .*: a\.2 \(DROP_COLUMN t\.c\)"):
        playing.phase()
    assert [phase.name for phase in playing.ran] == ["check"]
    assert playing.made.applied == Applied()


def test_what_is_allowed_by_name_runs_and_is_remembered() -> None:
    playing = Playing(allowed=("a.2", "a.7"), checks=[pending("a.1", "a.2", breaking=("a.2",))])
    assert playing.phase() == Applied(("a.1", "a.2"), ("a.2",), BACKUP)
    assert playing.reports[0] == "pending: a.1, a.2"
    assert playing.reports[1].startswith("  a.2: DROP_COLUMN t.c: DROPPING columns; instead: ")
    assert playing.reports[2] == "  a.7 is allowed and not pending"


def test_an_older_release_is_refused_on_a_database_that_breaks_it() -> None:
    state = serving("new", "newer", applied=Applied(("a.2",), ("a.2",), "b"))
    playing = Playing(checks=[pending(ahead=["a.2"])])
    with pytest.raises(DatabaseAhead, match=r"new cannot run on the database as it is now: a\.2 was applied since"):
        playing.phase(state, "newer")
    assert "ahead of new: a.2" in playing.reports[-1]
    assert Playing(allowed=("a.2",), checks=[pending(ahead=["a.2"])]).phase(state, "newer") == Applied()
    assert Playing(checks=[pending(ahead=["a.1"])]).phase(state, "newer") == Applied()


def test_a_database_that_is_away_is_not_the_release_s_fault() -> None:
    said = ("Container x", "CommandError: the database does not answer: host name unknown")
    playing = Playing(checks=[StepFailed("see", "fix", said)])
    with pytest.raises(Unreachable, match="staging: the database does not answer: host name unknown") as caught:
        playing.phase()
    assert caught.value.fix == "look at its container: docker compose logs db"


def test_a_pending_command_that_fails() -> None:
    playing = Playing(checks=[StepFailed("see", "fix", ("Unknown command: 'pending'",))])
    with pytest.raises(StepFailed, match=r"pending command failed: python manage\.py pending: Unknown command"):
        playing.phase()


def test_a_backup_that_fails_changes_nothing() -> None:
    failure = BackupFailed("staging", "cat: write error: No space left on device", ())
    playing = Playing(checks=[pending("a.1")], release=failure)
    with pytest.raises(BackupFailed, match="nothing was changed: cat: write error"):
        playing.phase()
    assert playing.made.applied == Applied()


def test_a_migration_that_fails_is_named_with_what_stays() -> None:
    failure = StepFailed("see", "fix", ('column "x" does not exist', "Applying a.2..."))
    left = pending("a.2", "a.3")
    playing = Playing(checks=[pending("a.1", "a.2", "a.3", breaking=("a.1", "a.3")), left], release=failure)
    playing.allowed = ("a.1", "a.3")
    with pytest.raises(MigrationFailed) as caught:
        playing.phase()
    assert caught.value.exit_code == 3
    assert caught.value.cause == 'new: migration a.2 failed: column "x" does not exist; old still serves'
    assert "; applied and staying: a.1; the database from before is backups/20260203T040506Z-new.dump" in (
        caught.value.fix
    )
    assert playing.made.applied == Applied(("a.1",), ("a.1",), BACKUP)


def test_a_migration_that_fails_where_nothing_served_leaves_that_to_the_undo() -> None:
    failure = StepFailed("see", "fix", ('column "x" does not exist',))
    playing = Playing(checks=[pending("a.1", fresh=True), pending("a.1")], release=failure)
    with pytest.raises(MigrationFailed) as caught:
        playing.phase(before=None)
    assert caught.value.cause == 'migration a.1 failed: column "x" does not exist'


def test_where_nobody_can_tell_all_may_have_been_applied() -> None:
    playing = Playing(checks=[pending("a.1"), Unreachable("gone", "x")], release=StepFailed("it broke", "fix"))
    with pytest.raises(MigrationFailed, match="new: it broke; old still serves"):
        playing.phase()
    assert playing.made.applied == Applied(("a.1",), (), BACKUP)


def test_the_plan() -> None:
    check, migrate = release_phase.planned(SITE, "new", WITH_CHECK)
    assert (check.name, migrate.name) == ("check", "release")
    assert "BACKUP" in migrate.commands[0].argv
    assert [phase.name for phase in release_phase.planned(SITE, "new", OPTIONS)] == ["release"]
    assert release_phase.planned(SITE, "new", replace(OPTIONS, release_command=())) == ()
