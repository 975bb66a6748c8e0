"""What the pending command says, what is decided from it, and what was done to the database since when."""

from __future__ import annotations

import json

import pytest

from shiplane.deploy.backups import Backup
from shiplane.deploy.migrations import Applied, Finding, Migration, Pending, decide, explain, parse, since
from shiplane.deploy.survey import Entry
from shiplane.errors import BreakingMigrations, UsageError
from shiplane.model import Deployment

DROP = Finding("DROP_COLUMN", "DROPPING columns", "board_run", "author")
LOCK = Finding("CREATE_INDEX", "CREATE INDEX locks table", "board_run", breaking=False)
SAFE, BREAKING, LOCKING = Migration("a.1"), Migration("a.2", (DROP, LOCK)), Migration("a.3", (LOCK,))


def printed(**changes: object) -> str:
    finding = {"rule": "R", "message": "M", "table": "t", "column": "c", "breaking": False}
    found = {"pending": [{"name": "a.1", "findings": [finding]}], "fresh": True, "ahead": ["a.9"]}
    return json.dumps({**found, **changes})


def test_what_the_command_prints() -> None:
    said = f" Network app_data  Created\n{printed()}\nsome warning"
    migration = Migration("a.1", (Finding("R", "M", "t", "c", breaking=False),))
    assert parse(said, ("x",)) == Pending((migration,), fresh=True, ahead=("a.9",))


def test_the_least_that_a_command_may_print() -> None:
    assert parse('{"pending": [{"name": "a.1"}]}', ("x",)) == Pending((Migration("a.1"),))
    assert parse('{"pending": [{"name": "a.1", "findings": [{"rule": "R"}]}]}', ()).migrations[0].breaks != ()


@pytest.mark.parametrize("said", ["", "no such command", "{", "{}", '{"pending": 3}', '{"pending": ["a.1"]}', "[]"])
def test_what_is_not_the_object_is_a_usage_error(said: str) -> None:
    with pytest.raises(UsageError, match=r"the pending command did not print its JSON object: manage\.py x"):
        parse(said, ("manage.py", "x"))


def test_nothing_that_breaks_is_let_through() -> None:
    assert decide(Pending((SAFE, LOCKING)), "old", ()) == ()


def test_what_breaks_is_refused_by_name_rule_and_fix() -> None:
    with pytest.raises(BreakingMigrations) as caught:
        decide(Pending((SAFE, BREAKING, Migration("b.1", (Finding("ODD", "strange"),)))), "old", ())
    assert caught.value.exit_code == 8
    assert caught.value.cause == (
        "pending migrations would break old, which serves while they run: a.2 (DROP_COLUMN board_run.author); b.1 (ODD)"
    )
    assert caught.value.fix.endswith("allow them by name: --allow-migration a.2 --allow-migration b.1")
    instead = "deploy code that does not use the column first, drop it with the release after"
    assert caught.value.details == (
        f"a.2: DROP_COLUMN board_run.author: DROPPING columns; instead: {instead}",
        "a.2: CREATE_INDEX board_run: CREATE INDEX locks table",
        "b.1: ODD: strange; instead: split it into expand and contract",
    )


def test_one_that_is_allowed_does_not_excuse_another() -> None:
    other = Migration("b.1", (DROP,))
    assert decide(Pending((BREAKING, other)), "old", ("a.2", "b.1")) == ("a.2", "b.1")
    with pytest.raises(BreakingMigrations, match=r"run: b\.1 "):
        decide(Pending((BREAKING, other)), "old", ("a.2",))


def test_where_nothing_serves_or_no_table_is_nothing_breaks() -> None:
    assert decide(Pending((BREAKING,)), None, ()) == ()
    assert decide(Pending((BREAKING,), fresh=True), "old", ()) == ()


def test_a_lock_is_told() -> None:
    assert explain(LOCKING) == ["a.3: CREATE_INDEX board_run: CREATE INDEX locks table"]


def entry(release: str, outcome: str = "deployed", action: str = "deploy", **applied: object) -> Entry:
    deployment = Deployment("i", "staging", "u", release, "c", "r", action, outcome, "t", "t")
    return Entry(deployment, "me", {}, Applied.from_json(applied))


ONE, TWO, THREE = ({"migrations": [f"a.{n}"], "backup": f"b{n}"} for n in (1, 2, 3))


def names(entries: list[Entry], release: str, backups: tuple[Backup, ...] = ()) -> list[str]:
    return [name for applied in since(entries, release, backups) for name in applied.migrations]


def test_what_was_applied_since_a_release_served() -> None:
    history = [entry("r1", **ONE), entry("r2"), entry("r3", **TWO), entry("r4", **THREE)]
    assert names(history, "r1") == ["a.2", "a.3"]
    assert names(history, "r2") == ["a.2", "a.3"]
    assert names(history, "r3") == ["a.3"]
    assert names(history, "r4") == []
    assert names(history, "never") == ["a.1", "a.2", "a.3"]


def test_what_an_undone_deploy_applied_stays() -> None:
    assert names([entry("r1", **ONE), entry("r2", "undone", **TWO)], "r1") == ["a.2"]


def test_a_release_that_served_on_the_changed_database_can_do_so_again() -> None:
    history = [entry("r1"), entry("r2", **TWO), entry("r1", action="rollback"), entry("r3", **THREE)]
    assert names(history, "r1") == ["a.3"]


def test_a_backup_that_was_restored_takes_back_what_came_after_it() -> None:
    back = entry("r1", action="rollback", restored="b2", backup="later")
    history = [entry("r1", **ONE), entry("r2", **TWO), entry("r3", **THREE), back]
    assert names(history, "r1") == []
    assert names([*history, entry("r3", **THREE)], "r1") == ["a.3"]


def unrecorded(at: str, before: str = "r1") -> Backup:
    return Backup(f"{at}-x", at, 1, "s", "x", before, ("a.8",), ("a.8",))


def test_a_run_that_was_killed_may_have_migrated() -> None:
    history = [entry("r1", **ONE), entry("r2")]
    assert names(history, "r1", (unrecorded("2026"),)) == ["a.8"]
    assert names(history, "r2", (unrecorded("2026"),)) == []
    assert names(history, "r2", (unrecorded("2026", "r2"),)) == ["a.8"]
    assert since(history, "r1", (unrecorded("2026"),))[0].breaking == ("a.8",)


def test_what_was_taken_back_by_a_restored_backup_counts_no_more() -> None:
    known = tuple(Backup(name, at, 1, "s", "r", "r1") for name, at in (("b2", "2025"), ("later", "2027")))
    back = entry("r1", action="rollback", restored="b2", backup="later")
    history = [entry("r1", **ONE), entry("r2", **TWO), back]
    assert names(history, "r1", (*known, unrecorded("2026"))) == []
    assert names(history, "r1", (*known, unrecorded("2028"))) == ["a.8"]


def test_lines_of_the_audit_keep_what_they_say_and_old_ones_are_read() -> None:
    told = entry("r1", migrations=["a.1"], breaking=["a.1"], backup="b", restored="c")
    assert Entry.from_json(json.loads(json.dumps(told.to_json()))) == told
    old = entry("r1").to_json()
    assert not set(old) & {"migrations", "breaking", "backup", "restored"}
    assert Entry.from_json(old).applied == Applied()
