"""The proxy of the overlays on the real engine: upstreams and proxies change under clients that never ask twice."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers.engine import docker, wait_for
from helpers.frontage import Frontage, standing
from traffic.running import Traffic
from traffic.wanted import Flow, Wanted, mix


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontage]:
    with standing(tmp_path_factory.mktemp("server")) as made:
        made.compose("up", "--detach", "--no-deps", "--wait", "edge", "proxy")
        yield made


@pytest.fixture
def one(place: Frontage) -> Iterator[str]:
    """Let one container serve, which no upstream file names; in the end all are gone."""
    shutil.rmtree(place.served / "upstreams", ignore_errors=True)
    place.lead_to()
    name = place.start("one")
    wait_for("an answer", lambda: place.ask("/api/name")[:2] == (200, "one"))
    yield name
    docker("rm", "--force", *place.applications)
    place.applications.clear()


def test_no_request_fails_while_containers_and_proxies_change(place: Frontage, one: str, tmp_path: Path) -> None:
    place.lead_to(one)
    place.keep_asset("one")
    write = Flow("write", 1, "/api/write", "POST", body="{id}")
    with Traffic(Wanted(place.port(), mix("/api/name", write, rate=100)), tmp_path) as traffic:
        two = place.start("two")
        place.keep_asset("two")
        place.lead_to(two)
        time.sleep(1)
        place.end(one)
        # Whoever asks only now, on a connection from before, reaches none that is gone.
        time.sleep(5)
        place.swap()
        assert place.ask("/api/name")[1] == "two"
    assert traffic.met.failed == 0, traffic.met.story()
    assert traffic.met.pages == 2
    assert traffic.met.requests > 1000
    assert len(place.proxies()) == 1


def test_a_container_that_vanishes_costs_no_request_of_any_method(place: Frontage, one: str) -> None:
    two = place.start("two")
    place.lead_to(one)
    assert place.ask("/api/name")[1] == "one"
    # Gone without a word: until its name is forgotten, connections to its address wait.
    docker("rm", "--force", one)
    place.applications.remove(one)
    assert [place.ask("/api/write", "POST")[:2] for _ in range(4)] == [(200, "two")] * 4
    assert two in place.applications


def test_what_may_have_had_an_effect_is_not_sent_again(place: Frontage, one: str) -> None:
    place.start("two")
    place.lead_to(one)
    assert place.ask("/api/name")[1] == "one"
    before = int(place.ask("/api/posts")[1])
    status, text, _ = place.ask("/api/cut", "POST")
    assert (status, json.loads(text)) == (502, {"detail": "the backend does not answer: try again in a moment"})
    posts = []
    for name in place.applications:
        place.lead_to(name)
        wait_for(name, lambda name=name: place.ask("/api/name")[1] == name.rpartition("-")[2])
        posts.append(int(place.ask("/api/posts")[1]))
    assert posts == [before + 1, 0]


def test_the_service_is_found_where_no_file_names_its_containers(place: Frontage, one: str) -> None:
    shutil.rmtree(place.served / "upstreams")
    place.lead_to()
    docker("restart", "--time", "0", one)
    wait_for("an answer", lambda: place.ask("/api/name")[0] == 200, seconds=10)


def test_assets_of_releases_before_are_served_and_nothing_beside_them(place: Frontage, one: str) -> None:
    assert one
    place.keep_asset("zero")
    (place.served / "secret.js").write_text("nobody reads this")
    status, text, headers = place.ask("/assets/zero.js")
    assert (status, text) == (200, "script of zero")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("application/javascript")
    assert headers["x-content-type-options"] == "nosniff"
    status, _, headers = place.ask("/assets/never.js")
    assert (status, headers["cache-control"]) == (404, "no-cache")
    for path in ("/assets/../secret.js", "/assets/%2e%2e/secret.js", "/assets/..%2fsecret.js", "/assets//../secret.js"):
        assert "nobody" not in place.ask(path)[1], path
    assert "cache-control" not in place.ask("/assets/one.js")[2]


def test_a_kept_asset_is_found_before_the_containers_are(place: Frontage) -> None:
    place.keep_asset("zero")
    place.lead_to()
    wait_for("an answer of nobody", lambda: place.ask("/api/name")[0] == 502)
    seen: list[tuple[int, str]] = []
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(place.start, "late")
        while not seen or seen[-1][0] != 200 or not started.done():
            seen.append(place.ask("/assets/zero.js")[:2])
            time.sleep(0.02)
    place.end(started.result())
    # It was asked by the service's name meanwhile.
    assert {answer for answer in seen if answer[0] < 500} == {(200, "script of zero")}


def test_who_asks_is_who_came_to_the_edge(place: Frontage, one: str) -> None:
    assert one
    place.ask("/api/who", forwarded_for="192.0.2.7")
    gateway = "{{(index .IPAM.Config 0).Gateway}}"
    came_from = docker("network", "inspect", "--format", gateway, f"{place.project}_edge").decode().strip()
    wait_for("the log", lambda: bool(place.client_of("/api/who")))
    assert place.client_of("/api/who") == came_from, "nobody is believed who says that it asks for another"


def test_the_page_of_maintenance_is_on_while_its_file_is_there(place: Frontage, one: str) -> None:
    assert one
    place.keep_asset("one")
    file = place.served / "maintenance"
    file.write_text("{}")
    try:
        for swapped in (False, True):
            if swapped:
                place.swap()
            for path, method in (("/", "GET"), ("/runs/x", "POST"), ("/assets/one.js", "GET")):
                status, page, headers = place.ask(path, method)
                assert (status, headers["retry-after"], headers["cache-control"]) == (503, "120", "no-store"), path
                assert headers["content-type"] == "text/html; charset=utf-8"
                assert "Moored for maintenance" in page
                # It needs nothing that is closed as well, and its policy lets its own style in.
                assert not re.search(r"""(src|href)=["'][^"']""", page)
                assert "style-src 'unsafe-inline'" in headers["content-security-policy"]
                assert headers["x-frame-options"] == "DENY"
            for method in ("GET", "POST"):
                status, text, headers = place.ask("/api/name", method)
                assert (status, headers["content-type"], headers["retry-after"]) == (503, "application/json", "120")
                assert json.loads(text) == {"detail": "closed for maintenance: try again in a few minutes"}
            # The stand-in of the backend knows neither path, but is asked.
            for path in ("/api/v1/health/", "/api/v1/status/"):
                assert place.ask(path)[:2] == (404, "missing")
            assert place.ask("/nginx-health")[0] == 200
            assert [place.ask(path)[0] for path in ("/-maintenance/page", "/-maintenance/api")] == [404, 404]
            assert place.ask("/-maintenance/other")[0] == 503
    finally:
        file.unlink()
    status, text, headers = place.ask("/api/name")
    assert (status, text) == (200, "one")
    assert "retry-after" not in headers
