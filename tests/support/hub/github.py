"""The state of a repository on GitHub, and what its API answers."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from hub import description
from hub.deployments import Deployments
from hub.replies import LOST, Reply, invalid, message
from hub.reviews import Reviews
from hub.settings import Settings
from hub.shapes import Entry, comment, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hub.description import Operation

REPOSITORY = "acme/app"
__all__ = ["LOST", "REPOSITORY", "TOKEN", "Hub", "Reply"]

TOKEN = "ghs_" + "t" * 36
START = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


class Hub:
    """Play GitHub for one repository and one token.

    `replies` come first: each is the answer to the next request, but a reply of None lets one request through. What
    GitHub would not answer and what nobody may ask, by its own description, stands in `wrong`.
    """

    def __init__(self, *, bot: bool = True) -> None:
        self.url = "http://github.test"
        self.bot = bot
        self.issues: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.replies: deque[Reply | None] = deque()
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.deployments = Deployments(self._entry, self.page)
        self.settings = Settings()
        self.reviews = Reviews(self._entry)
        self.leaves_labels_out = False
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self._lock = threading.Lock()
        self._ids = 0

    def answer(self, method: str, target: str, headers: Mapping[str, str], data: bytes) -> Reply:
        """Answer a request; what it changes has changed then."""
        parts = urlsplit(target)
        query, body = dict(parse_qsl(parts.query)), json.loads(data) if data else None
        self.before(method, parts.path)
        with self._lock:
            self.asked.append(f"{method} {target}")
            try:
                operation = description.operation(method, parts.path)
                operation.check_request(query, body)
                reply = self._reply(operation, query, headers, body)
                if not reply.late:
                    operation.check_answer(reply.status, reply.body)
            except AssertionError as error:
                self.wrong.append(str(error))
                return Reply(418, {"message": str(error)})
            return reply

    def _reply(self, operation: Operation, query: dict[str, str], headers: Mapping[str, str], body: Any) -> Reply:  # noqa: ANN401 - JSON
        planned = self.replies.popleft() if self.replies else None
        if planned is not None and not planned.late:
            return planned
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return message(401, "Bad credentials")
        assert headers.get("X-GitHub-Api-Version") == "2022-11-28"
        assert headers.get("User-Agent")
        if f"{operation.path['owner']}/{operation.path['repo']}" != REPOSITORY:
            return message(404, "Not Found")
        done = self._handlers()[operation.name](operation.path, query, body)
        return planned or done

    def _handlers(self) -> dict[str, Callable[[Mapping[str, str], dict[str, str], Any], Reply]]:
        one = "/repos/{owner}/{repo}/issues/{issue_number}"
        return {
            "GET /repos/{owner}/{repo}/issues": self._list_issues,
            "POST /repos/{owner}/{repo}/issues": self._open_issue,
            f"PATCH {one}": self._change_issue,
            f"GET {one}/comments": self._list_comments,
            f"POST {one}/comments": self._comment,
            **self.deployments.handlers(),
            **self.settings.handlers(),
            **self.reviews.handlers(),
        }

    def _list_issues(self, path: Mapping[str, str], query: dict[str, str], _body: object) -> Reply:
        wanted = {name for name in query.get("labels", "").split(",") if name}
        state = query.get("state", "open")
        found = [
            each
            for each in self.issues
            if state in (each["state"], "all") and wanted <= {label["name"] for label in each["labels"]}
        ]
        if query.get("direction", "desc") == "desc":
            found.reverse()
        return self.page(f"/repos/{path['owner']}/{path['repo']}/issues", query, found)

    def _open_issue(self, _path: Mapping[str, str], _query: object, body: dict[str, Any]) -> Reply:
        if not str(body["title"]).strip() or len(str(body["title"])) > 256:
            return invalid("Issue", "title")
        if len(body.get("body", "")) > 65536:
            return invalid("Issue", "body")
        labels = () if self.leaves_labels_out else body.get("labels", ())
        return Reply(201, self.open(body["title"], body.get("body"), labels))

    def open(self, title: str, body: str | None, labels: Any = (), **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Open an issue, as our token or with other fields as somebody else."""
        number = len(self.issues) + 1
        made = issue(self._entry(number), title, body, labels)
        self.issues.append({**made, **fields})
        self.comments[number] = []
        return self.issues[-1]

    def _change_issue(self, path: Mapping[str, str], _query: object, body: dict[str, Any]) -> Reply:
        found = self._issue(path)
        if found is None:
            return message(404, "Not Found")
        found.update({key: body[key] for key in ("state", "state_reason") if key in body})
        found["closed_at"] = self._now() if found["state"] == "closed" else None
        return Reply(200, found)

    def _list_comments(self, path: Mapping[str, str], query: dict[str, str], _body: object) -> Reply:
        found = self._issue(path)
        if found is None:
            return message(404, "Not Found")
        place = f"/repos/{path['owner']}/{path['repo']}/issues/{found['number']}/comments"
        return self.page(place, query, self.comments[found["number"]])

    def _comment(self, path: Mapping[str, str], _query: object, body: dict[str, Any]) -> Reply:
        found = self._issue(path)
        if found is None:
            return message(404, "Not Found")
        if not body["body"].strip() or len(body["body"]) > 65536:
            return invalid("IssueComment", "body")
        return Reply(201, self.say(found["number"], body["body"]))

    def say(self, number: int, body: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Comment, as our token or with other fields as somebody else."""
        made = comment(self._entry(number), body)
        self.comments[number].append({**made, **fields})
        return self.comments[number][-1]

    def _issue(self, path: Mapping[str, str]) -> dict[str, Any] | None:
        return next((each for each in self.issues if str(each["number"]) == path["issue_number"]), None)

    def page(self, place: str, query: dict[str, str], found: list[dict[str, Any]]) -> Reply:
        """Give a page of a list, with the address of the next one."""
        size, number = min(int(query.get("per_page", "30")), 100), int(query.get("page", "1"))
        shown = found[(number - 1) * size : number * size]
        if number * size >= len(found):
            return Reply(200, shown)
        later = urlencode({**query, "page": str(number + 1)})
        return Reply(200, shown, {"Link": f'<{self.url}{place}?{later}>; rel="next"'})

    def _entry(self, number: int) -> Entry:
        self._ids += 1
        return Entry(self.url, REPOSITORY, number, 9_000_000 + self._ids, self._now(), self.bot)

    def _now(self) -> str:
        return (START + dt.timedelta(seconds=self._ids)).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def open_issues(self) -> list[int]:
        """Give the numbers of the issues that are open."""
        return [each["number"] for each in self.issues if each["state"] == "open"]
