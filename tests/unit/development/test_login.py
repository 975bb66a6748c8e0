from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from samples import HARD
from shiplane.development.login import login
from stacks import MODEL, make_stack

if TYPE_CHECKING:
    from pathlib import Path

LINE = "everybody may look; to write take the token {BOARD_TOKEN}"


@pytest.mark.parametrize(
    ("token", "environ", "dotenv", "told"),
    [
        ("development", {}, "", "development (BOARD_TOKEN)"),
        ("development", {}, "BOARD_TOKEN=development\n", "development (BOARD_TOKEN)"),
        (HARD, {}, f"BOARD_TOKEN='{HARD}'\n", "BOARD_TOKEN, as .env sets it"),
        (HARD, {"BOARD_TOKEN": HARD}, "BOARD_TOKEN=other\n", "BOARD_TOKEN, as your environment sets it"),
        (HARD, {}, "#BOARD_TOKEN=development\n", "BOARD_TOKEN, as docker-compose.yml sets it"),
        ("developments", {}, "", "BOARD_TOKEN, as docker-compose.yml sets it"),
        ("", {}, "BOARD_TOKEN=\n", "BOARD_TOKEN, which is not set"),
        (None, {}, "", "BOARD_TOKEN, which is not set"),
    ],
)
def test_a_token_by_its_value_only_where_everybody_knows_it(
    tmp_path: Path, token: str | None, environ: dict[str, str], dotenv: str, told: str
) -> None:
    stack, _ = make_stack(tmp_path)
    (tmp_path / ".env").write_text(dotenv)
    stack.config = replace(stack.config, development=replace(stack.config.development, login=LINE))
    backend = {**MODEL["services"]["backend"], "environment": {"BOARD_TOKEN": token}}
    stack.__dict__["model"] = {**MODEL, "services": {**MODEL["services"], "backend": backend}}
    assert login(stack, environ) == f"everybody may look; to write take the token {told}"


def test_a_line_without_a_variable_is_told_as_it_stands(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path)
    assert login(stack, {}) == "take the token"
    assert runner.transcript == []
