from __future__ import annotations

from itertools import count
from pathlib import Path

from shiplane.commands.env_example import filled, secrets_of

ROOT = Path(__file__).parents[3]
EXAMPLE = "# The token, TOKEN=x\n#DB_PASSWORD=development\n#DB_NAME=app\nBOARD_TOKEN=development\n#PROXY_PORT=8080\n"


def test_secrets_get_values_of_their_own_and_all_else_stays() -> None:
    numbers = count(1)
    assert filled(EXAMPLE, lambda: f"v{next(numbers)}") == (
        "# The token, TOKEN=x\nDB_PASSWORD=v1\n#DB_NAME=app\nBOARD_TOKEN=v2\n#PROXY_PORT=8080\n"
    )
    assert "#DB_PASSWORD=development\n" in filled(EXAMPLE, lambda: "v", ("DB_PASSWORD",))


def test_the_secrets_of_the_example_that_is_committed() -> None:
    assert secrets_of((ROOT / ".env.example").read_text()) == ("DB_PASSWORD", "BOARD_TOKEN")
