"""Deployments and their states, as GitHub keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.replies import Reply, invalid, message
from hub.shapes import deployment, status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub.shapes import Entry

    Page = Callable[[str, dict[str, str], list[dict[str, Any]]], Reply]

UNKNOWN_COMMIT = "f" * 40


class Deployments:
    """Keep the deployments of a repository, newest first as GitHub lists them."""

    def __init__(self, entry: Callable[[int], Entry], page: Page) -> None:
        self._entry = entry
        self._page = page
        self.made: list[dict[str, Any]] = []
        self.statuses: dict[int, list[dict[str, Any]]] = {}

    def handlers(self) -> dict[str, Callable[[Mapping[str, str], dict[str, str], Any], Reply]]:
        """Give what answers which operation."""
        many = "/repos/{owner}/{repo}/deployments"
        return {
            f"GET {many}": self._list,
            f"POST {many}": self._make,
            f"GET {many}/{{deployment_id}}/statuses": self._states,
            f"POST {many}/{{deployment_id}}/statuses": self._add,
        }

    def state(self, one: Mapping[str, Any]) -> str:
        """Give the newest state of a deployment."""
        return next((each["state"] for each in self.statuses[one["id"]]), "")

    def serving(self, environment: str) -> list[str]:
        """Give the releases that the page of an environment shows as active."""
        mine = [one for one in self.made if one["environment"] == environment]
        return [one["payload"]["release"] for one in mine if self.state(one) == "success"]

    def _list(self, path: Mapping[str, str], query: dict[str, str], _body: object) -> Reply:
        found = [one for one in self.made if query.get("environment") in (None, one["environment"])]
        return self._page(f"/repos/{path['owner']}/{path['repo']}/deployments", query, found)

    def _make(self, _path: object, _query: object, body: dict[str, Any]) -> Reply:
        if body["ref"] == UNKNOWN_COMMIT:
            return Reply(422, {"message": f"No ref found for: {body['ref']}", "documentation_url": "https://docs.test"})
        if body.get("auto_merge", True) or body.get("required_contexts") != []:
            return message(409, "Conflict: Commit status checks failed")
        made = deployment(self._entry(0), body)
        self.made.insert(0, made)
        self.statuses[made["id"]] = []
        return Reply(201, made)

    def _states(self, path: Mapping[str, str], query: dict[str, str], _body: object) -> Reply:
        found = self.statuses.get(int(path["deployment_id"]))
        if found is None:
            return message(404, "Not Found")
        return self._page(f"/repos/{path['owner']}/{path['repo']}/deployments/x/statuses", query, found)

    def _add(self, path: Mapping[str, str], _query: object, body: dict[str, Any]) -> Reply:
        number = int(path["deployment_id"])
        if len(body.get("description", "")) > 140:
            return invalid("DeploymentStatus", "description")
        made = status(self._entry(number), body)
        self.statuses[number].insert(0, made)
        return Reply(201, made)
