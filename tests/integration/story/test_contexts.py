"""What the images of this repository take in: nothing that git ignores, and all else that they took in before."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.utils.build import PatternMatcher

from helpers.clone import Clone
from shiplane.cli.app import App
from shiplane.facts.let_through import LetThrough
from shiplane.model import Inputs
from shiplane.planning.inputs import Declared
from shiplane.planning.keys import Item, difference, items_of

CONTEXTS = ("backend", "frontend", "testing")
FILE = "frontend/.env.production"
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


def test_what_an_image_takes_in_though_git_ignores_it_is_an_edit_and_an_input(clone: Clone) -> None:
    clone.git("clean", "-dffqx", "--exclude=/.venv")
    (clone.folder / "backend/board/__pycache__").mkdir()
    (clone.folder / "backend/board/__pycache__/a.pyc").write_text("made")
    (clone.folder / "frontend/node_modules").symlink_to(clone.folder)
    (clone.folder / ".env").write_text("A=1\n")
    bare = App(clone.folder, {})
    assert (bare.facts.edits, bare.facts.let_through) == ("", ())
    ignore_file = clone.folder / "frontend/.dockerignore"
    clone.commit("Keep less out", lambda _: ignore_file.write_text("node_modules\n!.env*\n"))
    clean, key = App(clone.folder, {}), inputs(clone)
    assert clean.facts.suffix == clone.git("rev-parse", "HEAD")[:12]
    file = clone.folder / FILE
    told = set()
    for text in ("VITE_X=1\n", "VITE_X=22\n"):
        file.write_text(text)
        app = App(clone.folder, {})
        assert app.facts.let_through == (LetThrough(FILE, FILE, "frontend/.dockerignore"),)
        told |= {app.facts.suffix}
        after = inputs(clone)
        assert difference(key["frontend"], after["frontend"]) in (f"{FILE} is new", f"{FILE} changed")
        assert after["backend"] == key["backend"]
        key = after
    assert len(told) == 2
    assert all(name.startswith(f"{clean.facts.suffix}-dirty-") for name in told)
    file.unlink()
    assert App(clone.folder, {}).facts.suffix == clean.facts.suffix


def inputs(clone: Clone) -> dict[str, tuple[Item, ...]]:
    """Give the files of each component's images."""
    app = App(clone.folder, {})
    declared = Declared(app.config, app.facts)
    return {
        name: items_of(Inputs(files=declared.images(name).files), app.inventory, app.config, {}, {})
        for name in ("backend", "frontend")
    }
