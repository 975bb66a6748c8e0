"""What reviewers said of the environments that a run waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub.shapes import Entry


class Reviews:
    """Keep the history of reviews by the run's id."""

    def __init__(self, entry: Callable[[int], Entry]) -> None:
        self._entry = entry
        self.made: dict[str, list[dict[str, Any]]] = {}

    def handlers(self) -> dict[str, Callable[[Mapping[str, str], dict[str, str], Any], Reply]]:
        """Give what answers which operation."""
        return {"GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals": self._list}

    def say(self, run: str, environment: str, state: str) -> None:
        """Let a reviewer say `approved` or `rejected`."""
        entry = self._entry(0)
        place = {
            "id": entry.id,
            "node_id": f"EN_{entry.id}",
            "name": environment,
            "url": f"{entry.url}/repos/{entry.repository}/environments/{environment}",
            "html_url": f"{entry.url}/{entry.repository}/deployments/activity_log?environments_filter={environment}",
            "created_at": entry.at,
            "updated_at": entry.at,
        }
        said = {"state": state, "comment": "", "environments": [place], "user": entry.author["user"]}
        self.made.setdefault(run, []).append(said)

    def _list(self, path: Mapping[str, str], _query: object, _body: object) -> Reply:
        return Reply(200, self.made.get(path["run_id"], []))
