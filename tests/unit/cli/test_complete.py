"""What may follow at a prompt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from samples import CONFIG_TEXT
from shiplane.cli.complete import candidates, checkout_of
from shiplane.cli.completions import _FILES
from shiplane.config.settings import CHOICES
from shiplane.model.event import EVENT_NAMES
from shiplane.model.plan import STAGE_NAMES
from shiplane.planning.suites import ALL, SUITES

ROOT = Path(__file__).parents[3]
COMPOSE = "x-s: &s\n  image: a\nservices:\n  db:\n    <<: *s\n  backend:\n    <<: *s\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(CONFIG_TEXT)
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "tasks.py").write_text("")
    for number, name in enumerate(("lab/1.0.0-old", "remote/1.0.0-far", "lab/1.0.0-new", "lab/bad $(name)")):
        file = tmp_path / ".shiplane/releases" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
        os.utime(file, (number, number))
    (tmp_path / ".shiplane/runs/7").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("deploy --env |", ["staging", "production"]),
        ("deploy --env st|", ["staging"]),
        ("deploy --env=pr|", ["--env=production"]),
        ("deploy --env = |", ["staging", "production"]),
        ("deploy --env = pr|", ["production"]),
        ("deploy --env =|", ["staging", "production"]),
        ("deploy --env nowhere|", []),
        ("deploy --release |", ["1.0.0-new", "1.0.0-far", "1.0.0-old"]),
        ("deploy --target lab --release |", ["1.0.0-new", "1.0.0-old"]),
        ("deploy --target remote --release 1|", ["1.0.0-far"]),
        ("rollback --env staging --to |", ["1.0.0-new", "1.0.0-far", "1.0.0-old"]),
        ("promote --to |", ["staging", "production"]),
        ("logs --env staging --service |", ["db", "backend"]),
        ("pipeline --until st|", ["staging"]),
        ("report --run |", ["7"]),
        ("test --suite v|", ["visual"]),
        ("plan --target |", ["lab", "remote"]),
    ],
)
def test_values_of_options(checkout: Path, line: str, told: list[str]) -> None:
    words = line.rstrip("|").split(" ")
    assert candidates(words, checkout) == told


@pytest.mark.parametrize("text", ["", "[tool", "[tool.shiplane]\n", "tool = 1\n"])
def test_a_configuration_that_cannot_be_read_completes_nothing(checkout: Path, text: str) -> None:
    (checkout / "pyproject.toml").write_text(text)
    (checkout / "docker-compose.yml").write_text("a: [\n")
    assert candidates(["deploy", "--env", ""], checkout) == []
    assert candidates(["logs", "--service", ""], checkout) == []


def test_names_of_tasks_and_options_are_invoke_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert candidates(["config.s"], ROOT) == ["config.set", "config.show"]
    assert {"deploy", "test", "lab.up"} <= set(candidates([""], ROOT))
    assert candidates(["deploy", "--env", "staging", "--dry"], ROOT) == ["--dry-run"]
    assert "--restore-database" in candidates(["rollback", "--"], ROOT)
    assert candidates(["deploy", "it's"], ROOT) == []


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--from", STAGE_NAMES),
        ("--until", STAGE_NAMES),
        ("--event", EVENT_NAMES),
        ("--suite", (ALL, *SUITES)),
        ("--target", CHOICES["Config", "default_target"]),
        ("--strategy", CHOICES["Config", "rollout"]),
        ("--shell", tuple(_FILES)),
    ],
)
def test_words_that_are_written_down_twice_are_the_same(checkout: Path, option: str, told: tuple[str, ...]) -> None:
    assert candidates([option, ""], checkout) == list(told)


def test_a_folder_below_is_of_its_checkout(checkout: Path) -> None:
    assert checkout_of(checkout / ".shiplane/runs/7") == checkout
    assert checkout_of(Path("/")) == Path("/")
