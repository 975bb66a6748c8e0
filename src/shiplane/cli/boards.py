"""The boards that follow a run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from shiplane.errors import ShiplaneError

if TYPE_CHECKING:
    from shiplane.cli.app import App
    from shiplane.pipeline.journal import Journal
    from shiplane.pipeline.target import Target
    from shiplane.report.board import BoardClient


class Boards:
    """Tell the boards of all environments of a run, each from when it can be reached."""

    def __init__(self, app: App, target: Target, journal: Journal, run: str) -> None:
        self.app = app
        self.target = target
        self.journal = journal
        self.run = run
        self._clients: dict[str, BoardClient] = {}

    def tell(self) -> None:
        """Let every board that can be reached follow the run; one that comes later is told what it missed."""
        from shiplane.deploy.bundle import environment_secrets  # noqa: PLC0415 - only runs tell
        from shiplane.report.board import BoardClient, http_post  # noqa: PLC0415

        for environment in self.app.config.environments:
            name = environment.name
            if name in self._clients:
                continue
            with suppress(ShiplaneError, OSError, KeyError):
                site = self.target.site(name)
                token = environment_secrets(site, self.target.secrets(name))["BOARD_TOKEN"]
                self.app.masker.add(token)
                outbox = self.app.store.root / "board" / f"{self.target.name}-{name}"
                kept_as = f"{self.run}.{self.journal.folder.name}"
                post = partial(http_post, ca_file=site.ca_file)
                client = BoardClient(site.url, token, outbox, post, on_refused=self.journal.late_note, name=kept_as)
                self._clients[name] = client
                self.journal.follow(client.on_record)

    def close(self) -> None:
        """Tell them the end, or keep it for the next run."""
        from shiplane.report.board import close_all  # noqa: PLC0415 - see tell()

        close_all(self._clients.values())
