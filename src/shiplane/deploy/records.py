"""What the server remembers: releases that served, deployments, and which digests passed E2E."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shiplane.commands import remote
from shiplane.deploy import backups
from shiplane.errors import ShiplaneError, UnknownName, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.deploy.survey import Entry, State
    from shiplane.model import Command, Site
    from shiplane.runners.base import Runner

RECORDED = "recorded"
"""What the server says once the audit is written."""
_RECORD_SECONDS = 120.0


def releases(state: State) -> list[dict[str, Any]]:
    """List the releases that can be rolled back to, newest first by their last deployment."""
    latest = {e.deployment.release: e.deployment.finished_at for e in state.entries if e.served}
    return [
        {
            "release": release_id,
            "commit": state.releases[release_id].commit,
            "deployed_at": latest[release_id],
            "current": release_id == state.current,
        }
        for release_id in sorted(latest, key=lambda name: latest[name], reverse=True)
        if release_id in state.releases
    ]


def outdated(state: State, serving: str, kept: int) -> tuple[str, ...]:
    """Name the releases to remove: all but the last ones that served, what serves and what served before it.

    One whose manifest is damaged can be no way back, so it goes too.
    """
    listed = [entry["release"] for entry in releases(state) if entry["release"] != serving]
    keep = {serving, state.before(serving), *listed[: kept - 1]}
    return tuple(sorted(name for name in (*state.releases, *state.damaged) if name not in keep))


def outdated_backups(state: State, gone: tuple[str, ...], kept: int) -> tuple[str, ...]:
    """Name the backups to remove, once the releases `gone` are: as words of the script."""
    stay = [name for name in state.releases if name not in gone]
    return tuple(f"backup:{name}" for name in backups.outdated(state.backups, stay, kept))


def record_command(site: Site, entry: Entry, tidy: tuple[str, ...] = ()) -> Command:
    """Append to the audit, which the answer `recorded` confirms; `tidy` are the words of what is done after it."""
    line = json.dumps(entry.to_json(), separators=(",", ":"))
    return remote.script("record", site.folder, *tidy, payload=f"{line}\n", timeout=_RECORD_SECONDS).on(site.host.name)


def write(runner: Runner, site: Site, command: Command) -> list[str]:
    """Give what the server says once the audit is written, whatever comes of tidying up after it."""
    said: list[str] = []
    try:
        completed = runner.run(command, on_line=said.append)
        cause = f"{site.host.name} did not keep the record of the deployment"
        failure: ShiplaneError = Unreachable(cause, "look at its disk: df -h", completed.tail())
    except ShiplaneError as error:
        failure = error
    if RECORDED not in said:
        raise failure
    return said


def mark_tested(
    runner: Runner, site: Site, release_id: str, digests: Mapping[str, str], beside: Iterable[str] = ()
) -> None:
    """Write down that E2E passed on a release while exactly these digests ran, `beside` these images of others."""
    text = json.dumps({"release": release_id, "digests": dict(digests), "beside": sorted(beside)}, sort_keys=True)
    folder = f"{site.folder}/releases/{release_id}"
    command = remote.script("write", folder, "tested.json", payload=f"{text}\n", timeout=60.0).on(site.host.name)
    completed = runner.run(command)
    if not completed.ok:
        raise Unreachable(
            f"{site.host.name} did not keep the mark that {release_id} passed",
            f"see that ~/{folder} is there and can be written",
            completed.tail(),
        )


def tested(state: State, release_id: str) -> dict[str, str] | None:
    """Give the digests that E2E passed on with this release; None where it did not."""
    return state.tested.get(release_id)


def check_known(state: State, release_id: str) -> None:
    """Refuse a release that never served here or is no longer kept."""
    known = [entry["release"] for entry in releases(state)]
    if release_id not in known:
        raise UnknownName("release", release_id, known)
