"""The pipeline's issues on GitHub: reading them, and carrying out what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.errors import GithubRefused
from shiplane.report.issue_marks import Key, read_mark
from shiplane.report.issue_moves import Comment, Open, about
from shiplane.report.issue_texts import double

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shiplane.pipeline.github_api import GithubApi
    from shiplane.report.issue_moves import Move

LABEL = "bug"


@dataclass(frozen=True, slots=True)
class Done:
    """Tell what was done with which issue: opened, commented or closed."""

    action: str
    issue: int
    url: str

    def to_json(self) -> dict[str, Any]:
        """Give it for machines."""
        return {"action": self.action, "issue": self.issue, "url": self.url}


class Tracker:
    """Read and change the open issues that the pipeline has opened."""

    def __init__(self, api: GithubApi) -> None:
        self.api = api

    def issues(self) -> list[dict[str, Any]]:
        """Give the pipeline's open issues, oldest first; by their marks, for people rename labels and take them off."""
        words = {"state": "open", "sort": "created", "direction": "asc"}
        found = self.api.pages("list issues", "issues", **words)
        return [each for each in found if "pull_request" not in each and Key.of(read_mark(each)) is not None]

    def comments(self, issue: int) -> list[dict[str, Any]]:
        """Give the comments of an issue, oldest first."""
        return list(self.api.pages("list comments", f"issues/{issue}/comments"))

    def carry_out(self, move: Move) -> list[Done]:
        """Do what was decided."""
        return self._open(move) if isinstance(move, Open) else self._comment(move)

    def _open(self, move: Open) -> list[Done]:
        """Open an issue; of two that were opened at once for the same failure the older one stays."""
        body = {"title": move.title, "body": move.body, "labels": [LABEL]}
        issue = self.api.make("open an issue", "issues", body, self._finder(lambda: about(move.key, self.issues())))
        first = next(iter(about(move.key, self.issues())), issue)
        if first["number"] >= issue["number"]:
            _check_label(issue)
            return [Done("opened", issue["number"], issue["html_url"])]
        self._comment(Comment(issue["number"], double(first["number"]), "duplicate"))
        return self._comment(Comment(first["number"], move.comment))

    def _comment(self, move: Comment) -> list[Done]:
        body = {"body": move.body}
        made = self._finder(lambda: [each for each in self.comments(move.issue) if read_mark(each) == read_mark(mine)])
        mine = {**body, "author_association": "OWNER"}
        said = self.api.make("comment", f"issues/{move.issue}/comments", body, made)
        url = str(said["html_url"])
        if not move.close:
            return [Done("commented", move.issue, url)]
        self.api.change("close an issue", f"issues/{move.issue}", {"state": "closed", "state_reason": move.close})
        return [Done("closed", move.issue, url)]

    @staticmethod
    def _finder(find: Callable[[], Iterable[Mapping[str, Any]]]) -> Callable[[], dict[str, Any] | None]:
        return lambda: next((dict(each) for each in find()), None)


def _check_label(issue: Mapping[str, Any]) -> None:
    """Raise where GitHub left the label out, which it does without a word to who may not set any.

    It trusts marks of who may: by another's token each failure would open an issue anew.
    """
    names = [each.get("name") if isinstance(each, dict) else each for each in issue.get("labels", ())]
    if LABEL not in names:
        raise GithubRefused(
            f"give issue #{issue['number']} the label {LABEL}",
            201,
            "it was opened without",
            "let GITHUB_TOKEN be an application's, or of one who may set labels (the role triage or more)",
        )
