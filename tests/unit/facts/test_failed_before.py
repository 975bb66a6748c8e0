from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from shiplane.facts import failed_before

SAMPLES = Path(__file__).parent / "junit"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_pytest_keeps_its_own_record(tmp_path: Path) -> None:
    assert failed_before.of_pytest(tmp_path) == ""
    write(tmp_path / failed_before.PYTEST, '{"tests/test_a.py::test_x": true}')
    assert json.loads(failed_before.of_pytest(tmp_path)) == {"tests/test_a.py::test_x": True}


@pytest.mark.parametrize("text", ["{}", "[]", "{", "null", '"x"', ""])
def test_a_record_that_holds_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path / failed_before.PYTEST, text)
    write(tmp_path / "test-results/.last-run.json", text)
    assert failed_before.of_pytest(tmp_path) == ""
    assert not failed_before.of_playwright(tmp_path)


def test_of_vitest_the_report_tells(tmp_path: Path) -> None:
    assert failed_before.of_vitest(tmp_path) == ()
    shutil.copy(SAMPLES / "vitest.xml", tmp_path / "junit.xml")
    assert ("src/a.test.ts", "f > is wrong & <bad>") in failed_before.of_vitest(tmp_path)
    assert ("src/a.test.ts", "f > is right") not in failed_before.of_vitest(tmp_path)
    write(tmp_path / "junit.xml", "<half")
    assert failed_before.of_vitest(tmp_path) == ()


@pytest.mark.parametrize(("failed", "told"), [(["a-b"], True), ([], False)])
def test_playwright_keeps_its_own_record(tmp_path: Path, failed: list[str], told: bool) -> None:  # noqa: FBT001
    assert not failed_before.of_playwright(tmp_path)
    write(tmp_path / "test-results/.last-run.json", json.dumps({"status": "failed", "failedTests": failed}))
    assert failed_before.of_playwright(tmp_path) is told
