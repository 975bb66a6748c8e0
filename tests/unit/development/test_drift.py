from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from shiplane.config import Component
from shiplane.development.drift import NPM_LIST, PYTHON_LIST, compare, lock_file, question

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """\
# made by a tool
django==5.2.1 \\
    --hash=sha256:00
psycopg[binary]==3.2.1 \\
    --hash=sha256:01
ruamel-yaml==0.18
colorama==0.4.6 ; sys_platform == 'win32'
"""


def npm(**packages: dict[str, object]) -> str:
    named = {f"node_modules/{name}": package for name, package in packages.items()}
    return json.dumps({"packages": {"": {"version": "1.0.0"}, **named}})


def test_python_names_are_one_however_they_are_written() -> None:
    held = "Django==5.2.1\npsycopg==3.2.1\nruamel.yaml==0.18\npip==25\n"
    assert compare("requirements.txt", LOCK, held) == []


def test_what_an_image_lacks_and_what_is_another_version() -> None:
    assert compare("requirements.txt", LOCK, "Django==5.1\nruamel_yaml==0.18") == [
        "django is 5.1 in the image, 5.2.1 in the lock",
        "psycopg 3.2.1 is not in the image",
    ]


def test_a_package_of_another_platform_may_be_of_another_version_but_not_missed() -> None:
    held = "Django==5.2.1\npsycopg==3.2.1\nruamel.yaml==0.18\ncolorama==0.4.5"
    assert compare("requirements.txt", LOCK, held) == ["colorama is 0.4.5 in the image, 0.4.6 in the lock"]


def test_npm() -> None:
    optional: dict[str, object] = {"version": "1.0.0", "optional": True}
    lock = npm(react={"version": "19.1.0"}, vite={"version": "7.0.0"}, fsevents=optional, link={"link": True})
    assert compare("package-lock.json", lock, npm(react={"version": "19.0.0"})) == [
        "react is 19.0.0 in the image, 19.1.0 in the lock",
        "vite 7.0.0 is not in the image",
    ]


@pytest.mark.parametrize("held", ["", "no lock", "{}"])
def test_what_is_no_list_is_not_taken_for_an_empty_one(held: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        compare("package-lock.json", npm(), held)


def test_the_lock_of_a_component(tmp_path: Path) -> None:
    backend, frontend = Component("backend", "backend", "backend/a.py"), Component("web", "web", "web/package.json")
    assert [lock_file(tmp_path, one) for one in (backend, frontend)] == ["", ""]
    for name in ("backend/requirements.txt", "backend/requirements/development.txt", "web/package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert lock_file(tmp_path, backend) == "backend/requirements/development.txt"
    assert lock_file(tmp_path, frontend) == "web/package-lock.json"
    (tmp_path / "backend/requirements/development.txt").unlink()
    assert lock_file(tmp_path, backend) == "backend/requirements.txt"
    assert [question(name) for name in ("requirements.txt", "package-lock.json")] == [PYTHON_LIST, NPM_LIST]
