from __future__ import annotations

import pytest

from shiplane.errors import VersionMissing, VersionUnusable
from shiplane.facts.versions import parse

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
