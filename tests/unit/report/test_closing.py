import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import pytest

from shiplane.report.closing import show_summary
from shiplane.report.console import live
from shiplane.report.summary import Summary, summary
from shiplane.report.view import View

Records = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def found(records: Records, tmp_path: Path) -> Summary:
    return summary(records(), tmp_path)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "plain"), [(io.StringIO(), False), (Terminal(), True), (Terminal(), False)])
def test_the_end_is_printed(found: Summary, stream: io.StringIO, plain: bool) -> None:  # noqa: FBT001 - a parameter
    show_summary(found, stream, View(plain=plain))
    assert "staging" in stream.getvalue()
    assert stream.getvalue().endswith("\n")


def test_a_closed_output_is_no_failure(found: Summary, records: Records) -> None:
    show_summary(found, None, View())
    console = live(None, View()).console
    console.start()
    for record in records():
        console.on_record(record)
    console.stop()


def test_a_reader_that_has_gone_is_no_failure_then_or_at_the_end(found: Summary) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream: TextIO = os.fdopen(writer, "w", encoding="utf-8")
    show_summary(found, stream, View(plain=True))
    stream.close()  # writes what is buffered, as the interpreter does in the end


def test_a_stream_that_is_closed_is_no_failure(found: Summary) -> None:
    stream = io.StringIO()
    stream.close()
    show_summary(found, stream, View(plain=True))
