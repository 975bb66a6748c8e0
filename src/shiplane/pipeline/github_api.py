"""GitHub's API for one repository: pages are followed, limits waited for, and what is lost is asked for again."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from shiplane.errors import GithubLimited, GithubRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.model import Secret
    from shiplane.runners.http import Answer, Http

REQUEST_SECONDS = 10.0
PATIENCE_SECONDS = 300.0
"""So long limits are waited for in all."""
_TRIES = 4
_SECONDARY_SECONDS = 60.0
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_GONE, _INVALID, _UNAUTHORISED, _FORBIDDEN, _UNKNOWN, _LIMITED, _BROKEN = 410, 422, 401, 403, 404, 429, 500


@dataclass(frozen=True, slots=True)
class Repository:
    """Name a repository, `owner/name`, at an address of the API and one for people; `token` speaks for us."""

    name: str
    token: Secret
    api: str = "https://api.github.com"
    web: str = "https://github.com"

    @property
    def url(self) -> str:
        """Give its page."""
        return f"{self.web}/{self.name}"


class GithubApi:
    """Send requests about a repository; paths are below it. `sleep` takes seconds, `clock` gives those since 1970.

    `GithubRefused` is raised for what GitHub will not do, `GithubLimited` where its limits outlast our patience,
    `Unreachable` where it does not answer, four times in a row.
    """

    def __init__(
        self,
        http: Http,
        repository: Repository,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.http = http
        self.repository = repository
        self._sleep = sleep
        self._clock = clock
        self._patience = PATIENCE_SECONDS

    def pages(self, what: str, path: str, within: str = "", **query: str) -> Iterator[dict[str, Any]]:
        """Give the items of all pages of a list, or of its field `within`; `what` says what is done, for errors."""
        url = f"{self._url(path)}?{urlencode({'per_page': '100', **query})}"
        while url:
            answer = self._asked(what, "GET", url)
            found = answer.json() or {}
            yield from found.get(within, ()) if within else found
            follows = _NEXT.search(answer.headers.get("link", ""))
            url = follows[1] if follows else ""
            if url and not url.startswith(f"{self.repository.api}/"):
                raise GithubRefused(what, answer.status, "its next page is elsewhere", "check GITHUB_API_URL")

    def look(self, what: str, path: str) -> Any:  # noqa: ANN401 - JSON
        """Give what has no pages."""
        return self._asked(what, "GET", self._url(path)).json()

    def change(self, what: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set fields of something, which may be done twice."""
        return dict(self._asked(what, "PATCH", self._url(path), body).json() or {})

    def make(
        self, what: str, path: str, body: dict[str, Any], made: Callable[[], dict[str, Any] | None]
    ) -> dict[str, Any]:
        """Make something once: where an answer is lost, `made` says whether it is there."""
        for tries in range(1, _TRIES + 1):
            try:
                answer = self._sent("POST", self._url(path), body)
                lost = None if answer.status < _BROKEN else _broken(answer)
            except Unreachable as error:
                if not error.may_pass or isinstance(error, GithubLimited):
                    raise
                lost = error
            if lost is None:
                return dict(self._checked(what, answer).json() or {})
            self._sleep(2.0**tries)
            found = made()
            if found is not None:
                return found
        raise lost or Unreachable("GitHub does not answer", "run the same command again")

    def _asked(self, what: str, method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
        """Send what may be done twice, until there is an answer."""
        for tries in range(1, _TRIES + 1):
            try:
                answer = self._sent(method, url, body)
                if answer.status < _BROKEN:
                    return self._checked(what, answer)
                lost = _broken(answer)
            except (GithubLimited, GithubRefused):
                raise
            except Unreachable as error:
                lost = error
            if tries < _TRIES:
                self._sleep(2.0**tries)
        raise lost

    def _sent(self, method: str, url: str, body: dict[str, Any] | None) -> Answer:
        """Send a request, and again as often as a limit was in its way: then nothing was done."""
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.repository.token.value}",
            "User-Agent": "shiplane",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        limited = 0
        while True:
            answer = self.http.request(method, url, body=body, headers=headers, timeout=REQUEST_SECONDS)
            seconds = wait_seconds(answer, self._clock(), limited)
            if seconds is None:
                return answer
            limited += 1
            if seconds > self._patience:
                raise GithubLimited(seconds)
            self._patience -= seconds
            self._sleep(seconds)

    def _checked(self, what: str, answer: Answer) -> Answer:
        if answer.status < 300:  # noqa: PLR2004 - HTTP's success
            return answer
        raise GithubRefused(what, answer.status, _message(answer), _fix(answer, self.repository.name))

    def _url(self, path: str) -> str:
        return f"{self.repository.api}/repos/{self.repository.name}/{path}"


def wait_seconds(answer: Answer, now: float, limited: int = 0) -> float | None:
    """Say how long to wait before the same request, `limited` so often before; None where no limit was met."""
    headers = answer.headers
    used_up = headers.get("x-ratelimit-remaining") == "0"
    secondary = "secondary rate limit" in answer.text.lower()
    limits = used_up or secondary or "retry-after" in headers
    if not (answer.status == _LIMITED or (answer.status == _FORBIDDEN and limits)):
        return None
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isdecimal():
        return max(float(after), 1.0)
    if used_up and reset.isdecimal():
        return max(float(reset) - now, 1.0)
    return _SECONDARY_SECONDS * (1 << limited)


def _broken(answer: Answer) -> Unreachable:
    return Unreachable(f"GitHub answers with {answer.status}", "see its state, and run the same command again")


def _message(answer: Answer) -> str:
    """Give GitHub's own words: the message, and for a body that is invalid what of it."""
    found = answer.json()
    if not isinstance(found, dict):
        return ""
    errors = found.get("errors")
    parts = [_said(error) for error in errors] if isinstance(errors, list) else []
    return "; ".join(part for part in (str(found.get("message") or ""), *parts) if part)


def _said(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error[key]) for key in ("field", "code") if key in error))


def _fix(answer: Answer, repository: str) -> str:
    needed = answer.headers.get("x-accepted-github-permissions", "")
    fixes = {
        _UNAUTHORISED: "set GITHUB_TOKEN to a token that GitHub knows (in a workflow: ${{ github.token }})",
        _FORBIDDEN: f"give the token the permissions {needed or 'that this needs'} (in a workflow: under permissions)",
        _UNKNOWN: f"check that {repository} is its name (GITHUB_REPOSITORY) and that the token may see it",
        _GONE: f"switch issues on in the settings of {repository}",
        _INVALID: "this is a bug in Shiplane, or a rule of the repository: see what GitHub says",
    }
    return fixes.get(answer.status, "see what GitHub says")
