from __future__ import annotations

from shiplane.commands.shell import shell_function, shell_text
from shiplane.model import Command, Secret

HARD = "p)$'\"#\\ ü"


def test_the_shell_text_of_a_command() -> None:
    command = Command(("docker", "run", HARD), env=(("A", Secret("A", HARD)), ("B", "1")), cwd="my folder")
    assert shell_text(command).splitlines() == [
        "export A='p)$'\"'\"'\"#\\ ü'",
        "export B=1",
        "cd -- 'my folder' || exit 125",
        "exec docker run 'p)$'\"'\"'\"#\\ ü' </dev/null",
    ]


def test_a_function_names_its_commands_and_marks_where_each_begins() -> None:
    secret = Secret("PASSWORD", HARD)
    commands = (Command(("docker", "login"), stdin=secret), Command(("true",), env=(("A", secret),), cwd="my folder"))
    assert shell_function("commands", commands).splitlines() == [
        "commands() {",
        "# docker login < <PASSWORD>",
        "echo '@@ commands 0'",
        "(",
        "cd",
        "exec docker login <<'SHIPLANE-END'",
        HARD,
        "SHIPLANE-END",
        ") || return",
        "# A=<PASSWORD> true",
        "echo '@@ commands 1'",
        "(",
        "cd",
        "export A='p)$'\"'\"'\"#\\ ü'",
        "cd -- 'my folder' || exit 125",
        "exec true </dev/null",
        ") || return",
        ":",
        "}",
    ]


def test_the_end_of_an_input_is_no_line_of_it() -> None:
    text = shell_function("commands", (Command(("cat",), stdin="SHIPLANE-END\nSHIPLANE-END-"),))
    assert text.splitlines()[5:9] == ["exec cat <<'SHIPLANE-END--'", "SHIPLANE-END", "SHIPLANE-END-", "SHIPLANE-END--"]
