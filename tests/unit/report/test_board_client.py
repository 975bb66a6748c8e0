import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shiplane.model import Secret
from shiplane.pipeline.journal import Journal, read
from shiplane.report.board import BoardClient, close_all, reports
from shiplane.report.outbox import MOST_RUNS, Outbox

Records = Callable[..., list[dict[str, Any]]]
TOKEN = Secret("BOARD_TOKEN", "p)$'\"#\\ ü")


class Board:
    """Answer as told, and keep what an upsert would."""

    def __init__(self) -> None:
        self.answers: list[int | Exception] = []
        self.bad = ""
        self.notes: list[str] = []
        self.calls: list[tuple[str, str, bytes]] = []
        self.stored: dict[str, dict[str, Any]] = {"runs": {}, "releases": {}, "deployments": {}}
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, url: str, token: str, body: bytes, timeout: float) -> tuple[int, str]:
        assert 0 < timeout <= 1
        self.calls.append((url, token, body))
        self.gate.wait(10)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        report = json.loads(body)
        if self.bad and any(run["id"] == self.bad for run in report["runs"]):
            answer = 400
        if answer == 200:
            for kind, items in report.items():
                self.stored[kind].update({item["id"]: item for item in items})
        return answer, "" if answer == 200 else f"no\nthanks {token}"


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.gate.set()


@pytest.fixture
def client(board: Board, tmp_path: Path) -> BoardClient:
    return BoardClient("http://127.0.0.1:8081/", TOKEN, tmp_path, post=board, on_refused=board.notes.append)


def tell(client: BoardClient, records: list[dict[str, Any]]) -> None:
    for record in records:
        client.on_record(record)
    client.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def older(name: str) -> dict[str, Any]:
    return {"runs": [{"id": name, "status": "failed"}], "releases": [], "deployments": []}


def test_the_board_holds_the_run_in_the_end(
    client: BoardClient, board: Board, records: Records, tmp_path: Path
) -> None:
    tell(client, records())
    whole = reports(records())
    assert {kind: list(items.values()) for kind, items in board.stored.items()} == whole
    assert {call[:2] for call in board.calls} == {("http://127.0.0.1:8081/api/v1/reports/", TOKEN.value)}
    assert Outbox(tmp_path).load() == {}


def test_only_what_is_new_is_posted(client: BoardClient, board: Board, records: Records) -> None:
    *begun, end = records()
    for record in begun:
        client.on_record(record)
    until(lambda: len(board.stored["deployments"]) == 2)
    until(lambda: board.stored["runs"]["run-12"]["stages"][-1]["status"] == "passed")
    tell(client, [end])
    last = json.loads(board.calls[-1][2])
    assert [len(last[kind]) for kind in ("runs", "releases", "deployments")] == [1, 0, 0]


def test_what_says_nothing_new_is_not_posted(client: BoardClient, board: Board, records: Records) -> None:
    client.on_record(records()[0])
    until(lambda: len(board.stored["runs"]) == 1)
    tell(client, [{"kind": "note", "at": "", "text": "hello"}])
    assert len(board.calls) == 1


def test_records_that_come_during_a_post_go_together(client: BoardClient, board: Board, records: Records) -> None:
    board.gate.clear()
    client.on_record(records()[0])
    until(lambda: len(board.calls) == 1)
    for record in records()[1:]:
        client.on_record(record)
    board.gate.set()
    client.close()
    assert len(board.calls) == 2
    assert board.stored["runs"]["run-12"]["status"] == "passed"


@pytest.mark.parametrize("answer", [OSError("refused"), 500, 404, 302])
def test_what_could_not_be_posted_goes_with_the_next_run(
    client: BoardClient, board: Board, records: Records, tmp_path: Path, answer: int | Exception
) -> None:
    board.answers = [answer] * 100
    tell(client, records())
    assert Outbox(tmp_path).load() == {"run-12": reports(records())}
    board.answers = []
    start = {**records()[0], "id": "run-13", "number": 13}
    tell(BoardClient("http://127.0.0.1:8081", TOKEN, tmp_path, post=board), [start])
    assert set(board.stored["runs"]) == {"run-12", "run-13"}
    assert set(board.stored["deployments"]) == {"run-12-staging", "run-12-production"}
    assert len(json.loads(board.calls[-1][2])["runs"]) == 2
    assert Outbox(tmp_path).load() == {}


def test_what_was_missed_during_the_run_is_made_up_for(
    client: BoardClient, board: Board, records: Records, tmp_path: Path
) -> None:
    board.answers = [OSError()]
    client.on_record(records()[0])
    until(lambda: len(board.calls) == 1 and not board.answers)
    tell(client, records()[1:])
    assert board.stored["runs"]["run-12"]["status"] == "passed"
    assert Outbox(tmp_path).load() == {}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_noted_once_and_without_the_token(
    client: BoardClient, board: Board, records: Records, tmp_path: Path, status: int
) -> None:
    board.answers = [status] * 100
    client.on_record(records()[0])
    until(lambda: len(board.notes) == 1)
    tell(client, records()[1:])
    assert len(board.calls) > 1
    assert board.notes == [
        f"the board at http://127.0.0.1:8081/api/v1/reports/ refuses reports ({status}: no thanks ***)"
    ]
    assert list(Outbox(tmp_path).load()) == ["run-12"]


def test_refused_runs_do_not_pile_up(board: Board, records: Records, tmp_path: Path) -> None:
    board.answers = [401] * 1000
    for number in range(MOST_RUNS + 3):
        start = {**records()[0], "id": f"run-{number}"}
        tell(BoardClient("http://board", TOKEN, tmp_path, post=board), [start])
    assert len(Outbox(tmp_path).load()) == MOST_RUNS


def test_a_bad_report_does_not_hold_up_the_others(
    client: BoardClient, board: Board, records: Records, tmp_path: Path
) -> None:
    board.bad = "run-3"
    for number in range(7):
        Outbox(tmp_path).save(f"run-{number}", older(f"run-{number}"))
    tell(client, records())
    assert set(board.stored["runs"]) == {"run-12", *(f"run-{n}" for n in range(7) if n != 3)}
    assert Outbox(tmp_path).load() == {}
    assert len(board.notes) == 1


def test_posts_are_at_most_a_megabyte(client: BoardClient, board: Board, records: Records, tmp_path: Path) -> None:
    for number in range(8):
        body = older(f"run-{number}")
        body["runs"][0]["message"] = "m" * 300_000
        Outbox(tmp_path).save(f"run-{number}", body)
    tell(client, records())
    assert len(board.stored["runs"]) == 9
    assert max(len(call[2]) for call in board.calls) <= 1_000_000


def test_a_board_that_hangs_costs_a_second_and_loses_nothing(
    client: BoardClient, board: Board, records: Records, tmp_path: Path
) -> None:
    board.gate.clear()
    began = time.monotonic()
    for record in records():
        client.on_record(record)
    told = time.monotonic() - began
    client.close()
    assert told < 0.5
    assert 0.9 < time.monotonic() - began < 5
    assert Outbox(tmp_path).load() == {"run-12": reports(records())}


def test_without_a_token_nothing_is_posted(board: Board, records: Records, tmp_path: Path) -> None:
    tell(BoardClient("http://b", Secret("BOARD_TOKEN", ""), tmp_path, board, board.notes.append), records())
    assert (board.calls, len(board.notes)) == ([], 1)
    assert list(Outbox(tmp_path).load()) == ["run-12"]


def test_an_outbox_that_cannot_be_written_stops_nothing(board: Board, records: Records, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tell(BoardClient("http://b", TOKEN, tmp_path / "file" / "outbox", board), records())
    assert board.stored["runs"]["run-12"]["status"] == "passed"


def test_a_callback_that_fails_stops_nothing(board: Board, records: Records, tmp_path: Path) -> None:
    def broken(_text: str) -> None:
        raise ZeroDivisionError

    board.answers = [403]
    client = BoardClient("http://b", TOKEN, tmp_path, board, broken)
    client.on_record(records()[0])
    until(lambda: not board.answers)
    client.close()
    assert board.stored["runs"]["run-12"]["status"] == "running"


def test_closing_without_a_run_does_nothing(client: BoardClient, board: Board) -> None:
    client.close()
    client.on_record({"kind": "note", "at": "", "text": "before the run"})
    client.close()
    assert board.calls == []


def test_boards_that_do_not_answer_take_a_second_in_all(board: Board, records: Records, tmp_path: Path) -> None:
    board.gate.clear()
    clients = [BoardClient("http://127.0.0.1:8081/", TOKEN, tmp_path / str(n), post=board) for n in range(3)]
    for client in clients:
        client.on_record(records()[0])
    until(lambda: len(board.calls) == 3)
    begun = time.monotonic()
    close_all(clients)
    assert time.monotonic() - begun < 2
    assert [list(Outbox(tmp_path / str(n)).load()) for n in range(3)] == [["run-12"]] * 3


def test_boards_are_closed_where_nothing_was_told(client: BoardClient, board: Board) -> None:
    close_all([client])
    assert board.calls == []


def test_a_refusal_becomes_one_note_of_the_run(board: Board, records: Records, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run")
    client = BoardClient("http://b/", TOKEN, tmp_path / "box", post=board, on_refused=journal.late_note)
    board.answers = [403] * 100
    journal.follow(client.on_record)
    first, *_, last = ({k: v for k, v in record.items() if k != "at"} for record in records())
    journal.write(**first)
    until(lambda: len(read(journal.folder)) == 2)
    journal.write(**last)
    client.close()
    kinds = [record["kind"] for record in read(journal.folder)]
    assert kinds == ["run_started", "note", "run_ended"]
    assert "refuses reports (403: " in read(journal.folder)[1]["text"]


def test_what_an_earlier_command_told_of_the_same_run_comes_first(
    board: Board, records: Records, tmp_path: Path
) -> None:
    Outbox(tmp_path).save("run-12.41", {**older("run-12"), "deployments": [{"id": "run-12-other"}]})
    client = BoardClient("http://b/", TOKEN, tmp_path, post=board, name="run-12.41-2")
    tell(client, records())
    assert board.stored["runs"]["run-12"]["status"] == "passed"
    assert "run-12-other" in board.stored["deployments"]
    assert Outbox(tmp_path).load() == {}
    assert all(len(json.loads(body)["runs"]) == 1 for _, _, body in board.calls)
