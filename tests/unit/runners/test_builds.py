from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.model import Command
from shiplane.runners.base import Cancel, Completed
from shiplane.runners.builds import Builds

if TYPE_CHECKING:
    from collections.abc import Callable

BUILD = Command(("docker", "compose", "build"))
CANCEL = Cancel()
LOST = 'ERROR: failed to solve: failed to prepare extraction snapshot "extract-1": parent snapshot does not exist'
GONE = "#23 exporting to image\n#23 ERROR: not found\nERROR: failed to solve: not found"
BY_COMPOSE = "#13 [backend] exporting to image\n#13 DONE 18.6s\nfailed to solve: not found"
SAME = '#48 naming to docker.io/library/a:1 done\nERROR: failed to solve: image "docker.io/library/a:1": already exists'
NAMED = "ERROR: failed to solve: docker.io/library/absent:1: not found"


class Builder:
    """Answer each build with the next of some ends."""

    def __init__(self, *ends: tuple[str, int]) -> None:
        self.ends = list(ends)

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        assert (command, cancel) == (BUILD, CANCEL)
        output, code = self.ends.pop(0)
        if on_line is not None:
            on_line(output)
        return Completed(code, "", output, 0.1)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (LOST, "another image went"),
        (GONE, "another image went"),
        (BY_COMPOSE, "another image went"),
        (SAME, "gave its image the same name at the same moment"),
    ],
    ids=["lost", "gone", "compose", "same"],
)
def test_what_another_process_disturbed_is_made_once_more(end: str, why: str) -> None:
    builder, said = Builder((end, 1), ("made", 0)), list[str]()
    assert Builds(builder).run(BUILD, on_line=said.append, cancel=CANCEL).output == "made"
    first, told, second = said
    assert (first, second) == (end, "made")
    assert told.endswith(f"{why}: building once more")


@pytest.mark.parametrize(
    "ends",
    [[("ERROR: no such file", 1)], [(NAMED, 1)], [(LOST, 1), (LOST, 1)], [(GONE, 0)]],
    ids=["another", "absent", "again", "passed"],
)
def test_any_other_end_stays_and_so_does_a_second_failure(ends: list[tuple[str, int]]) -> None:
    builder = Builder(*ends)
    done = Builds(builder).run(BUILD, cancel=CANCEL)
    assert (done.output, done.exit_code) == ends[-1]
    assert builder.ends == []
