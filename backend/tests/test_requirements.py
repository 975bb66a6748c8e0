"""The locks: complete, pinned by hash, and free of anybody's index."""

import re

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "requirements"
LOCKS = ("production", "development")


def pins(name: str) -> dict[str, str]:
    """Return versions by package, each of which must have a hash."""
    text = (FOLDER / f"{name}.txt").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert all("--hash=sha256:" in line for line in lines)
    found = [re.match(r"([a-z0-9-]+)==([^ ]+) ", line) for line in lines]
    assert all(found), lines
    return {match[1]: match[2] for match in found}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert not re.search(r"https?:|file:|^\s*--(?!hash)|^-|@ ", text, re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_asked_for_is_locked(name):
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    asked = [re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in lines if line[:1].isalpha()]
    assert set(asked) <= pins(name).keys()


def test_tests_run_on_what_serves():
    assert pins("production").items() <= pins("development").items()
    assert "pytest" not in pins("production")
