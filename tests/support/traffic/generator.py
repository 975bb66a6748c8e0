"""The process that sends: `python -m traffic.generator WANTED TOLD`, until its standard input ends."""

from __future__ import annotations

import asyncio
import heapq
import re
import ssl
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from traffic.exchange import Answer, Connection, Dropped, connect
from traffic.told import Failure, Times, Told
from traffic.wanted import Flow, Wanted

_ASSET = re.compile(rb"""(?:src|href)=["']?(/assets/[^"' >]+)""")
_KEPT_FAILURES = 1000
_KEPT_SLOWEST = 20
_PAGES = 2


@dataclass(slots=True)
class Pages:
    """Remember what hashed assets pages named; those of the last two pages have to be there, unchanged."""

    sets: list[tuple[str, ...]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    _turn: int = 0

    def opened(self, body: bytes) -> tuple[str, ...]:
        """Take a page; give its assets where no page named them before."""
        assets = tuple(sorted({name.decode() for name in _ASSET.findall(body)}))
        if not assets:
            raise Dropped("the page names no assets")
        if assets in self.sets:
            return ()
        self.sets.append(assets)
        return assets

    def next(self) -> str:
        """Give an asset of one of the last pages; empty before the first."""
        listed = [name for assets in self.sets[-_PAGES:] for name in assets]
        self._turn += 1
        return listed[self._turn % len(listed)] if listed else ""

    def check(self, name: str, answer: Answer) -> None:
        """Raise `Dropped` where an asset is not what it was, or a page in its place."""
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise Dropped("a page came in place of the asset")
        if self.known.setdefault(name, hash(answer.body)) != hash(answer.body):
            raise Dropped("the asset changed")


class Generator:
    """Send each request when it is due, whatever became of those before: a stall shows as time, never as a pause."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.trust = ssl.create_default_context(cafile=wanted.ca_file) if wanted.ca_file else None
        self.pages = Pages()
        self.kept: dict[str, deque[Connection]] = defaultdict(deque)
        self.open: dict[str, int] = defaultdict(int)
        self.connections = 0
        self.took: dict[str, list[float]] = defaultdict(list)
        self.late: list[float] = []
        self.failures: list[Failure] = []
        self.failed = 0
        self.acknowledged: list[str] = []
        self.slowest: list[tuple[float, float, str]] = []
        self._start = 0.0
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, ended: asyncio.Event) -> Told:
        """Send until the end is asked for or the limit is reached; then wait for what is under way."""
        self._start, clock, cpu = time.monotonic(), time.time(), time.process_time()
        due = [(number / 97, number, flow) for number, flow in enumerate(self.wanted.flows)]
        heapq.heapify(due)
        while not ended.is_set() and due[0][0] < self.wanted.limit:
            at, number, flow = due[0]
            heapq.heapreplace(due, (at + 1 / flow.rate, number, flow))
            if (pause := at - self._now()) > 0:
                await asyncio.sleep(pause)
            self._begin(flow, at)
        seconds = self._now()
        if self._under_way:
            await asyncio.wait(self._under_way)
        return self._told(clock, seconds, time.process_time() - cpu)

    def _now(self) -> float:
        return time.monotonic() - self._start

    def _begin(self, flow: Flow, due: float, path: str = "") -> None:
        task = asyncio.create_task(self._request(flow, due, path))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _request(self, flow: Flow, due: float, path: str) -> None:
        path = path or (self.pages.next() if flow.kind == "asset" else flow.path)
        if not path:
            return
        row = uuid4().hex if flow.writes else ""
        self.late.append(self._now() - due)
        try:
            answer = await asyncio.wait_for(self._ask(flow, path, row), self.wanted.timeout)
            self._judge(flow, path, answer)
        except TimeoutError:
            self._lost(flow, due, path, f"no answer within {self.wanted.timeout:g} s")
        except Dropped as error:
            self._lost(flow, due, path, str(error))
        else:
            self.acknowledged += [row] if row else []
        self._note(flow, due)

    async def _ask(self, flow: Flow, path: str, row: str) -> Answer:
        """Ask over a connection that nobody else uses; one that failed, or was not kept, is given up."""
        connection = await self._connection(flow)
        keep = False
        try:
            answer = await connection.ask(self._text(flow, path, row))
            keep = bool(flow.connections) and answer.keeps_open
        finally:
            if keep:
                self.kept[flow.name].append(connection)
            else:
                self.open[flow.name] -= 1
                connection.close()
        return answer

    async def _connection(self, flow: Flow) -> Connection:
        idle = self.kept[flow.name]
        if idle and self.open[flow.name] >= flow.connections:
            return idle.popleft()
        connection = await connect(self.wanted.port, self.wanted.host, self.trust)
        self.open[flow.name] += 1
        self.connections += 1
        return connection

    def _text(self, flow: Flow, path: str, row: str) -> bytes:
        body = flow.body.replace("{id}", row).encode()
        headers = {"Host": self.wanted.host, "Accept": "*/*", **flow.headers}
        if body:
            headers["Content-Length"] = str(len(body))
        if not flow.connections:
            headers["Connection"] = "close"
        lines = (f"{flow.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        return "\r\n".join(lines).encode() + body

    def _judge(self, flow: Flow, path: str, answer: Answer) -> None:
        if answer.failed:
            raise Dropped(f"status {answer.status}: {answer.body[:80].decode(errors='replace')!r}")
        if flow.kind == "asset":
            self.pages.check(path, answer)
        elif flow.kind == "page":
            asset = next(each for each in self.wanted.flows if each.kind == "asset")
            for name in self.pages.opened(answer.body):
                self._begin(asset, self._now(), name)

    def _lost(self, flow: Flow, due: float, path: str, why: str) -> None:
        self.failed += 1
        if len(self.failures) < _KEPT_FAILURES:
            what = f"{flow.method} {path}"
            self.failures.append(Failure(round(due, 3), round(self._now(), 3), flow.name, what, why))

    def _note(self, flow: Flow, due: float) -> None:
        took = self._now() - due
        self.took[flow.name].append(took)
        heapq.heappush(self.slowest, (took, due, flow.name))
        if len(self.slowest) > _KEPT_SLOWEST:
            heapq.heappop(self.slowest)

    def _told(self, clock: float, seconds: float, cpu: float) -> Told:
        every = [took for each in self.took.values() for took in each]
        slowest = tuple((round(due, 2), flow, round(1000 * took, 1)) for took, due, flow in sorted(self.slowest)[::-1])
        return Told(
            started=clock,
            seconds=round(seconds, 3),
            requests=len(every),
            times=Times.of(every),
            late=Times.of(self.late),
            flows={name: Times.of(each) for name, each in self.took.items()},
            failures=tuple(self.failures),
            failed=self.failed,
            acknowledged=tuple(self.acknowledged),
            slowest=slowest,
            connections=self.connections,
            pages=len(self.pages.sets),
            cpu_seconds=round(cpu, 2),
        )


async def send(wanted: Wanted) -> Told:
    """Send what is wanted until standard input ends."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), lambda: sys.stdin.buffer.read1(1) or ended.set())
    return await Generator(wanted).run(ended)


if __name__ == "__main__":
    asyncio.run(send(Wanted.load(Path(sys.argv[1])))).save(Path(sys.argv[2]))
