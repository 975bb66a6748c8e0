from __future__ import annotations

from shiplane.deploy.logs import Line
from shiplane.report.logs_text import LogLines

LINES = (
    Line("web", "", "one\x1b[2J\ttwo"),
    Line("backend", "2", "x" * 5000),
    Line("web", "", "ended with exit code 0", note=True),
)


def shown(*, colour: bool) -> list[str]:
    lines: list[str] = []
    writer = LogLines(lines.append, colour=colour)
    for line in LINES:
        writer.show(line)
    return lines


def test_lines_for_a_file_are_kept_as_they_are() -> None:
    assert shown(colour=False) == [
        "web | one\x1b[2J\ttwo",
        f"backend-2 | {'x' * 5000}",
        "web       | · ended with exit code 0",
    ]


def test_lines_for_a_terminal_are_coloured_and_do_not_move_its_cursor() -> None:
    assert shown(colour=True) == [
        "\x1b[36mweb |\x1b[0m one two",
        f"\x1b[33mbackend-2 |\x1b[0m {'x' * 5000}",
        "\x1b[36mweb       |\x1b[0m \x1b[2m· ended with exit code 0\x1b[0m",
    ]
