from __future__ import annotations

from shiplane.deploy.execution import Output


def sorted_out(*lines: str) -> tuple[Output, list[str], list[str]]:
    shown: list[str] = []
    earlier: list[str] = []
    output = Output(shown.append, earlier.append)
    for line in lines:
        output.line(line)
    return output, shown, earlier


def test_lines_belong_to_the_command_that_runs() -> None:
    output, shown, _ = sorted_out("@@ commands 0", "logged in", "@@ commands 1", "pulling", "@@ always 0", "removed")
    assert (output.begun, output.lines) == (1, ["pulling"])
    assert shown == ["logged in", "pulling", "removed"]


def test_evidence_is_kept_and_not_shown() -> None:
    told = ("container\t{}", "log\tweb\tno")
    output, shown, _ = sorted_out("@@ commands 0", "a", "@@ evidence 0", *told, "@@ undo 0", "b")
    assert output.evidence == list(told)
    assert (output.lines, output.undo_lines, shown) == (["a"], ["b"], ["a", "b"])


def test_what_was_seen_before_the_connection_broke_is_not_shown_again() -> None:
    output, shown, earlier = sorted_out("@@ earlier pull one", "@@ commands 0", "a")
    output.again()
    for line in ("@@ commands 0", "a", "b"):
        output.line(line)
    assert (shown, earlier, output.lines) == (["a", "b"], ["pull one"], ["a", "b"])
