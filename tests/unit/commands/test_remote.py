from __future__ import annotations

import pytest

from shiplane.commands import remote
from shiplane.model import Secret


def test_a_script_names_itself_and_goes_by_standard_input() -> None:
    command = remote.script("adopt", "my folder", "1.0.0", payload="more\n", cwd="x", timeout=5.0)
    assert command.argv == ("bash", "-s", "adopt", "my folder", "1.0.0")
    assert (command.cwd, command.timeout) == ("x", 5.0)
    text = command.input_text() or ""
    assert text.startswith("# shellcheck shell=bash\n# Begins every script")
    assert text.endswith('shift; main "$@"; exit\nmore\n')


@pytest.mark.parametrize("path", sorted(remote._SCRIPTS.glob("*.sh")), ids=lambda path: path.stem)  # noqa: SLF001
def test_every_script_is_a_function_and_says_what_it_does(path) -> None:  # noqa: ANN001 - a path
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith(f"# {path.stem} " if path.stem != "common" else "# Begins")
    assert ("main() {" in lines) is (path.stem != "common")


def test_files_travel_as_one_secret() -> None:
    command = remote.unpack("my folder", Secret("files of x", "QQ=="))
    assert command.argv[:2] == ("sh", "-c")
    assert "mkdir -p 'my folder' && base64 -d | tar -xzp --no-same-owner -C 'my folder'" in command.argv[2]
    assert command.masked().endswith("< <files of x>")
