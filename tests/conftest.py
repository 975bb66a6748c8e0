"""What all tests share: how many examples a property test tries, and how workers share them."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from xdist.remote import Producer

# Output differs in a workflow: a test says itself when it plays one.
os.environ.pop("GITHUB_ACTIONS", None)

# Commands that tests start find what Python has compiled, as everybody's do: some machines forbid to keep it. It is
# kept beside the trees, for tests look at what is left there; the workers of one session share it.
if "PYTHONPYCACHEPREFIX" not in os.environ:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = _compiled = tempfile.mkdtemp(prefix="shiplane-compiled-")
    atexit.register(shutil.rmtree, _compiled, ignore_errors=True)

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("proof", max_examples=2000, deadline=None)
settings.load_profile("quick")

# Folders whose tests share a lab: one worker has them all. What needs no images goes beside the first, which makes them
# on a fresh machine; then the longest, so that both workers end at about the same time.
_LABS = ("tests/integration/story", "tests/integration/deploy", "tests/proof")
_ORDER = (_LABS[0], "tests/cli", *_LABS[1:], "tests/integration", "tests")


class _ByLab(LoadScopeScheduling):
    """Hand a worker the tests of a lab, or else of a file, at once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in _LABS if file.startswith(f"{folder}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Let workers share a lab's tests by `_ByLab`, in the order of their collection."""
    config.option.loadscopereorder = False
    return _ByLab(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest where there are workers."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next(n for n, folder in enumerate(_ORDER) if item.nodeid.startswith(folder)))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before a test's clock runs
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that measures the machine have it for itself."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with _turn(Path(item.config.option.basetemp).parent, alone="alone" in item.keywords):
        return (yield)


def pytest_sessionfinish() -> None:
    """Leave no image behind that was made for a clone."""
    clone = sys.modules.get("helpers.clone")
    if clone:
        clone.remove_own_images()


@contextmanager
def _turn(place: Path, *, alone: bool) -> Iterator[None]:
    """Hold the machine, with others or `alone`; who waits to be alone keeps the door shut to who comes later."""
    with (place / "door").open("w") as door, (place / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
