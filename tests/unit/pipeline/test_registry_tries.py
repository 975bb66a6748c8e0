from __future__ import annotations

import pytest

from shiplane.errors import (
    Interrupted,
    RegistryBroken,
    RegistryCut,
    RegistryForbids,
    RegistryLimited,
    RegistryUnauthorized,
    RegistryUntrusted,
    Unreachable,
)
from shiplane.pipeline.registry_tries import TRIES, Patience
from shiplane.runners.base import Cancel
from shiplane.runners.http import Answer
from worlds import SilentPublic

REFERENCE = "registry.test/acme/app:1"
BROKEN, CUT = (made("registry.test", REFERENCE) for made in (RegistryBroken, RegistryCut))
SILENT = Unreachable("registry registry.test does not answer", "check its address")
LIMITED = RegistryLimited("registry.test")


class Asked(SilentPublic):
    """Answer each question by the same."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__()
        self.answer = Answer(status, "", {name.replace("_", "-"): value for name, value in headers.items()})

    def request(self, method: str, url: str, **words: object) -> Answer:
        del words
        self.asked.append(f"{method} {url}")
        return self.answer


class Bench:
    def __init__(self, *failures: Unreachable, http: SilentPublic | None = None) -> None:
        self.failures = list(failures)
        self.said: list[str] = []
        self.waited: list[float] = []
        self.patience = Patience(self.said.append, None, http, self.waited.append)

    def order(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "done"

    def run(self, *, silent: int = 1) -> str:
        return self.patience.until(self.order, "registry.test", silent=silent)


@pytest.mark.parametrize("failure", [BROKEN, CUT, LIMITED])
def test_what_may_pass_is_tried_again_ever_later(failure: Unreachable) -> None:
    bench = Bench(failure, failure, failure)
    assert bench.run() == "done"
    assert bench.waited == [2, 4, 8]
    assert bench.said[0] == f"{failure.cause}; once more in 2 s"


def test_a_registry_that_said_for_how_long_is_not_asked() -> None:
    http = Asked(429, retry_after="90")
    bench = Bench(RegistryLimited("registry.test", 7), http=http)
    assert bench.run() == "done"
    assert (bench.waited, http.asked) == ([7], [])
    with pytest.raises(RegistryLimited, match="for another 10 min"):
        Bench(RegistryLimited("registry.test", 600)).run()


def test_the_last_failure_is_told() -> None:
    bench = Bench(*[CUT] * TRIES)
    with pytest.raises(RegistryCut):
        bench.run()
    assert bench.waited == [2, 4, 8]
    assert bench.failures == []


@pytest.mark.parametrize(
    "failure",
    [
        RegistryUnauthorized("registry.test", REFERENCE),
        RegistryForbids("registry.test", REFERENCE),
        RegistryUntrusted("registry.test"),
    ],
)
def test_a_refusal_is_final(failure: Unreachable) -> None:
    bench = Bench(failure)
    with pytest.raises(type(failure)):
        bench.run(silent=TRIES)
    assert bench.waited == []


def test_a_registry_that_says_nothing_is_tried_again_where_that_is_wanted() -> None:
    with pytest.raises(Unreachable):
        Bench(SILENT).run()
    assert Bench(SILENT).run(silent=TRIES) == "done"
    assert Bench(SILENT).run(silent=2) == "done"
    with pytest.raises(Unreachable):
        Bench(SILENT, SILENT).run(silent=2)


@pytest.mark.parametrize("failure", [LIMITED, BROKEN])
def test_it_is_left_alone_for_as_long_as_it_asks(failure: Unreachable) -> None:
    asked = Asked(429, retry_after="30")
    bench = Bench(failure, failure, http=asked)
    assert bench.run() == "done"
    assert bench.waited == [30, 30]
    assert asked.asked == ["GET https://registry.test/v2/"] * 2


def test_a_wait_that_is_too_long_is_told_at_once() -> None:
    bench = Bench(LIMITED, http=Asked(429, retry_after="3600"))
    with pytest.raises(RegistryLimited, match="for another 60 min"):
        bench.run()
    assert bench.waited == []


@pytest.mark.parametrize("http", [SilentPublic(), Asked(200), Asked(429)])
def test_without_its_word_the_pauses_are_ours(http: SilentPublic) -> None:
    bench = Bench(LIMITED, http=http)
    assert bench.run() == "done"
    assert bench.waited == [2]


def test_a_connection_that_was_cut_asks_nothing() -> None:
    asked = Asked(429, retry_after="30")
    bench = Bench(CUT, http=asked)
    bench.run()
    assert (bench.waited, asked.asked) == ([2], [])


def test_a_cancel_ends_the_wait() -> None:
    cancel = Cancel()
    cancel.set(Interrupted())
    bench = Bench(CUT)
    with pytest.raises(Interrupted):
        Patience(bench.said.append, cancel).until(bench.order, "registry.test")
