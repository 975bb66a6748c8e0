from __future__ import annotations

from pathlib import Path

import pytest

from shiplane.errors import VersionMissing, VersionUnusable
from shiplane.facts.versions import parse, replaced, replaced_in_lock

PYTHON = {
    '__version__ = "1.0.0"\n': "1.0.0",
    "'''doc'''\nimport x\n__version__='2.1.0rc1'\nother = 1\n": "2.1.0rc1",
    '__version__: str = "1.2"  # set by a release\n': "1.2",
    '__version__ = "1"\n__version__ = "2"\n': "1",
}
JSON = {
    '{"version": "1.0.0"}': "1.0.0",
    '{"dependencies": {"version": "9"}, "version": "1.2.3-beta.1"}': "1.2.3-beta.1",
}
NO_PYTHON = [
    "",
    "version = '1.0.0'",
    '  __version__ = "1.0.0"',
    "__version__ = 1",
    '__version__ = ""',
    "__version__ = x",
]
NO_JSON = ["", "{", "[]", "1", "{}", '{"version": 1}', '{"version": null}', '{"version": ""}']
NO_TAG = ["1.0.0+build", "a b", "-1", ".1", "1/2", "1.0.0\n", "v" * 61, "é", "$(x)"]


@pytest.mark.parametrize(("text", "version"), PYTHON.items())
def test_a_python_file(text: str, version: str) -> None:
    assert parse("backend/config/__init__.py", text) == version


@pytest.mark.parametrize(("text", "version"), JSON.items())
def test_a_json_file(text: str, version: str) -> None:
    assert parse("frontend/package.json", text) == version


@pytest.mark.parametrize("text", NO_PYTHON)
def test_a_python_file_without_a_version(text: str) -> None:
    with pytest.raises(VersionMissing) as caught:
        parse("a.py", text)
    assert (caught.value.cause, caught.value.fix) == (
        "a.py: no version found",
        'write one, as in __version__ = "1.0.0"',
    )


@pytest.mark.parametrize("text", NO_JSON)
def test_a_json_file_without_a_version(text: str) -> None:
    with pytest.raises(VersionMissing) as caught:
        parse("a.json", text)
    assert (caught.value.cause, caught.value.fix) == ("a.json: no version found", 'write one, as in "version": "1.0.0"')


@pytest.mark.parametrize("version", NO_TAG)
def test_what_cannot_be_an_image_s_tag_is_no_version(version: str) -> None:
    with pytest.raises(VersionUnusable) as caught:
        parse("a.py", f'__version__ = "{version}"')
    assert caught.value.cause == f"a.py: version {version!r} cannot be an image tag"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"""doc"""\n__version__ = \'1.0.0\'  # set\nx = "1.0.0"\n',
            '"""doc"""\n__version__ = \'1.1.0\'  # set\nx = "1.0.0"\n',
        ),
        ('__version__: str = "1.0.0"\r\n', '__version__: str = "1.1.0"\r\n'),
    ],
)
def test_another_version_in_a_python_file_changes_nothing_else(before: str, after: str) -> None:
    assert replaced("backend/config/__init__.py", before, "1.1.0") == after


def test_another_version_in_a_package_changes_its_own_alone() -> None:
    before = '{\n  "engines": {"version": "1.0.0"},\n  "version" : "1.0.0",\n  "config": {"version": "1.0.0"}\n}\n'
    after = '{\n  "engines": {"version": "1.0.0"},\n  "version" : "1.1.0",\n  "config": {"version": "1.0.0"}\n}\n'
    assert replaced("frontend/package.json", before, "1.1.0") == after


def test_another_version_in_a_lock_of_npm() -> None:
    lock = '{"version": "%s", "packages": {"": {"version": "%s"}, "node_modules/a": {"version": "1.0.0"}}}'
    assert replaced_in_lock(lock % ("1.0.0", "1.0.0"), "1.1.0") == lock % ("1.1.0", "1.1.0")
    assert replaced_in_lock('{"packages": {"a": {"version": "1.0.0"}}}', "1.1.0").count("1.1.0") == 0


def test_the_real_lock_of_the_frontend() -> None:
    text = (Path(__file__).parents[3] / "frontend/package-lock.json").read_text(encoding="utf-8")
    changed = replaced_in_lock(text, "99.9.9")
    assert [number for number, (a, b) in enumerate(zip(text.splitlines(), changed.splitlines(), strict=True)) if a != b]
    assert changed.count('"version": "99.9.9"') == 2


def test_a_file_without_a_version_cannot_get_another() -> None:
    with pytest.raises(VersionMissing):
        replaced("frontend/package.json", "{}", "1.1.0")
