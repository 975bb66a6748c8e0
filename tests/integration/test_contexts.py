"""What the images of this repository take in: nothing that git ignores, and all else that they took in before."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.utils.build import PatternMatcher

from helpers.clone import Clone

CONTEXTS = ("backend", "frontend", "testing")
NEEDED_BY_NONE = {".dockerignore", ".gitignore", "Dockerfile", "run-tests.sh"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone.make(tmp_path_factory.mktemp("contexts") / "clone")


def listed(clone: Clone, context: Path, *words: str) -> set[str]:
    names = clone.git("ls-files", "-z", *words, "--", context.name).split("\0")
    return {str(Path(name).relative_to(context.name)) for name in names if name}


def samples(gitignore: Path, context: Path) -> set[Path]:
    """Make up a file for each pattern: in the context and in a folder of it, or where the pattern says."""
    places = {context, context / "made/up"}
    made = set()
    for line in gitignore.read_text().splitlines():
        if not line or line.startswith(("#", "!")):
            continue
        name = line.replace("[cod]", "c").replace("*", "ä b") + ("inside" if line.endswith("/") else "")
        made |= {gitignore.parent / name[1:]} if line.startswith("/") else {place / name for place in places}
    return {file for file in made if context in file.parents}


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_image_takes_in_what_git_ignores(clone: Clone, name: str) -> None:
    context = clone.folder / name
    made = samples(clone.folder / ".gitignore", context)
    if (context / ".gitignore").exists():
        made |= samples(context / ".gitignore", context)
    made -= {folder for file in made for folder in file.parents}  # one pattern's folder is the other's file
    for file in made:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a secret\n")
    ignored = listed(clone, context, "--others", "--ignored", "--exclude-standard")
    assert ignored == {str(file.relative_to(context)) for file in made}
    assert len(ignored) > 50
    taken = set(PatternMatcher((context / ".dockerignore").read_text().splitlines()).walk(str(context)))
    assert not ignored & taken
    left_out = {file for file in listed(clone, context) if file not in taken}
    assert {file for file in left_out if not file.endswith(".md")} <= NEEDED_BY_NONE
