import pytest

from shiplane.commands.dotenv import render
from shiplane.commands.dotenv import value as read_value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('say "x"', r'"say \"x\""'),
        ("$HOME ${A} $$", r'"\$HOME \${A} \$\$"'),
        ("trailing\\", r'"trailing\\"'),
        (r"\n", r'"\\n"'),
        ("two\nlines\r", r'"two\nlines\r"'),
        ("a # b", '"a # b"'),
        ("p)$'\"#\\ ü", '"p)\\$\'\\"#\\\\ ü"'),
    ],
)
def test_value_is_written_in_double_quotes(value: str, written: str) -> None:
    assert render({"NAME": value}) == f"NAME={written}\n"
    assert read_value(f"NAME={written}") == ("NAME", value)


def test_a_line_that_a_person_wrote_is_read_too() -> None:
    assert read_value("NAME=plain=text") == ("NAME", "plain=text")
    assert read_value("") == ("", "")


def test_variables_keep_their_order() -> None:
    assert render({"B": "1", "A": "2"}) == 'B="1"\nA="2"\n'
    assert render({}) == ""


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "A\n", "Ä"])
def test_name_that_no_shell_takes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a variable name"):
        render({name: "x"})


@pytest.mark.parametrize("value", ["top\0secret", "top\ud800secret"])
def test_value_that_no_environment_carries_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ValueError, match=r"^DB_PASSWORD .*; (remove|set) it") as caught:
        render({"DB_PASSWORD": value})
    assert "secret" not in str(caught.value)
