"""The migrations that wait, and what in them would break older code."""

import importlib
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.db.migrations.recorder import MigrationRecorder

from health.management.commands import pending_migrations

pytestmark = pytest.mark.django_db

MODULE = """
from django.db import migrations, models
from django.db.models.functions import Now
from django_migration_linter import IgnoreMigration

class Migration(migrations.Migration):
    dependencies = [("board", "{before}")]
    operations = [{operations}]
"""
FIRST = """
import importlib
Migration = importlib.import_module("board.migrations.0001_initial").Migration
"""


@pytest.fixture
def migrate_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings):
    """Return a function that gives the board later migrations, each by its operations."""
    name = f"later_{tmp_path.name}".replace("-", "_")

    def write(*later: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "0001_initial.py").write_text(FIRST)
        before = "0001_initial"
        for number, operations in enumerate(later, 2):
            text = MODULE.format(before=before, operations=operations)
            before = f"000{number}_later"
            (folder / f"{before}.py").write_text(text)
        importlib.invalidate_caches()
        settings.MIGRATION_MODULES = {"board": name}

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def ask() -> dict:
    out = StringIO()
    call_command("pending_migrations", stdout=out)
    [line] = out.getvalue().splitlines()
    return json.loads(line)


def test_nothing_waits():
    assert ask() == {"fresh": False, "pending": [], "ahead": []}


def test_a_command_that_finds_nothing_does_not_load_the_linter():
    # The import costs every deploy; a process of its own sees what is loaded.
    code = (
        "import sys, django; django.setup(); import health.management.commands.pending_migrations;"
        "sys.exit('django_migration_linter' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_on_a_fresh_database_nothing_can_break(migrate_to):
    migrate_to('migrations.RemoveField("run", "author")')
    MigrationRecorder.Migration.objects.all().delete()
    found = ask()
    assert found["fresh"]
    assert {"name": "board.0002_later", "findings": []} in found["pending"]


def test_what_ran_and_is_not_in_this_code_is_ahead():
    MigrationRecorder(connections["default"]).record_applied("board", "0099_of_a_newer_release")
    assert ask() == {"fresh": False, "pending": [], "ahead": ["board.0099_of_a_newer_release"]}


SAFE = {
    "a column that may be empty": 'migrations.AddField("run", "x", models.TextField(null=True))',
    "a default that the database knows": (
        'migrations.AddField("run", "x", models.DateTimeField(db_default=Now()))'
    ),
    "a number with a range": (
        'migrations.AddField("run", "x", models.PositiveIntegerField(null=True))'
    ),
    "a reference": (
        'migrations.AddField("run", "x", '
        'models.ForeignKey("board.release", models.CASCADE, null=True))'
    ),
    "a table": 'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])',
    "a table that grows in the same migration": (
        'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),'
        'migrations.AddField("new", "x", models.IntegerField(default=1)),'
        'migrations.AddConstraint("new", '
        'models.CheckConstraint(condition=models.Q(x=1), name="x_is_1")),'
        'migrations.AddField("new", "r", '
        'models.ForeignKey("board.release", models.CASCADE, null=True))'
    ),
    "data": "migrations.RunPython(lambda apps, schema_editor: None)",
    "a text that only reads like one": (
        "migrations.RunSQL(\"UPDATE board_run SET author = 'DROP COLUMN x NOT NULL'\")"
    ),
    "what undoes it": 'migrations.RunSQL("CREATE TABLE t (a int)", "DROP TABLE t")',
    "what was looked at by a person": 'IgnoreMigration(), migrations.RemoveField("run", "author")',
}


@pytest.mark.parametrize("operations", SAFE.values(), ids=SAFE)
def test_safe(migrate_to, operations):
    migrate_to(operations)
    [entry] = ask()["pending"]
    assert entry["name"] == "board.0002_later"
    assert not [finding for finding in entry["findings"] if finding["breaking"]]


RUN = "board_run"
BREAKING = [
    ('migrations.RemoveField("run", "author")', ("DROP_COLUMN", RUN, "author")),
    ('migrations.RenameField("run", "author", "by")', ("RENAME_COLUMN", RUN, "author")),
    ('migrations.DeleteModel("Deployment")', ("DROP_TABLE", "board_deployment", "")),
    ('migrations.AlterModelTable("run", "runs")', ("RENAME_TABLE", RUN, "")),
    (
        'migrations.AddField("run", "x", models.IntegerField(default=1))',
        ("NOT_NULL", RUN, "x"),
    ),
    (
        # The default of one column does not excuse the other.
        'migrations.AddField("run", "x", models.IntegerField(default=1)),'
        'migrations.AddField("run", "y", models.IntegerField(db_default=1))',
        ("NOT_NULL", RUN, "x"),
    ),
    (
        'migrations.AlterField("run", "author", models.IntegerField())',
        ("ALTER_COLUMN", RUN, "author"),
    ),
    (
        'migrations.AlterUniqueTogether("run", {("number", "author")})',
        ("ADD_UNIQUE", RUN, ""),
    ),
    (
        'migrations.AddConstraint("run", '
        'models.CheckConstraint(condition=models.Q(number__gt=9), name="big"))',
        ("ADD_CHECK", RUN, ""),
    ),
    (
        'migrations.RunSQL("alter table board_run\\n  drop author; -- gone")',
        ("DROP_COLUMN", RUN, ""),
    ),
    ('migrations.RunSQL("drop table board_run cascade")', ("DROP_TABLE", RUN, "")),
    ('migrations.RunSQL("alter table board_run rename author to x")', ("RENAME_COLUMN", RUN, "")),
    (
        'migrations.RunSQL("alter table board_run alter author set not null")',
        ("NOT_NULL", RUN, ""),
    ),
    (
        'migrations.RunSQL("drop table board_run; create table board_run (a int)")',
        ("DROP_TABLE", RUN, ""),
    ),
]


@pytest.mark.parametrize(("operations", "expected"), BREAKING, ids=lambda value: str(value)[:60])
def test_breaking(migrate_to, operations, expected):
    migrate_to(operations)
    [entry] = ask()["pending"]
    found = [
        (each["rule"], each["table"], each["column"])
        for each in entry["findings"]
        if each["breaking"]
    ]
    assert found == [expected]
    assert all(each["message"] for each in entry["findings"])


def test_a_lock_is_told_and_breaks_nothing(migrate_to):
    migrate_to('migrations.AddIndex("run", models.Index(fields=["author"], name="by_author"))')
    [entry] = ask()["pending"]
    assert [(each["rule"], each["breaking"]) for each in entry["findings"]] == [
        ("CREATE_INDEX", False)
    ]


def test_several_in_their_order(migrate_to):
    migrate_to(
        'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)),'
        '("a", models.IntegerField()), ("b", models.IntegerField())])',
        'migrations.AlterUniqueTogether("new", {("a", "b")})',
        'migrations.AddField("new", "c", models.IntegerField(default=1))',
        'migrations.RemoveField("run", "author")',
    )
    found = {entry["name"]: [f["rule"] for f in entry["findings"]] for entry in ask()["pending"]}
    assert found == {
        "board.0002_later": [],
        "board.0003_later": [],
        "board.0004_later": [],
        "board.0005_later": ["DROP_COLUMN"],
    }


def test_what_cannot_be_told_beforehand_counts_as_breaking(migrate_to):
    """A constraint whose name only the database knows, on a table that is not there yet."""
    migrate_to(
        'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)),'
        '("a", models.IntegerField()), ("b", models.IntegerField())],'
        'options={"unique_together": {("a", "b")}})',
        'migrations.AlterUniqueTogether("new", set())',
    )
    [_, entry] = ask()["pending"]
    assert [(each["rule"], each["breaking"]) for each in entry["findings"]] == [
        ("NOT_ANALYSED", True)
    ]


def test_a_database_that_is_away(monkeypatch):
    def away(connection):
        raise OperationalError("connection to 10.0.0.1 refused, password was hunter2")

    monkeypatch.setattr(pending_migrations.pending, "report", away)
    told = "^the database does not answer: connection refused$"
    with pytest.raises(CommandError, match=told) as caught:
        ask()
    assert caught.value.returncode == 69
