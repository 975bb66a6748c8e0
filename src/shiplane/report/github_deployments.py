"""GitHub's page of an environment: told of each deploy and rollback, so that it shows what serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from shiplane.report.text import left_serving, one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shiplane.pipeline.github_api import GithubApi
    from shiplane.report.whole_run import WholeRun

_STATES = {"deployed": "success", "undone": "failure"}
_CHANGED = ("success", "inactive", "error")
_LOOKED_BACK = 20
_LONGEST = 140


@dataclass(frozen=True, slots=True)
class Told:
    """Say what happened to an environment: `id` is the journal's own, `state` one of GitHub's.

    `at` says since when it counts: the end of a deploy, but the start of one whose undo failed, for nobody knows since
    when what served before does no more, and what was deployed meanwhile by another who took over serves.
    """

    id: str
    environment: str
    release: str
    commit: str
    action: str
    state: str
    text: str
    at: str
    url: str
    log_url: str

    def to_json(self) -> dict[str, Any]:
        """Give it for machines."""
        names = ("environment", "release", "commit", "action", "state", "url")
        return {name: getattr(self, name) for name in names}


def told(whole: WholeRun) -> Iterator[Told]:
    """Give what a run did to environments, oldest first; the lab is nobody's environment."""
    if whole.run.target == "lab":
        return
    for found in whole.run.deployments.values():
        outcome, release = str(found.get("outcome", "")), str(found["release"])
        action, left = str(found.get("action", "deploy")), left_serving(found)
        what = {"deployed": f"{action} serves {release}", "undone": f"{action} of {release} was undone: {left}"}
        yield Told(
            id=str(found["id"]),
            environment=str(found["environment"]),
            release=release,
            commit=str(found["commit"]),
            action=action,
            state=_STATES.get(outcome, "error"),
            text=shortened(one_line(what.get(outcome, f"{action} failed: {release}")), _LONGEST),
            at=str(found.get("started_at" if outcome == "failed" else "finished_at") or ""),
            url=str(found.get("url") or ""),
            log_url=whole.url,
        )


class Deployments:
    """Write deployments and their states; one that GitHub knows already is not written again."""

    def __init__(self, api: GithubApi) -> None:
        self.api = api

    def tell(self, one: Told) -> Told | None:
        """Tell of a deployment and how it ended, and that what served before does no more; None: it was known."""
        known = list(self._latest(one.environment))
        made = next((each for each in known if _id(each) == one.id), None) or self._make(one)
        state, fresh = self._state(made), one
        if not state:
            fresh = _overtaken(one) if self._changed_later(one, known) else one
            self._add(made, _status(fresh))
        # Also for one that is known: what told of it may have been cut off before it came to this.
        if one.state in ("success", "error") and (state or fresh.state) == one.state:
            self._settle(one, made)
        return None if state else fresh

    def _settle(self, one: Told, made: Mapping[str, Any]) -> None:
        """Let one alone be shown as serving, or none where it failed and was not undone.

        Asked anew, so that of two who tell at once the last one sees both.
        """
        others = [each for each in self._latest(one.environment) if each["id"] != made["id"]]
        if self._changed_later(one, others):
            self._add(made, {"state": "inactive"})
            return
        for other in others:
            if not _is_later(other, one) and self._state(other) == "success":
                self._add(other, {"state": "inactive"})

    def _changed_later(self, one: Told, known: Iterable[Mapping[str, Any]]) -> bool:
        """Tell whether something came after a deploy that served: runs do not end in the order of their deploys."""
        later = (each for each in known if one.state == "success" and _is_later(each, one))
        return any(self._state(each) in _CHANGED for each in later)

    def _latest(self, environment: str) -> Iterator[dict[str, Any]]:
        pages = self.api.pages("list deployments", "deployments", environment=environment)
        return islice(pages, _LOOKED_BACK)

    def _make(self, one: Told) -> dict[str, Any]:
        body = {
            "ref": one.commit,
            "task": one.action,
            "auto_merge": False,
            "required_contexts": [],
            "payload": {"shiplane": one.id, "release": one.release, "finished_at": one.at},
            "environment": one.environment,
            "description": one.text,
            "production_environment": one.environment == "production",
        }

        def made() -> dict[str, Any] | None:
            return next((each for each in self._latest(one.environment) if _id(each) == one.id), None)

        return self.api.make("make a deployment", "deployments", body, made)

    def _state(self, deployment: Mapping[str, Any]) -> str:
        """Give the newest state; empty where there is none."""
        statuses = self.api.pages("list states of a deployment", f"deployments/{deployment['id']}/statuses")
        return next((str(each["state"]) for each in statuses), "")

    def _add(self, deployment: Mapping[str, Any], body: dict[str, Any]) -> None:
        def made() -> dict[str, Any] | None:
            return {} if self._state(deployment) == body["state"] else None

        self.api.make("tell a deployment's state", f"deployments/{deployment['id']}/statuses", body, made)


def _status(one: Told) -> dict[str, Any]:
    addresses = {"environment_url": one.url, "log_url": one.log_url}
    given = {name: url for name, url in addresses.items() if url}
    return {"state": one.state, "description": one.text, "auto_inactive": False, **given}


def _overtaken(one: Told) -> Told:
    """Say of a deploy that by now a later one has served, or failed and could not be undone."""
    return replace(one, state="inactive", text=shortened(f"{one.action} of {one.release}: a later one came", _LONGEST))


def _is_later(deployment: Mapping[str, Any], one: Told) -> bool:
    """Compare by the time of the deploy, and where that is one by the name; what tells no time was earlier."""
    return (_told(deployment, "finished_at"), _id(deployment)) > (one.at, one.id)


def _id(deployment: Mapping[str, Any]) -> str:
    return _told(deployment, "shiplane")


def _told(deployment: Mapping[str, Any], name: str) -> str:
    payload = deployment.get("payload")
    return str(payload.get(name, "")) if isinstance(payload, dict) else ""
