from __future__ import annotations

import base64
import re

import pytest

from shiplane.errors import UsageError
from shiplane.model import Command
from shiplane.runners.attached import attached_line


def test_the_line_needs_no_quoting_by_any_shell() -> None:
    line = attached_line(Command(("docker", "exec", "abc", "a 'b' \"$c\"\n\\", "", "ü")))
    found = re.fullmatch(
        r"exec bash -c 'echo shiplane-pid:\$\$; eval \"\$\(echo ([A-Za-z0-9+/=]+) \| base64 -d\)\"'", line
    )
    assert found is not None
    text = base64.b64decode(found[1]).decode()
    assert text == "exec docker exec abc 'a '\"'\"'b'\"'\"' \"$c\"\n\\' '' 'ü'"


def test_a_command_that_no_system_takes_is_refused() -> None:
    with pytest.raises(UsageError, match="more than 90000"):
        attached_line(Command(("echo", "x" * 90_000)))
