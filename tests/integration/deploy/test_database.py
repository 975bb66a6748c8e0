"""Migrations, backups and a database that goes back, on a real PostgreSQL on a real server."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from ledgers import HARD, Ledger, build
from shiplane.deploy import backups
from shiplane.errors import BackupFailed, BreakingMigrations, DatabaseAhead, DeployUndone, MigrationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.commands.login import RegistryLogin
    from shiplane.lab.state import LabState
    from shiplane.model import Image

LOOK = "docker ps --no-trunc --filter label=com.docker.compose.project=ledger-staging --format '{{.ID}}'"


@pytest.fixture(scope="module")
def ledger(
    state: tuple[LabState, RegistryLogin, dict[str, Image]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    made = Ledger(state[0], state[1], build(state[1], tmp_path_factory.mktemp("ledger")))
    with made.runner, made.looker:
        yield made


@pytest.fixture
def one(ledger: Ledger) -> Iterator[Ledger]:
    """Let release `one` serve a row on a database of its own."""
    ledger.deploy("one")
    ledger.sql("INSERT INTO rows VALUES ('first', 'note')")
    yield ledger
    ledger.clear()


def of_the_ledger(ledger: Ledger) -> str:
    """List its databases: nothing of a restore may be left."""
    return ledger.sql("SELECT datname FROM pg_database WHERE datname LIKE 'ledger%'").strip()


def test_pending_migrations_run_after_a_backup_that_nobody_else_can_read(one: Ledger) -> None:
    assert (one.serves(), one.backups(), one.audit()[-1]["migrations"]) == (("one", ["first"]), [], ["app.1"])
    one.deploy("two")
    assert one.serves() == ("two", ["first"])
    entry = one.audit()[-1]
    name = entry["backup"]
    assert (entry["migrations"], "breaking" in entry) == (["app.2"], False)
    assert re.fullmatch(r"\d{8}T\d{6}Z-two", name)
    assert one.backups() == [f"{name}.dump", f"{name}.json"]
    assert one.ask("stat -c %a backups backups/*").split() == ["700", "600", "600"]
    about = json.loads(one.ask(f"cat backups/{name}.json"))
    assert (about["release"], about["before"], about["migrations"]) == ("two", "one", ["app.2"])
    assert about["size"] == int(one.ask(f"stat -c %s backups/{name}.dump"))
    assert about["sha256"] == one.ask(f"sha256sum <backups/{name}.dump").split()[0]
    assert [backup["name"] for backup in one.deployer().backups()] == [name]
    assert f"DB_PASSWORD {HARD}" not in "\n".join((*one.reports, one.ask(f"cat audit.jsonl backups/{name}.json")))
    one.deploy("two", name="two-again")
    assert "web has the migrations of what ran last: none can be pending" in one.reports
    assert one.rollback("one").release == "one"
    assert f"applied since one served: app.2; backup from before: {name}" in one.reports
    assert one.serves() == ("one", ["first"])


def test_what_fails_before_the_change_leaves_what_serves_and_nothing_half_made(one: Ledger) -> None:
    one.sql("INSERT INTO rows SELECT md5(random()::text), md5(random()::text) FROM generate_series(1, 4000)")
    about = {"made_at": "2026-01-01T00:00:00Z", "size": 1, "sha256": "s", "release": "gone", "before": "gone too"}
    old = json.dumps({**about, "name": "old", "migrations": []})
    one.ask(f"mkdir -m 700 backups; : >backups/old.dump; echo '{old}' >backups/old.json")
    before = one.ask(LOOK)
    with one.full_disk():
        with pytest.raises(BackupFailed, match=r"nothing was changed: .*[Nn]o space left on device"):
            one.deploy("two")
        assert one.backups() == []
    assert one.sql("SELECT name FROM applied").split() == ["app.1"]
    with pytest.raises(MigrationFailed) as caught:
        one.deploy("broken")
    assert caught.value.cause == 'broken: migration app.3 failed: relation "nowhere" does not exist; one still serves'
    entry = one.audit()[-1]
    assert (entry["outcome"], entry["migrations"]) == ("undone", ["app.2"])
    stays = f"applied and staying: app.2; the database from before is backups/{entry['backup']}.dump"
    assert stays in caught.value.fix
    assert one.sql("SELECT count(*) FROM information_schema.columns WHERE column_name = 'also'").strip() == "0"
    assert (one.ask(LOOK), one.serves()[0], one.ask("ls releases").split()) == (before, "one", ["one"])
    with pytest.raises(DeployUndone, match="one serves again"):
        one.deploy("sick")
    one.deploy("two")
    assert one.serves()[0] == "two"
    assert one.backups() == [f"{entry['backup']}.{kind}" for kind in ("dump", "json")]  # the old release's is gone


def test_a_breaking_migration_is_refused_until_it_is_allowed_and_the_database_goes_back_with_the_release(
    one: Ledger,
) -> None:
    one.deploy("two")
    before = one.ask(LOOK)
    with pytest.raises(BreakingMigrations, match=r"app\.3_drop \(DROP_COLUMN rows\.note\)"):
        one.deploy("drop")
    assert (one.ask(LOOK), one.serves()[0], len(one.backups())) == (before, "two", 2)
    one.deploy("drop", "app.3_drop")
    entry = one.audit()[-1]
    assert (one.serves(), entry["breaking"]) == (("drop", ["first"]), ["app.3_drop"])
    with pytest.raises(DatabaseAhead, match=r"two cannot run on the database as it is now: app\.3_drop") as caught:
        one.rollback()
    assert entry["backup"] in caught.value.fix
    with pytest.raises(DatabaseAhead):
        one.deploy("two")
    one.sql("INSERT INTO rows VALUES ('second')")
    # The release before cannot start: the later database and release come back, with every row.
    one.ask("sed -i.kept 's/image: .{WEB_IMAGE:?}/&\\n    command: [\"false\"]/' releases/two/docker-compose.yml")
    with pytest.raises(DeployUndone, match="drop serves again"):
        one.rollback(restore_database=True)
    assert (one.serves(), of_the_ledger(one)) == (("drop", ["first", "second"]), "ledger")
    assert "restored" not in one.audit()[-1]
    one.ask("mv releases/two/docker-compose.yml.kept releases/two/docker-compose.yml")
    assert one.rollback(restore_database=True).release == "two"
    assert (one.serves(), of_the_ledger(one)) == (("two", ["first"]), "ledger")
    assert one.sql("SELECT note FROM rows").strip() == "note"
    again = one.audit()[-1]
    assert (again["action"], again["restored"]) == ("rollback", entry["backup"])
    assert f"{again['backup']}.dump" in one.backups()
    assert one.deployer().survey().left is None
    assert one.deployer().preview_rollback("one")[0] == "back to one"


def test_the_next_deploy_takes_a_restore_back_that_was_cut_off(one: Ledger) -> None:
    one.deploy("two")
    name = one.audit()[-1]["backup"]
    one.sql("INSERT INTO rows VALUES ('second')")
    one.ask("mkdir -p served")
    site, settings = one.site, one.options.backup
    fresh = backups.make(site, settings, "fresh", "one", "two")
    commands = (backups.load(site, settings, name), *backups.swap(site, settings, name, ("db",), "fresh", fresh))
    for done in (1, 2, len(commands)):
        # As a server that goes down in the middle leaves it.
        for command in commands[:done]:
            assert one.runner.run(command).ok
        closed = one.ask("ls served/maintenance 2>/dev/null || :")
        assert one.ask("cat .restore-beside 2>/dev/null || :") == (f"{name}\tfresh" if done == len(commands) else "")
        one.deploy("two", name=f"after-{done}")
        assert one.serves() == (f"after-{done}", ["first", "second"])
        assert closed == ("served/maintenance" if done > 1 else "")
        left = "ls -d .restore* served/.maintenance-by-restore served/maintenance 2>/dev/null || :"
        assert (of_the_ledger(one), one.ask(left)) == ("ledger", "")
        assert one.deployer().survey().left is None


def test_a_restore_whose_run_was_killed_before_its_record_is_not_done_twice(one: Ledger) -> None:
    one.deploy("two")
    name = one.audit()[-1]["backup"]
    one.rollback(restore_database=True)
    fresh = one.audit()[-1]["backup"]
    # As the server was before the record, but for the database that it removes afterwards.
    one.ask(f"sed -i '$d' audit.jsonl; printf '%s\\t%s\\n' {name} {fresh} >.restore-beside")
    one.sql("INSERT INTO rows VALUES ('since')")
    one.rollback(restore_database=True)
    assert one.serves() == ("one", ["first", "since"])
    told = [(each["release"], each["outcome"], each.get("restored")) for each in one.audit()[-2:]]
    assert told == [("one", "failed", name), ("one", "deployed", None)]
    assert (of_the_ledger(one), one.ask("ls -d .restore* 2>/dev/null || :")) == ("ledger", "")
