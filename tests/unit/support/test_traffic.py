"""What traffic is wanted and what it met, as it travels between two processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from traffic.exchange import Answer, Dropped
from traffic.generator import Pages
from traffic.told import Failure, Times, Told
from traffic.wanted import Flow, Wanted, mix

if TYPE_CHECKING:
    from pathlib import Path


def test_wanted_traffic_travels_in_a_private_file(tmp_path: Path) -> None:
    write = Flow("write", 1, "/rows", "POST", body="{id}", headers={"Authorization": "Bearer x"})
    wanted = Wanted(8080, mix("/rows", write), ca_file="/ca.pem", limit=5)
    wanted.save(tmp_path / "wanted.json")
    assert Wanted.load(tmp_path / "wanted.json") == wanted
    assert (tmp_path / "wanted.json").stat().st_mode & 0o777 == 0o600
    assert wanted.rate == 200
    assert {flow.name for flow in wanted.flows if flow.writes} == {"write, kept", "write, new", "write, idle for 3 s"}
    assert all(flow.headers for flow in wanted.flows if flow.writes)


def test_what_was_met_is_told_whole(tmp_path: Path) -> None:
    failure = Failure(1.0, 1.5, "page", "GET /", "status 502")
    times = Times.of([0.001 * number for number in range(1, 101)])
    assert times == Times(100, 51.0, 100.0, 100.0)
    told = Told(0.0, 2.0, 400, times, Times.of([]), {"page": times}, (failure,), 1, ("a",), ((1.0, "page", 100.0),))
    told.save(tmp_path / "told.json")
    assert Told.load(tmp_path / "told.json") == told
    assert told.line == "1 of 400 requests failed in 2 s (200/s); p50 51 ms, p99 100 ms, max 100 ms"
    assert "1.50 s page: GET /: status 502 (due 1.00)" in told.story()


def test_assets_of_the_last_two_pages_have_to_stay_as_they_were() -> None:
    pages = Pages()
    assert pages.next() == ""
    opened = [pages.opened(f'<script src="/assets/{name}.js">'.encode()) for name in "aabc"]
    assert opened == [("/assets/a.js",), (), ("/assets/b.js",), ("/assets/c.js",)]
    assert {pages.next() for _ in range(4)} == {"/assets/b.js", "/assets/c.js"}
    with pytest.raises(Dropped, match="names no assets"):
        pages.opened(b"<p>sorry</p>")
    pages.check("/assets/b.js", Answer(200, {}, b"1"))
    with pytest.raises(Dropped, match="changed"):
        pages.check("/assets/b.js", Answer(200, {}, b"2"))
    with pytest.raises(Dropped, match="a page came"):
        pages.check("/assets/b.js", Answer(200, {"content-type": "text/html"}, b"1"))
