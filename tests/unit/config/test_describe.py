from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import pytest

from samples import CONFIG
from shiplane.cli.reference import PAGES, write
from shiplane.config import Config, describe, settings
from shiplane.config.describe import find, find_table, tables, values

ROOT = Path(__file__).parents[3]


def classes() -> set[str]:
    return {name for name, kind in vars(settings).items() if dataclasses.is_dataclass(kind)}


def test_every_field_of_the_settings_is_a_key_with_a_text_or_a_table() -> None:
    fields = sum(
        len(
            [field for field in dataclasses.fields(getattr(settings, name)) if field.name != "name" or name == "Config"]
        )
        for name in classes() - {"Config", "Hooks", "Hook"}
    )
    listed = [table for table in tables() if table.place and not table.repeated]
    assert sum(len(table.keys) for table in listed) == fields
    for table in tables():
        for key in table.keys:
            assert key.text.strip().endswith((".", "`")), (table.place, key.name)


def test_tables_and_their_places() -> None:
    assert find_table(("components", "backend")) is not None
    assert find_table(("steps", "test", "backend")) is not None
    assert find_table(("steps", "test")) is None
    hooks = [table for table in tables() if table.repeated]
    assert [table.place for table in hooks] == [("hooks", n) for n in ("pre-deploy", "post-deploy", "on-failure")]


@pytest.mark.parametrize("path", ["limits.e2e", "rollout", "environments.any-name.url", "steps.test.backend.tries"])
def test_a_key_is_found_by_its_path(path: str) -> None:
    found = find(path)
    assert found is not None
    assert found.name == path.rpartition(".")[2]


@pytest.mark.parametrize(
    "path", ["", "limit.e2e", "limits", "environments.staging", "limits.e2e.x", "environments.a.name"]
)
def test_what_is_no_key(path: str) -> None:
    assert find(path) is None


def test_values_of_a_configuration_are_those_of_its_keys() -> None:
    found = values(CONFIG)
    assert found["environments.staging.branches"] == ("main", "feature/*")
    assert found["limits.e2e"] == Config().limits.e2e
    assert [path for path in found if describe.find(path) is None] == []
    assert "components.backend.name" not in found


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_those_that_the_code_writes(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "write them again: .venv/bin/python -m shiplane.cli.reference"


def test_the_pages_are_written_where_they_belong(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    write(tmp_path)
    assert sorted(file.name for file in (tmp_path / "docs").iterdir()) == sorted(Path(name).name for name in PAGES)
    schema = json.loads((tmp_path / "docs/shiplane.schema.json").read_text())
    shiplane = schema["properties"]["tool"]["properties"]["shiplane"]
    assert set(shiplane["properties"]) == {field.name for field in dataclasses.fields(Config)}
    assert shiplane["properties"]["rollout"]["enum"] == ["rolling", "recreate"]


def test_editors_are_told_of_the_schema_as_the_page_says() -> None:
    text = (ROOT / ".taplo.toml").read_text(encoding="utf-8")
    [rule] = tomllib.loads(text)["rule"]
    assert (ROOT / rule["schema"]["path"]).is_file()
    assert text.partition("\n")[2] in PAGES["docs/configuration.md"]()
