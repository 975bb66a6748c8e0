from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from samples import CONFIG, CONFIG_TEXT, HARD
from shiplane.config import load, overrides
from shiplane.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.config import Config


def loaded(tmp_path: Path, **environ: str) -> Config:
    (tmp_path / "pyproject.toml").write_text(CONFIG_TEXT)
    return load(tmp_path, {f"SHIPLANE_SET_{name}": text for name, text in environ.items()} | {"SHIPLANE_OTHER": "x"})


def test_variables_win_over_the_file_and_the_defaults(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        ROLLOUT="recreate",
        LIMITS__E2E="77",
        ENVIRONMENTS__STAGING__URL="https://other.example.com",
        ENVIRONMENTS__STAGING__BRANCHES="main, fix/*",
        PROFILES='["with-celery"]',
        GITHUB__CLOSE_WHEN_GREEN="true",
    )
    assert (config.rollout, config.limits.e2e) == ("recreate", 77)
    assert config.environment("staging").url == "https://other.example.com"
    assert config.environment("staging").branches == ("main", "fix/*")
    assert config.environment("production") == CONFIG.environment("production")
    assert config.profiles == ("with-celery",)
    assert config.github.close_when_green is True


def test_without_variables_it_is_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path) == CONFIG


@pytest.mark.parametrize(
    ("name", "text", "cause", "fix"),
    [
        ("ROLOUT", "x", "SHIPLANE_SET_ROLOUT: names no key", "did you mean SHIPLANE_SET_ROLLOUT?"),
        ("ENVIRONMENTS__EU__URL", "x", "SHIPLANE_SET_ENVIRONMENTS__EU__URL: names no key", "did you mean"),
        ("LIMITS__E2E", "soon", "SHIPLANE_SET_LIMITS__E2E: 'soon' is no value for limits.e2e", "write it as 5"),
        ("LIMITS__E2E", "0", "tool.shiplane.limits.e2e: 0 is not a positive number", "write a number above 0"),
        ("LIMITS__E2E", "1\nx = 2", "SHIPLANE_SET_LIMITS__E2E", "write it as 5"),
        ("ROLLOUT", "fast", "tool.shiplane.rollout: 'fast' is not known", "use one of: rolling, recreate"),
        ("PROFILES", "[1", "SHIPLANE_SET_PROFILES", "write it as one,two"),
    ],
)
def test_a_variable_that_is_wrong(tmp_path: Path, name: str, text: str, cause: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, **{name: text})
    assert caught.value.cause.startswith(cause)
    assert caught.value.fix.startswith(fix)


def test_texts_are_taken_as_they_are() -> None:
    assert overrides.value("registry", HARD, "x") == HARD
    assert overrides.variable("hooks.pre-deploy.on") == "SHIPLANE_SET_HOOKS__PRE_DEPLOY__ON"


def test_the_table_that_is_given_stays_as_it_was() -> None:
    table = tomllib.loads(CONFIG_TEXT)["tool"]["shiplane"]
    changed = overrides.applied(table, {"environments.staging.url": "X"}, {"X": "https://x.test"})
    assert table["environments"]["staging"]["url"] == "https://staging.example.com"
    assert changed["environments"]["staging"]["url"] == "https://x.test"
