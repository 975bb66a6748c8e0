from __future__ import annotations

import pytest

from shiplane.commands import remote
from shiplane.commands.remote import FileContent


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
    assert any(line.startswith("main() {") for line in lines) is (path.stem != "common")


def test_a_script_brings_what_it_uses_and_its_own_main_counts() -> None:
    text = remote.text("roll")
    assert "activate() {" in text
    assert "wait_healthy() {" in text
    assert text.rindex("main() {") > text.index("# roll FOLDER")
    assert remote.text("supervise", named=False).endswith('\nmain "$@"; exit\n')


def test_equal_files_are_packed_to_equal_texts() -> None:
    files = {"b/x": FileContent(b"1"), "a": FileContent(b"2", 0o644)}
    assert remote.archive(files) == remote.archive(dict(reversed(files.items())))
