"""How much of a run is shown, and to whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Say how a run is shown: by default a tree on a terminal and a line an event elsewhere.

    `plain`: lines everywhere. `quiet`: failures and the end alone. `verbose`: each line of output too. `github`: with
    the groups and annotations of GitHub Actions.
    """

    plain: bool = False
    quiet: bool = False
    verbose: bool = False
    github: bool = False
