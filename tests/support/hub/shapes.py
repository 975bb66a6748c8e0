"""Issues, comments and people as GitHub writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LINKS = {
    "html_url": "",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def person(url: str, login: str, kind: str = "User") -> dict[str, Any]:
    """Give a user."""
    links = {name: f"{url}/users/{login}{tail}" for name, tail in _LINKS.items()}
    known = {"login": login, "id": 41898282, "node_id": "MDM6Qm90NDE4OTgyODI=", "type": kind, "site_admin": False}
    return {**known, "url": f"{url}/users/{login}", "avatar_url": f"{url}/in/15368", "gravatar_id": "", **links}


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold what an issue and a comment have in common: `number` is the issue's, `at` the time."""

    url: str
    repository: str
    number: int
    id: int
    at: str
    bot: bool

    @property
    def author(self) -> dict[str, Any]:
        """Give who wrote it: our token's application, or a member."""
        if self.bot:
            return {"user": person(self.url, "github-actions[bot]", "Bot"), "author_association": "NONE"}
        return {"user": person(self.url, "ada"), "author_association": "MEMBER"}


def issue(entry: Entry, title: str, body: str | None, labels: Iterable[str]) -> dict[str, Any]:
    """Give an issue."""
    url, repository, number, id_, at = entry.url, entry.repository, entry.number, entry.id, entry.at
    place = f"{url}/repos/{repository}/issues/{number}"
    return {
        "id": id_,
        "node_id": f"I_{id_}",
        "url": place,
        "repository_url": f"{url}/repos/{repository}",
        "labels_url": f"{place}/labels{{/name}}",
        "comments_url": f"{place}/comments",
        "events_url": f"{place}/events",
        "html_url": f"{url}/{repository}/issues/{number}",
        "number": number,
        "state": "open",
        "state_reason": None,
        "title": title,
        "body": body,
        **entry.author,
        "labels": [_label(url, repository, at_id, name) for at_id, name in enumerate(labels, 1)],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": 0,
        "closed_at": None,
        "created_at": at,
        "updated_at": at,
    }


def comment(entry: Entry, body: str) -> dict[str, Any]:
    """Give a comment on an issue."""
    url, repository, number, id_, at = entry.url, entry.repository, entry.number, entry.id, entry.at
    return {
        "id": id_,
        "node_id": f"IC_{id_}",
        "url": f"{url}/repos/{repository}/issues/comments/{id_}",
        "html_url": f"{url}/{repository}/issues/{number}#issuecomment-{id_}",
        "issue_url": f"{url}/repos/{repository}/issues/{number}",
        "body": body,
        **entry.author,
        "created_at": at,
        "updated_at": at,
    }


def deployment(entry: Entry, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give a deployment as it was asked for."""
    place = f"{entry.url}/repos/{entry.repository}"
    kept = ("ref", "task", "payload", "environment", "description", "production_environment")
    return {
        "url": f"{place}/deployments/{entry.id}",
        "id": entry.id,
        "node_id": f"DE_{entry.id}",
        **{name: asked[name] for name in kept},
        "sha": asked["ref"],
        "original_environment": asked["environment"],
        "creator": entry.author["user"],
        "created_at": entry.at,
        "updated_at": entry.at,
        "statuses_url": f"{place}/deployments/{entry.id}/statuses",
        "repository_url": place,
        "transient_environment": False,
    }


def status(entry: Entry, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give a state of the deployment `entry.number`."""
    place = f"{entry.url}/repos/{entry.repository}"
    log = asked.get("log_url", "")
    return {
        "url": f"{place}/deployments/{entry.number}/statuses/{entry.id}",
        "id": entry.id,
        "node_id": f"DES_{entry.id}",
        "state": asked["state"],
        "creator": entry.author["user"],
        "description": asked.get("description", ""),
        "environment_url": asked.get("environment_url", ""),
        "log_url": log,
        "target_url": log,
        "created_at": entry.at,
        "updated_at": entry.at,
        "deployment_url": f"{place}/deployments/{entry.number}",
        "repository_url": place,
    }


def _label(url: str, repository: str, id_: int, name: str) -> dict[str, Any]:
    place = f"{url}/repos/{repository}/labels/{name}"
    told = {"id": id_, "node_id": f"LA_{id_}", "name": name, "color": "d73a4a", "default": True, "description": None}
    return {**told, "url": place}
