"""Whether a release is newer than the one that serves: by what git knows of their commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.deploy.promotion import check_order

if TYPE_CHECKING:
    from shiplane.deploy.survey import State
    from shiplane.model import Release
    from shiplane.runners.base import Runner


def told(runner: Runner, state: State, release: Release, *, only_forward: bool = False) -> str:
    """Say what is to be known of a release that is older than what serves; raises `OlderRelease` as `check_order`."""
    if state.serving is None or state.serving.deployment.commit == release.commit:
        return ""
    serving = state.serving.deployment
    older = {0: True, 1: False}.get(runner.run(git.contains(release.commit, serving.commit)).exit_code)
    return check_order(release, serving, older=older, served=state.served(release.id), only_forward=only_forward)
