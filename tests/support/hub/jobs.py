"""Commands typed in a job of a workflow, over the network, against a played GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.github import REPOSITORY, TOKEN
from shiplane.runners.http import HttpRunner
from worlds import RecordedWorld

if TYPE_CHECKING:
    from hub.github import Hub
    from journals import Story
    from projects import Ended, Project
    from shiplane.runners.http import Http


class Network(RecordedWorld):
    """Record processes, and send requests over the real network of this machine."""

    def http(self, ca_file: str = "") -> Http:
        return HttpRunner(ca_file)


class Workflow:
    """Type commands in a job of a workflow, whose runs before left journals."""

    def __init__(self, project: Project, hub: Hub) -> None:
        self.project = project
        self.hub = hub
        self.messages = ""
        self.shallow = False
        self.origin = ""

    def ran(self, story: Story, *, part: int = 1) -> None:
        runs = self.project.folder / ".shiplane" / "runs"
        if part == 1:
            story.write(runs)
        else:
            story.write(runs.parent).rename(runs / f"{story.number}-{part}")

    def invoke(self, line: str, number: int = 43, **environ: str) -> Ended:
        self.project.world = Network(
            [
                ("git log -z", self.messages, 0),
                ("is-shallow", str(self.shallow).lower(), 0),
                ("remote get-url", self.origin, 0 if self.origin else 2),
            ]
        )
        told = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": self.hub.url}
        run = {"GITHUB_RUN_ID": f"7000{number}", "GITHUB_RUN_NUMBER": str(number), "GITHUB_RUN_ATTEMPT": "1"}
        where = {"GITHUB_SERVER_URL": "https://github.test", "GITHUB_REF_NAME": "main", "GITHUB_EVENT_NAME": "push"}
        return self.project.invoke(line, **(told | run | where | environ))

    def commits(self, *messages: str) -> None:
        """Let git tell commits, newest first."""
        self.messages = "".join(f"{n:040x}\0{message}\0" for n, message in enumerate(messages, 1))
