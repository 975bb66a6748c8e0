from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.deploy import logs
from shiplane.deploy.logs import Line, Query, Reader, learn_secrets
from shiplane.errors import NothingDeployed, UnknownName, Unreachable, UsageError
from shiplane.model import Secret
from shiplane.runners.base import Masker
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Site

HARD = "p)$'\"#\\ ü"


def stamp(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000000000Z"


class Shown:
    """Hold what a reader has shown."""

    def __init__(self, query: Query | None = None, masker: Masker | None = None) -> None:
        self.lines: list[Line] = []
        self.reader = Reader(
            NothingDeployed("staging"), query or Query(follow=True), self.lines.append, masker or Masker()
        )

    def take(self, *lines: str) -> list[tuple[str, str, str]]:
        self.lines.clear()
        for line in lines:
            self.reader.take(line)
        return [(line.service, line.number, line.text) for line in self.lines]


def begin(*containers: tuple[str, str, str]) -> list[str]:
    return [f"{kind}" for c, s, n in containers for kind in (f"service\t{s}", f"here\t{c}\t{s}\t{n}")]


def test_old_lines_are_shown_in_the_order_of_time() -> None:
    shown = Shown()
    old = [f"line\ta\t{stamp(1)} first", f"line\ta\t{stamp(3)} third", f"line\tb\t{stamp(2)} second"]
    assert shown.take(*begin(("a", "web", "1"), ("b", "db", "1")), *old) == []
    assert shown.take("past") == [("web", "", "first"), ("db", "", "second"), ("web", "", "third")]
    assert [line.at for line in shown.lines] == [stamp(1), stamp(2), stamp(3)]
    assert shown.take(f"line\tb\t{stamp(1)} as it comes") == [("db", "", "as it comes")]
    assert [(line.at, line.container) for line in shown.lines] == [(stamp(1), "b")]


def test_containers_that_start_and_end_meanwhile() -> None:
    shown = Shown()
    shown.take(*begin(("a", "web", "1")), "past")
    assert shown.take("here\tb\tweb\t2", f"line\ta\t{stamp(1)} x", f"line\tb\t{stamp(1)} y", "gone\ta\t0") == [
        ("web", "2", "started"),
        ("web", "1", "x"),
        ("web", "2", "y"),
        ("web", "1", "ended with exit code 0"),
    ]
    assert shown.take("here\tb\tweb\t2", "gone\tb\t") == [("web", "2", "started again"), ("web", "2", "ended")]
    assert all(line.note for line in shown.lines)


def test_a_secret_across_the_pieces_of_a_long_line_is_masked() -> None:
    shown = Shown(masker=Masker([Secret("S", "swordfish")]))
    shown.take(*begin(("a", "web", "1")), "past")
    pieces = [f"part\ta\t{stamp(1)} its sword", "beat", f"line\tb\t{stamp(1)} other", "line\ta\tfish, you see"]
    assert shown.take(*pieces) == [("", "b", "other"), ("web", "", "its ***, you see")]


def test_times_within_a_very_long_line_are_taken_out() -> None:
    shown = Shown()
    shown.take(*begin(("a", "web", "1")), "past")
    text = "x" * 16384
    line = f"{stamp(1)} {text}{stamp(1)} {text}{stamp(2)} end {stamp(3)} stays"
    assert shown.take(f"line\ta\t{line}") == [("web", "", f"{text}{text}end {stamp(3)} stays")]


def test_what_the_engine_says_of_a_container() -> None:
    shown = Shown()
    shown.take(*begin(("a", "web", "1")), "past")
    cannot = "Error response from daemon: configured logging driver does not support reading"
    assert shown.take(f"note\ta\t{cannot}", "note\ta\tError: No such container: a") == [("web", "", cannot)]


def test_what_is_not_there() -> None:
    with pytest.raises(NothingDeployed):
        Shown().take("past")
    with pytest.raises(UnknownName, match="unknown service 'wob'"):
        Shown(Query(("db", "wob"))).take("service\tweb", "service\tdb", "past")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(), ("", "100", "no")),
        (Query(follow=True, services=("web", "db")), ("", "100", "yes", "web", "db")),
        (Query(since="10m"), ("600s", "", "no")),
        (Query(since="1d2h", tail="5"), ("93600s", "5", "no")),
        (Query(since="2026-01-31T12:00:00+00:00"), ("2026-01-31T12:00:00+00:00", "", "no")),
    ],
)
def test_what_is_asked_of_the_server(site: Site, query: Query, words: tuple[str, ...]) -> None:
    argv = query.command(site).argv
    assert argv[:4] == ("bash", "-s", "logs", "app-staging")
    assert argv[4:] == words


@pytest.mark.parametrize("query", [Query(since="yesterday"), Query(since="10"), Query(tail="-1"), Query(tail="all")])
def test_what_cannot_be_asked(site: Site, query: Query) -> None:
    with pytest.raises(UsageError):
        query.command(site)


def test_the_secrets_of_the_server_are_learnt_first(site: Site) -> None:
    runner = RecordingRunner([
        ("bash -s secrets", 'DB_PASSWORD="p)\\$\'\\"#\\\\ ü"\nEMPTY_KEY=""', 0),
        ("bash -s logs", f"service\tweb\nhere\ta\tweb\t1\nline\ta\t{stamp(1)} it is {HARD}\npast", 0),
    ])  # fmt: skip
    lines: list[Line] = []
    logs.read(runner, site, Masker(), Query(), lines.append)
    assert [line.text for line in lines] == ["it is ***"]


def test_no_file_of_secrets_is_no_secret(site: Site) -> None:
    masker = Masker()
    learn_secrets(RecordingRunner(), site, masker)
    assert masker.mask("all of this stays") == "all of this stays"


def test_an_engine_that_goes_away_ends_the_following(site: Site) -> None:
    runner = RecordingRunner([("bash -s logs", "service\tweb\npast", 1)])
    with pytest.raises(Unreachable, match="the logs of staging ended"):
        logs.read(runner, site, Masker(), Query(follow=True), lambda _: None)
