"""What the checkout holds: commit, branch, uncommitted edits, versions of components."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.errors import NotACheckout, VersionMissing
from shiplane.facts import let_through, versions
from shiplane.facts.answers import told_by_git
from shiplane.facts.hashes import Hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shiplane.config import Component, Config
    from shiplane.facts.let_through import LetThrough
    from shiplane.runners.base import Runner

SHORT = 12
_EDITED = "what is edited here"


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """Tell a component's version, the last commit that touched its inputs (40 hex) and that commit's time."""

    name: str
    version: str
    revision: str
    created: str


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """Tell what is checked out; `edits` is a short hash of the uncommitted edits, empty where there are none.

    Files that git ignores and an image takes in, `let_through`, are edits too: no commit has them.
    """

    commit: str
    branch: str
    author: str
    message: str
    edits: str
    components: tuple[ComponentFacts, ...]
    let_through: tuple[LetThrough, ...] = ()

    @property
    def suffix(self) -> str:
        """Give what follows a version in a tag and what a release is called: commit and, if any, the edits."""
        return self.commit[:SHORT] + (f"-dirty-{self.edits}" if self.edits else "")

    @property
    def version(self) -> str:
        """Give one version for the whole: the components' own where it is the same, else the first's."""
        return self.components[0].version if self.components else ""

    def component(self, name: str) -> ComponentFacts:
        """Give the facts of a component; KeyError where there is none."""
        return {facts.name: facts for facts in self.components}[name]


def survey(
    runner: Runner, checkout: Path, config: Config, environ: Mapping[str, str], hashes: Hashes | None = None
) -> CheckoutFacts:
    """Ask git and the version files; raises `NotACheckout` and `VersionMissing`. `hashes` know what was read before."""
    head = runner.run(git.head())
    if not head.ok:
        raise NotACheckout(str(checkout))
    commit, author, message, _ = head.stdout.split("\0")
    also = let_through.survey(runner, checkout, config)
    return CheckoutFacts(
        commit=commit,
        branch=_branch(runner, environ),
        author=author,
        message=message,
        edits=_edits(runner, hashes or Hashes(checkout), (one.name for one in also)),
        components=tuple(_component(runner, checkout, component) for component in config.components),
        let_through=also,
    )


def _branch(runner: Runner, environ: Mapping[str, str]) -> str:
    named = environ.get("GITHUB_HEAD_REF") or environ.get("GITHUB_REF_NAME")
    if named:
        return named
    answer = runner.run(git.branch())
    return answer.stdout.strip() if answer.ok else "HEAD"


def _edits(runner: Runner, hashes: Hashes, also: Iterable[str]) -> str:
    difference = told_by_git(runner, git.edits(), _EDITED)
    untracked = told_by_git(runner, git.untracked(), _EDITED).split("\0")
    # Of what is tracked git tells, in turns, how it differs and its name; what it holds now is told by its hash.
    names = {*difference.split("\0")[1::2], *filter(None, untracked), *also}
    return hash_edits(difference, ((name, hashes.entry(name).encode()) for name in sorted(names)))


def hash_edits(difference: str, files: Iterable[tuple[str, bytes]]) -> str:
    """Hash uncommitted edits to eight hex digits; empty where there is neither a difference nor a new file."""
    digest, found = hashlib.sha256(difference.encode(errors="surrogateescape")), bool(difference)
    for name, content in files:
        found = True
        digest.update(f"\0{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return digest.hexdigest()[:8] if found else ""


def _component(runner: Runner, checkout: Path, component: Component) -> ComponentFacts:
    try:
        text = (checkout / component.version_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VersionMissing(component.version_file, 'a file with __version__ = "1.0.0"') from error
    last = runner.run(git.last_change(component.context)).stdout
    revision, _, created = last.partition("\0")
    version = versions.parse(component.version_file, text)
    return ComponentFacts(component.name, version, revision or "unknown", created or "1970-01-01T00:00:00+00:00")
