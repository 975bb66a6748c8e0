"""What images are called."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model.identity import slug

if TYPE_CHECKING:
    from shiplane.facts.checkout import CheckoutFacts

TEST_RUNNER = "test-runner:local"
"""The image of the browser tests, which never leaves this machine."""
_LONGEST_TAG = 128
_MAIN_ALONE = "latest"


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


def branch_tag(branch: str) -> str:
    """Make a branch name a tag: `feature/x` becomes `feature-x`; what loses more than slashes gets a hash."""
    readable = slug(branch, _LONGEST_TAG - 9)
    if readable == branch.replace("/", "-") and readable != _MAIN_ALONE:
        return readable
    return f"{readable}-{hashlib.sha256(branch.encode()).hexdigest()[:8]}"
