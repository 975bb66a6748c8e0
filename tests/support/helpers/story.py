"""The commits of the story that the tests tell, and what each of them left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.clone import ROOT
from shiplane.model.identity import checkout_id

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.clone import Finished
    from helpers.servers import Seen

# Development images are called after versions, machine-wide: these are no other checkout's, and the same each time,
# so that the builder knows their layers.
_NUMBER = int(checkout_id(ROOT), 16) % 1_000_000
FIRST_VERSION, SECOND_VERSION = f"9.{_NUMBER}.1", f"9.{_NUMBER}.2"
NEW_TEXT = "Second edition, data under"
# Every character that breaks careless quoting.
HARD_SECRET = "p)$'\"#\\ ü"


@dataclass(frozen=True, slots=True)
class Chapter:
    """Hold a commit, how the last command about it ended, and what both environments showed afterwards.

    `beside` are the ends of commands that ran while another one did, or that were refused; `moved` counts the bytes
    that reached staging during its deploy.
    """

    commit: str
    done: Finished
    seen: Seen
    beside: tuple[Finished, ...] = ()
    moved: int = 0

    @property
    def release(self) -> str:
        """Give the release that is made of the commit."""
        return self.commit[:12]


def replace(file: Path, old: str, new: str) -> None:
    """Replace the first place where a text stands; it has to be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def lend_packages(folder: Path) -> None:
    """Let bootstrap find its packages: those of this checkout, which it would not know as its own."""
    (folder / "scripts/bootstrap").write_text("#!/bin/sh\necho 'ok       engine'\n", encoding="utf-8")


def name_versions(folder: Path) -> None:
    """Give both components the versions of the story."""
    replace(folder / "backend/config/__init__.py", '__version__ = "1.0.0"', f'__version__ = "{FIRST_VERSION}"')
    replace(folder / "frontend/package.json", '"version": "1.0.0"', f'"version": "{FIRST_VERSION}"')


def shorten_checks(folder: Path) -> None:
    """Keep a few tests of each suite, and of Shiplane's own sources what takes the linters no time.

    What suites and linters find is their own matter and costs a minute a run; here they start, count and stop a run.
    """
    _shorten_unit_tests(folder)
    for test in (folder / "tests").rglob("test_*.py"):
        test.unlink()
    few = 'ignores: ["src/api", "src/components", "src/pages", '
    replace(folder / "frontend/eslint.config.js", "ignores: [", few)
    less = 'force-exclude = true\nextend-exclude = ["src/shiplane/*/*", "noxfile.py", "tasks.py", '
    replace(folder / "pyproject.toml", "extend-exclude = [", less)
    replace(folder / "pyproject.toml", 'files = ["src/shiplane"]', 'files = ["src/shiplane/errors.py"]')


def _shorten_unit_tests(folder: Path) -> None:
    for test in (folder / "backend/tests").glob("test_*.py"):
        if test.name != "test_authentication.py":
            test.unlink()
    for test in (folder / "frontend/src").rglob("*.test.ts*"):
        if test.name != "format.test.ts":
            test.unlink()
    replace(folder / "backend/pyproject.toml", "fail_under = 90", "fail_under = 1")
    full = "thresholds: { lines: 95, functions: 95, statements: 95, branches: 90 }"
    replace(folder / "frontend/vitest.config.ts", full, "thresholds: { lines: 0 }")


def shorten_suites(folder: Path) -> None:
    """Keep a few tests of each suite of the application, browser tests too: all of them take minutes."""
    _shorten_unit_tests(folder)
    for name in ("e2e/deployment", "integration/proxy", "visual/layout"):
        (folder / f"testing/tests/{name}.spec.ts").unlink()
    smoke = folder / "testing/tests/e2e/smoke.spec.ts"
    head, *tests = smoke.read_text(encoding="utf-8").split("\n\ntest(")
    smoke.write_text(
        "\n\ntest(".join([head, *(test for test in tests if "survives a reload" in test)]), encoding="utf-8"
    )
    settings = folder / "testing/playwright.config.ts"
    # What takes long here is the machine's matter.
    replace(settings, "timeout: 30_000", "timeout: 180_000")
    replace(settings, "timeout: 10_000", "timeout: 60_000")
    load = folder / "testing/tests/performance/load.spec.ts"
    replace(load, "const VISITS = 3;", "const VISITS = 1;")
    replace(load, "const API_MILLISECONDS = 500;", "const API_MILLISECONDS = 10_000;")


def change_frontend(folder: Path) -> None:
    """Change what people see, and raise the version for it."""
    replace(folder / "frontend/src/components/Footer.tsx", "Data under", NEW_TEXT)
    replace(folder / "frontend/package.json", f'"version": "{FIRST_VERSION}"', f'"version": "{SECOND_VERSION}"')


def lose_test_id(folder: Path) -> None:
    """Rename what browser tests hold on to, which no unit test of the story notices."""
    replace(folder / "frontend/src/testids.ts", 'boardRelease: "board-release"', 'boardRelease: "board-renamed"')


def write_docs(folder: Path) -> None:
    """Change what no step depends on."""
    with (folder / "docs/deploys.md").open("a", encoding="utf-8") as page:
        page.write("\nThe end.\n")


def comment_test_stack(folder: Path) -> None:
    """Change what the tests run in, and no image."""
    with (folder / "compose.test.yml").open("a", encoding="utf-8") as stack:
        stack.write("# The end.\n")


def break_staging(folder: Path) -> None:
    """Let the backend refuse every host on staging, its own health check's too; gunicorn starts all the same.

    The probe gives up early, so that the test need not wait for the 120 s of the specification.
    """
    with (folder / "backend/config/settings/staging.py").open("a", encoding="utf-8") as settings:
        settings.write('\nALLOWED_HOSTS = ["nobody.example"]\n')
    health = "    healthcheck: {start_period: 4s, interval: 1s, retries: 2}\n"
    backend = "    image: ${BACKEND_IMAGE:?the deploy writes it to .env; run invoke deploy --env staging}\n"
    replace(folder / "compose.staging.yml", backend, backend + health)
