from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.errors import StepFailed
from shiplane.pipeline.build import build_test_runner, ca_bundle
from shiplane.runners.base import Cancel, Completed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command

LOST = 'ERROR: failed to solve: failed to prepare extraction snapshot "extract-1": parent snapshot does not exist'


class Builder:
    """Answer each build with the next of some ends."""

    def __init__(self, *ends: tuple[str, int]) -> None:
        self.ends = list(ends)
        self.commands: list[Command] = []

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        assert on_line is not None
        assert cancel is None
        self.commands.append(command)
        output, code = self.ends.pop(0)
        return Completed(code, "", output, 0.1)


def test_a_layer_that_the_engine_lost_is_laid_out_once_more() -> None:
    builder, said = Builder((LOST, 1), ("", 0)), list[str]()
    build_test_runner(builder, {}, said.append)
    assert len(builder.commands) == 2
    assert builder.commands[0] == builder.commands[1]
    assert any("building once more" in line for line in said)


@pytest.mark.parametrize(
    ("ends", "tries"), [([("ERROR: no such file", 1)], 1), ([(LOST, 1), (LOST, 1)], 2)], ids=["another", "again"]
)
def test_any_other_failure_and_a_second_one_fail(ends: list[tuple[str, int]], tries: int) -> None:
    builder = Builder(*ends)
    with pytest.raises(StepFailed) as caught:
        build_test_runner(builder, {}, lambda _line: None)
    assert len(builder.commands) == tries
    assert caught.value.details == (ends[-1][0],)


def test_the_first_variable_that_names_authorities_wins() -> None:
    assert ca_bundle({"SSL_CERT_FILE": "b", "CA_BUNDLE": "a"}) == "a"
    assert ca_bundle({"NODE_EXTRA_CA_CERTS": "c", "SSL_CERT_FILE": ""}) == "c"
    assert ca_bundle({}) == ""
