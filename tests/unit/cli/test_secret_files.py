from __future__ import annotations

from pathlib import Path

from shiplane.cli.secret_files import SecretFiles


def test_a_file_is_its_user_s_alone_and_written_once() -> None:
    files = SecretFiles()
    first = Path(files.keep("staging-key", "p)$'\"#\\ ü\n"))
    assert (first.read_text(), first.stat().st_mode & 0o777) == ("p)$'\"#\\ ü\n", 0o600)
    # Whoever reads it must not find it empty because somebody asks for it again.
    with first.open("r+") as reader:
        reader.truncate(0)
        assert Path(files.keep("staging-key", "p)$'\"#\\ ü\n")) == first
        assert first.read_text() == ""
    assert Path(files.keep("staging-key", "another")).read_text() == "another"
    assert Path(files.keep("production-key", "third")).parent == first.parent
