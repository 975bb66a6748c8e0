"""What images are called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model.identity import slug

if TYPE_CHECKING:
    from shiplane.facts.checkout import CheckoutFacts

TEST_RUNNER = "test-runner:local"
"""The image of the browser tests, which never leaves this machine."""
_MAIN_ALONE = "latest"
_HASH = 8
_LONGEST_BRANCH = 128 - 1 - _HASH
# At most one slash, and no dash before it: the first dash of the tag tells where it was.
_PLAIN = re.compile(r"[a-z][a-z0-9]*(/[a-z0-9]+(-[a-z0-9]+)*)?")
# What versions, commits, hashes and moving tags look like.
_RESERVED = re.compile(rf"^v?[0-9]|[-/][0-9a-f]{{{_HASH},}}$|^{_MAIN_ALONE}$")


@dataclass(frozen=True, slots=True)
class Naming:
    """Name images: `registry/owner/application-component:tag`."""

    registry: str
    owner: str
    application: str

    def repository(self, component: str) -> str:
        """Give a component's repository, without a tag."""
        return f"{self.registry}/{self.owner}/{self.application}-{component}"

    def release_tag(self, component: str, facts: CheckoutFacts) -> str:
        """Give the immutable tag: version, commit and, if any, the hash of uncommitted edits."""
        return f"{facts.component(component).version}-{facts.suffix}"

    def tags(self, component: str, facts: CheckoutFacts, branch: str, *, main: bool) -> tuple[str, ...]:
        """Give all tags of a component; edits that are not committed get the immutable one alone."""
        immutable = self.release_tag(component, facts)
        if facts.edits:
            return (immutable,)
        moving = (facts.component(component).version, branch_tag(branch), *((_MAIN_ALONE,) if main else ()))
        return tuple(dict.fromkeys((immutable, *moving)))


def development_tag(component: str, version: str) -> str:
    """Give the name of a development image, which never leaves this machine."""
    return f"{component}-dev:{version}"


def own_name(tag: str, checkout: str) -> str:
    """Give the second name of an image that never leaves this machine, from its first and its checkout's id.

    The first is every checkout's. The containerd store removes an image at once when its last name goes to another one.
    """
    return f"{tag}-{checkout}"


def branch_tag(branch: str) -> str:
    """Make a branch name a tag of its own: `feature/x` becomes `feature-x`.

    A name that another one could read like gets a hash: `feature-x` and `Feature/x` as well as `latest`.
    """
    if _PLAIN.fullmatch(branch) and not _RESERVED.search(branch) and len(branch) <= _LONGEST_BRANCH:
        return branch.replace("/", "-")
    return (
        f"{slug(branch, _LONGEST_BRANCH)}-{hashlib.sha256(branch.encode(errors='surrogateescape')).hexdigest()[:_HASH]}"
    )
