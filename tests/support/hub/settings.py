"""Environments, and the names of secrets and variables that each part of GitHub holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.replies import Reply, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AT = "2026-11-24T01:00:00Z"


def policy(**chosen: bool) -> dict[str, bool]:
    """Give which branches an environment lets deploy: `protected_branches` or `custom_branch_policies`."""
    return {"protected_branches": False, "custom_branch_policies": False, **chosen}


class Settings:
    """Keep names by (`secrets` or `variables`, where): where is an environment, `repository` or `organization`.

    By environment, `policies` say which branches may deploy, `branches` which are named, `rules` what else is asked.
    """

    def __init__(self) -> None:
        self.environments: list[str] = []
        self.policies: dict[str, dict[str, bool]] = {}
        self.branches: dict[str, list[str]] = {}
        self.rules: dict[str, list[str]] = {}
        self.names: dict[tuple[str, str], list[str]] = {}

    def handlers(self) -> dict[str, Callable[[Mapping[str, str], dict[str, str], Any], Reply]]:
        """Give what answers which operation."""
        root = "GET /repos/{owner}/{repo}"
        made: dict[str, Callable[[Mapping[str, str], dict[str, str], Any], Reply]] = {
            f"{root}/environments": self._environments
        }
        for kind in ("secrets", "variables"):
            made[f"{root}/actions/{kind}"] = self._names(kind, "repository")
            made[f"{root}/actions/organization-{kind}"] = self._names(kind, "organization")
            made[f"{root}/environments/{{environment_name}}/{kind}"] = self._names(kind, "")
        return made

    def _environments(self, _path: object, _query: object, _body: object) -> Reply:
        found = [
            {
                "id": 1,
                "node_id": "EN_1",
                "name": name,
                "url": f"https://api.test/environments/{name}",
                "html_url": f"https://github.test/{name}",
                "created_at": AT,
                "updated_at": AT,
                "protection_rules": [
                    {"id": at, "node_id": f"GA_{at}", "type": kind} for at, kind in enumerate(self._rules(name))
                ],
                "deployment_branch_policy": self.policies.get(name),
            }
            for name in self.environments
        ]
        return Reply(200, {"total_count": len(found), "environments": found})

    def _rules(self, name: str) -> list[str]:
        return [*self.rules.get(name, ()), *(["branch_policy"] if name in self.policies else [])]

    def _names(self, kind: str, where: str) -> Callable[[Mapping[str, str], dict[str, str], Any], Reply]:
        def answer(path: Mapping[str, str], query: dict[str, str], _body: object) -> Reply:
            place = where or path["environment_name"]
            if not where and place not in self.environments:
                return message(404, "Not Found")
            if kind == "variables":
                assert int(query["per_page"]) <= 30
            value = {"value": "not for others"} if kind == "variables" else {}
            names = self.names.get((kind, place), [])
            found = [{"name": name, "created_at": AT, "updated_at": AT, **value} for name in names]
            return Reply(200, {"total_count": len(found), kind: found})

        return answer
