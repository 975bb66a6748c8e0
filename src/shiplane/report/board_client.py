"""Tells a board of a run while it goes on, without ever slowing or failing it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.report.board_body import reports
from shiplane.report.board_post import http_post
from shiplane.report.outbox import Outbox
from shiplane.report.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from shiplane.model import Secret
    from shiplane.pipeline.journal import Record
    from shiplane.report.board_body import Body

    Post = Callable[[str, str, bytes, float], tuple[int, str]]

POST_SECONDS = 1.0
CLOSE_SECONDS = 1.0
CHUNK_BYTES = 1_000_000
_NOT_ALLOWED = (401, 403)
_NOT_TAKEN = (400, 413, 422)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Hold what is to be posted of a run, and its whole report as the outbox keeps it under `name`."""

    name: str
    items: Body
    whole: Body

    @property
    def run(self) -> str:
        return next((str(run["id"]) for run in self.whole.get("runs", ())), "")

    @property
    def size(self) -> int:
        return len(json.dumps(self.items))


class BoardClient:
    """Post what is new to one board, on a thread of its own; what it does not take waits in the outbox.

    `on_refused` is called once, with one line, when the board refuses; `post` gives (HTTP status, answer).
    `name` is what the outbox keeps the report under, by default the run's id: GitHub's runs may be several commands.
    """

    def __init__(  # noqa: PLR0913 - where to, as whom, kept where, and three that have defaults
        self,
        url: str,
        token: Secret,
        outbox: Path,
        post: Post = http_post,
        on_refused: Callable[[str], None] | None = None,
        name: str = "",
    ) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/reports/"
        self._token = token
        self._outbox = Outbox(outbox)
        self._post = post
        self._on_refused = on_refused
        self._name = name
        self._sent: dict[tuple[str, str], dict[str, Any]] = {}
        self._records: list[Record] = []
        self._wake = threading.Condition()
        self._dirty = self._closing = False
        self._thread: threading.Thread | None = None

    def on_record(self, record: Record) -> None:
        """Take a record of the journal and return at once; records that come during a post go together."""
        with self._wake:
            self._records.append(record)
            self._dirty = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="board", daemon=True)
                self._thread.start()
            self._wake.notify()

    def end(self) -> None:
        """Ask for the last post and return at once; no record may come after it."""
        with self._wake:
            self._closing = True
            self._wake.notify()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Post the end, for so long at most; what is not delivered by then waits in the outbox."""
        if self._thread is None:
            return
        self.end()
        self._thread.join(seconds)
        if self._thread.is_alive():
            with contextlib.suppress(Exception):
                whole = reports(self._records)
                self._outbox.save(self._kept_as(whole), whole)

    def _work(self) -> None:
        closing = False
        while not closing:
            with self._wake:
                self._wake.wait_for(lambda: self._dirty or self._closing)
                self._dirty, closing = False, self._closing
                records = list(self._records)
            with contextlib.suppress(Exception):
                self._cycle(reports(records))

    def _cycle(self, whole: Body) -> None:
        """Post what is new of this run, and what waits of others."""
        new = self._unsent(whole)
        if not any(new.values()):
            return
        own = _Parcel(self._kept_as(whole), new, whole)
        with contextlib.suppress(OSError):  # kept first: the process may end during the post
            self._outbox.save(own.name, whole)
        waiting = self._waiting(own.name)
        # What an earlier command told of this very run goes before, or it would replace what is new.
        earlier = [[parcel] for parcel in waiting if parcel.run == own.run]
        others = [parcel for parcel in waiting if parcel.run != own.run]
        deadline = time.monotonic() + POST_SECONDS
        for chunk in (*earlier, *_chunks([own, *others])):
            if not self._deliver(chunk, deadline):
                return

    def _unsent(self, whole: Body) -> Body:
        return {kind: [i for i in items if self._sent.get((kind, i["id"])) != i] for kind, items in whole.items()}

    def _kept_as(self, whole: Body) -> str:
        return self._name or _Parcel("", whole, whole).run

    def _waiting(self, own: str) -> list[_Parcel]:
        try:
            return [_Parcel(name, body, body) for name, body in self._outbox.load().items() if name != own]
        except OSError:
            return []

    def _deliver(self, parcels: Sequence[_Parcel], deadline: float) -> bool:
        """Post some runs together; False where there is no sense in posting more now."""
        if not self._token.value:
            self._refused("there is no token to post with")
            return False
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        try:
            status, answer = self._post(self._url, self._token.value, _payload(parcels), left)
        except Exception:  # noqa: BLE001 - whatever keeps it from answering, its text may hold the token
            return False
        if status in _NOT_TAKEN and len(parcels) > 1:
            # All or nothing: one bad report must not hold up the others, so look for it.
            half = len(parcels) // 2
            return self._deliver(parcels[:half], deadline) and self._deliver(parcels[half:], deadline)
        if status in (*_NOT_ALLOWED, *_NOT_TAKEN):
            self._refused(f"{status}: {shortened(one_line(answer), 200)}")
        delivered = 200 <= status < 300  # noqa: PLR2004 - HTTP's success
        if delivered or status in _NOT_TAKEN:  # what it will never take is not kept either
            self._forget(parcels)
        return delivered or status in _NOT_TAKEN

    def _forget(self, parcels: Sequence[_Parcel]) -> None:
        for parcel in parcels:
            self._sent.update({(kind, item["id"]): item for kind, items in parcel.items.items() for item in items})
            with contextlib.suppress(OSError):
                self._outbox.remove(parcel.name, parcel.whole)

    def _refused(self, why: str) -> None:
        note, self._on_refused = self._on_refused, None
        if note is not None:
            with contextlib.suppress(Exception):
                note(f"the board at {self._url} refuses reports ({why.replace(self._token.value or '***', '***')})")


def close_all(clients: Iterable[BoardClient]) -> None:
    """Close several clients side by side: a second in all, however many boards do not answer."""
    clients = list(clients)
    for client in clients:
        client.end()
    deadline = time.monotonic() + CLOSE_SECONDS
    for client in clients:
        client.close(max(deadline - time.monotonic(), 0))


def _payload(parcels: Iterable[_Parcel]) -> bytes:
    kinds = ("runs", "releases", "deployments")
    parcels = list(parcels)
    return json.dumps({kind: [item for p in parcels for item in p.items.get(kind, [])] for kind in kinds}).encode()


def _chunks(parcels: Iterable[_Parcel]) -> Iterator[list[_Parcel]]:
    """Pack parcels into posts of at most a megabyte; one that is larger alone goes alone."""
    chunk: list[_Parcel] = []
    size = 0
    for parcel in parcels:
        if chunk and size + parcel.size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(parcel)
        size += parcel.size
    if chunk:
        yield chunk
