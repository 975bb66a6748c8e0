"""The mirror and its key are read from the machine's own package sources, in both of their formats."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror(folder: Path, suite: str = "bookworm") -> subprocess.CompletedProcess[str]:
    """Ask for the mirror of a suite in a folder that stands for /etc/apt."""
    script = f'set -euo pipefail; source "{ROOT}/scripts/lib/apt_sources.sh"; apt_mirror "$1" "$2"'
    return subprocess.run(
        ["bash", "-c", script, "bash", suite, folder], capture_output=True, text=True, timeout=30, check=False
    )


def write(folder: Path, name: str, text: str) -> Path:
    """Write a source file and return the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "# comment\nTypes: deb deb-src\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\n"
            f"Components: main contrib\nSigned-By: {KEYRING}\n",
            f"URIs: http://mirror.test/debian\nSigned-By: {KEYRING}\n",
            id="plain",
        ),
        pytest.param(
            "Types: deb\nURIs: http://mirror.test/security\nSuites: bookworm-security\nComponents: main\n\n"
            "types: deb\nuris: http://mirror.test/debian http://second.test/debian\nsuites: bookworm\n"
            "components: main\n",
            "URIs: http://mirror.test/debian http://second.test/debian\n",
            id="second stanza, lower case, no key",
        ),
        pytest.param(
            "Types: deb\nURIs: http://off.test/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n\n"
            "Types: deb\nURIs: http://on.test/debian\nSuites: bookworm\nComponents: main\nTrusted: yes\n",
            "URIs: http://on.test/debian\nTrusted: yes\n",
            id="a disabled stanza is passed over",
        ),
        pytest.param(
            "Types: deb-src\nURIs: http://src.test/debian\nSuites: bookworm\nComponents: main\n\n"
            "Types: deb\nURIs: http://extra.test/debian\nSuites: bookworm\nComponents: contrib\n\n"
            "Types: deb\nURIs:\n http://mirror.test/debian\nSuites:\n bookworm\n# a comment inside\nComponents: main\n"
            "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0\n"
            " -----END PGP PUBLIC KEY BLOCK-----\n",
            "URIs:\n http://mirror.test/debian\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
            " mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0\n -----END PGP PUBLIC KEY BLOCK-----\n",
            id="a key in the file itself",
        ),
    ],
)
def test_deb822_source(tmp_path: Path, text: str, expected: str) -> None:
    found = mirror(write(tmp_path, "sources.list.d/debian.sources", text))
    assert (found.returncode, found.stdout, found.stderr) == (0, expected, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("deb http://mirror.test/debian bookworm main\n", "URIs: http://mirror.test/debian\n", id="plain"),
        pytest.param(
            "# deb http://old.test/debian bookworm main\ndeb-src http://src.test/debian bookworm main\n"
            "deb http://mirror.test/security bookworm-security main\n"
            f"deb [ arch=amd64 signed-by={KEYRING} ] http://mirror.test/debian bookworm contrib main # ours\n",
            f"URIs: http://mirror.test/debian\nSigned-By: {KEYRING}\n",
            id="options and comments",
        ),
        pytest.param(
            "deb http://extra.test/debian bookworm contrib\ndeb\t[trusted=yes]\tmirror+file:/etc/list\tbookworm\tmain",
            "URIs: mirror+file:/etc/list\nTrusted: yes\n",
            id="tabs, another transport, no final newline",
        ),
    ],
)
@pytest.mark.parametrize("name", ["sources.list", "sources.list.d/debian.list"])
def test_one_line_source(tmp_path: Path, name: str, text: str, expected: str) -> None:
    found = mirror(write(tmp_path, name, text))
    assert (found.returncode, found.stdout, found.stderr) == (0, expected, "")


def test_deb822_comes_before_one_line(tmp_path: Path) -> None:
    write(tmp_path, "sources.list", "deb http://old.test/debian bookworm main\n")
    text = "Types: deb\nURIs: http://new.test/debian\nSuites: bookworm\nComponents: main\n"
    found = mirror(write(tmp_path, "sources.list.d/debian.sources", text))
    assert found.stdout == "URIs: http://new.test/debian\n"


def test_disabled_files_are_not_read(tmp_path: Path) -> None:
    text = "deb http://off.test/debian bookworm main\n"
    found = mirror(write(tmp_path, "sources.list.d/debian.list.disabled", text))
    assert (found.returncode, found.stdout) == (1, "")


def test_another_suite_is_not_taken(tmp_path: Path) -> None:
    found = mirror(write(tmp_path, "sources.list", "deb http://mirror.test/debian bullseye main\n"))
    assert (found.returncode, found.stdout) == (1, "")
