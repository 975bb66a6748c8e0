"""The page of maintenance: what people see in place of an environment, until somebody turns it off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.errors import NothingDeployed, StepFailed, Unreachable

if TYPE_CHECKING:
    from shiplane.deploy.audit import Deed
    from shiplane.model import Command, Site
    from shiplane.runners.base import Cancel, Runner
    from shiplane.runners.http import Http

_SECONDS = 30.0
_CLOSED = 503
_PAUSES = (0.2, 0.5, 1.0, 2.0)


def command(site: Site, deed: Deed, *, on: bool) -> Command:
    """Turn the page on or off; a deploy leaves it as it is."""
    said = json.dumps({"since": deed.at, "who": deed.who})
    words = (site.folder, "on" if on else "off")
    made = remote.script("maintenance", *words, payload=f"{said}\n{deed.line()}\n", timeout=_SECONDS)
    return made.on(site.host.name)


def turn(runner: Runner, site: Site, deed: Deed, *, on: bool) -> bool:
    """Turn the page on or off; True where that changed anything. Raises `NothingDeployed`."""
    done = runner.run(command(site, deed, on=on))
    if not done.ok:
        cause = f"{site.host.name} could not write ~/{site.folder}/served/maintenance"
        raise Unreachable(cause, "look at the disk and the folder's owner there", done.tail())
    answer = done.stdout.strip()
    if not answer:
        raise NothingDeployed(site.environment)
    return answer == "changed"


def check(http: Http, site: Site, cancel: Cancel, *, on: bool) -> None:
    """See that the public address shows the page, or does not; raises `StepFailed` where it is otherwise."""
    for pause in (*_PAUSES, None):
        status = http.request("GET", f"{site.url.rstrip('/')}/").status
        if (status == _CLOSED) is on:
            return
        if pause is not None:
            cancel.sleep(pause)
    if on:
        cause = f"{site.url} goes on answering ({status}): the release that serves knows no page of maintenance"
        raise StepFailed(cause, f"deploy a newer release: invoke deploy --env {site.environment}")
    raise StepFailed(
        f"{site.url} answers {status} without the page too", f"see: invoke status --env {site.environment}"
    )
