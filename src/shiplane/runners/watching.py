"""Edits below a folder, as they happen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

_OURS = (".shiplane", ".ruff_cache", ".import_linter_cache")


def changes(folder: Path, stop: Event | None = None) -> Iterator[frozenset[str]]:
    """Give the paths (from the folder) of files that were changed, group after group, until `stop` is set.

    What version control, tools and Shiplane itself keep there is no edit. Raises `UsageError` where the system does not
    let so many folders be watched.
    """
    from watchfiles import DefaultFilter, watch  # noqa: PLC0415 - compiled, and `test --watch` alone needs it

    here = folder.resolve()
    edits = DefaultFilter(ignore_dirs=(*DefaultFilter.ignore_dirs, *_OURS))
    groups = watch(here, watch_filter=edits, stop_event=stop, ignore_permission_denied=True)
    while True:
        try:
            group = next(groups, None)
        except OSError as error:
            fix = "raise fs.inotify.max_user_watches, or look for edits in turns: WATCHFILES_FORCE_POLLING=true"
            raise UsageError(f"the edits below {here} cannot be watched: {error}", fix) from error
        if group is None:
            return
        yield frozenset(Path(name).relative_to(here).as_posix() for _, name in group)
