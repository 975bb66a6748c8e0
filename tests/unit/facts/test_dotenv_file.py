from __future__ import annotations

import pytest

from samples import HARD
from shiplane.commands import dotenv
from shiplane.facts.dotenv_file import values


def test_what_was_rendered_is_read_back() -> None:
    written = {"A": HARD, "B": "", "C": "two\nlines # all of it\nD=3", "E": 'say "no" \\'}
    assert values(dotenv.render(written)) == written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=1", "1"),
        ("  export A = b c  # why", "b c"),
        ("A=b#c", "b#c"),
        ("A=# nothing", ""),
        ("A=", ""),
        ("A='b $c \\n it\\'s' # why", "b $c \\n it's"),
        ('A="b#\\"c\\$" # why', 'b#"c$'),
        ("A=0\r\nA=1\r\n", "1"),
    ],
)
def test_a_value_is_read_as_compose_reads_it(text: str, value: str) -> None:
    assert values(f"# A=2\nno line\n{text}\nB=2\n") == {"A": value, "B": "2"}


def test_names_in_an_environment_file() -> None:
    assert set(values("A=1\n#B=2\nexport C = 3\n  D=\nno line\n")) == {"A", "C", "D"}
