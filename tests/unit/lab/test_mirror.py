"""The mirror comes from the machine's own package sources, in both of their forms."""

from pathlib import Path

import pytest

from shiplane.errors import UsageError
from shiplane.lab.images.mirror import Source, codename, mirror_lines, parse_lines, parse_stanzas, read_sources

STANZAS = """\
# a comment
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main contrib
Signed-By: /etc/apt/keyrings/own.gpg
Trusted: yes

Types: deb-src
URIs: http://sources.test/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main
"""


def test_stanzas_are_read() -> None:
    assert list(parse_stanzas(STANZAS)) == [
        Source("http://mirror.test/debian", ("bookworm", "bookworm-updates"), ("main",)),
        Source(
            "http://mirror.test/debian-security",
            ("bookworm-security",),
            ("main", "contrib"),
            "/etc/apt/keyrings/own.gpg",
            trusted=True,
        ),
    ]


def test_lines_are_read() -> None:
    text = """
# deb http://off.test/debian bookworm main
deb-src http://sources.test/debian bookworm main
deb [arch=amd64 signed-by=/keys/a.gpg trusted=yes] http://mirror.test/debian bookworm main contrib # why
deb http://mirror.test/debian-security bookworm-security main
"""
    assert list(parse_lines(text)) == [
        Source("http://mirror.test/debian", ("bookworm",), ("main", "contrib"), "/keys/a.gpg", trusted=True),
        Source("http://mirror.test/debian-security", ("bookworm-security",), ("main",)),
    ]


def test_both_forms_are_found_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.test/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "b.sources").write_text(STANZAS)
    (tmp_path / "sources.list.d" / "c.list.disabled").write_text("deb http://off.test/debian bookworm main\n")
    uris = [source.uri for source in read_sources(tmp_path)]
    assert uris == ["http://one.test/debian", "http://mirror.test/debian", "http://mirror.test/debian-security"]


def test_the_running_releases_mirror_serves_the_wanted_one() -> None:
    lines, keys = mirror_lines(list(parse_stanzas(STANZAS)), "bookworm", "trixie")
    assert lines == [
        "deb http://mirror.test/debian trixie main",
        "deb [signed-by=/etc/apt/keyrings/own.gpg trusted=yes] http://mirror.test/debian-security trixie-security main",
    ]
    assert keys == ["/etc/apt/keyrings/own.gpg"]


@pytest.mark.parametrize("release", ["", "noble"])
def test_without_a_debian_mirror_the_fix_is_said(release: str) -> None:
    with pytest.raises(UsageError, match="no Debian mirror") as caught:
        mirror_lines(list(parse_stanzas(STANZAS)), release, "trixie")
    assert "registry" in caught.value.fix


def test_the_codename_is_read_on_debian_alone() -> None:
    assert codename('ID=debian\nVERSION_CODENAME=bookworm\nVERSION="12 (bookworm)"\n') == "bookworm"
    assert codename("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n") == ""
    assert codename("") == ""
