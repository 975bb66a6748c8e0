"""The engine's builder: forgetting what it knows of some builds, and of no others."""

from __future__ import annotations

import re

from helpers.engine import docker, wait_for

_FIELD = re.compile(r"^(ID|Parent|Description):\s+(.*)$", re.MULTILINE)


def forget(*words: str) -> None:
    """Remove the records whose description holds one of the words, and all that was built on them."""

    def gone() -> bool:
        known = _known(words)
        if known:
            # What stands between slashes is a pattern, and one record that others need goes after them.
            docker("buildx", "prune", "--all", "--force", "--filter", f"id=/{'|'.join(sorted(known))}/")
        return not known

    wait_for(f"forgetting {words[0]}", gone)


def _known(words: tuple[str, ...]) -> set[str]:
    told = docker("buildx", "du", "--verbose").decode(errors="replace")
    records = [found for block in told.split("\n\n") if "ID" in (found := dict(_FIELD.findall(block)))]
    known = {one["ID"] for one in records if any(word in one.get("Description", "") for word in words)}
    while above := {one["ID"] for one in records if one.get("Parent") in known} - known:
        known |= above
    return known
