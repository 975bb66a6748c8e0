from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from samples import HARD
from shiplane.commands.login import RegistryLogin
from shiplane.errors import Unreachable
from shiplane.model import Secret
from shiplane.pipeline.registry import session
from shiplane.pipeline.registry_digests import Digests
from shiplane.runners.http import Answer
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGIN = RegistryLogin("registry.test", "me", Secret("REGISTRY_PASSWORD", HARD))
DIGEST = f"sha256:{'a' * 64}"
BASIC = {"www-authenticate": 'Basic realm="Registry"'}


class Played:
    """Answer each request with the next of `answers`; None is no answer."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bool]] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Answer:
        assert (body, timeout) == (None, 10.0)
        self.asked.append((method, url, "Authorization" in (headers or {})))
        answer = self.answers.pop(0)
        if answer is None:
            raise Unreachable("no answer", "look")
        return answer


def found(digest: str = DIGEST) -> Answer:
    return Answer(200, "", {"docker-content-digest": digest})


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("registry.test/acme/app:1", "https://registry.test/v2/acme/app/manifests/1"),
        (f"registry.test/acme/app:1@{DIGEST}", f"https://registry.test/v2/acme/app/manifests/{DIGEST}"),
        ("127.0.0.1:5500/app", "http://127.0.0.1:5500/v2/app/manifests/latest"),
        ("postgres:17", "https://registry-1.docker.io/v2/library/postgres/manifests/17"),
        ("docker.io/postgres:17", "https://registry-1.docker.io/v2/library/postgres/manifests/17"),
        ("acme/app:1", "https://registry-1.docker.io/v2/acme/app/manifests/1"),
    ],
)
def test_one_request_gives_a_digest(reference: str, url: str) -> None:
    http = Played(found())
    assert Digests(http).find(reference) == DIGEST
    assert http.asked == [("HEAD", url, False)]


def test_a_login_goes_to_its_own_registry_alone() -> None:
    http = Played(Answer(401, "", BASIC), found(), found(), Answer(401, "", BASIC))
    digests = Digests(http, LOGIN)
    assert digests.find("registry.test/app:1") == DIGEST
    assert digests.find("registry.test/app:1") == DIGEST
    assert digests.find("other.test/app:1") is None
    assert [told for _, _, told in http.asked] == [False, True, True, False]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(404, ""), ""),
        (Answer(200, ""), None),
        (Answer(403, ""), None),
        (Answer(429, ""), None),
        (Answer(500, ""), None),
        (None, None),
    ],
)
def test_what_is_no_digest(answer: Answer | None, told: str | None) -> None:
    assert Digests(Played(answer), LOGIN).find("registry.test/app:1") == told


@pytest.mark.parametrize(("reference", "told"), [("other.test/app:1", None), ("127.0.0.1:5500/app:1", "")])
def test_what_a_registry_may_hide_from_a_stranger_is_asked_for_by_the_client(reference: str, told: str | None) -> None:
    assert Digests(Played(Answer(404, "")), LOGIN).find(reference) == told


def test_a_registry_that_does_not_answer_is_asked_once() -> None:
    digests = Digests(Played(None, found()), LOGIN)
    assert [digests.find(f"{host}.test/app:1") for host in ("registry", "registry", "other")] == [None, None, DIGEST]


def test_what_a_registry_tells_plainly_needs_no_client() -> None:
    runner = RecordingRunner()
    with session(runner, LOGIN, {}, http=Played(found(), Answer(404, ""))) as registry:
        assert registry.digest("registry.test/app:1") == DIGEST
        assert registry.digest("registry.test/app:2") is None
    assert runner.commands == []


def test_the_client_asks_where_a_registry_says_anything_else() -> None:
    runner = RecordingRunner([("inspect", f'{{"digest": "{DIGEST}"}}', 0)])
    with session(runner, LOGIN, {"DOCKER_CONFIG": "/nowhere"}, http=Played(Answer(500, ""))) as registry:
        assert registry.digest("registry.test/app:1") == DIGEST
    assert [command.argv[:4] for command in runner.commands] == [
        ("docker", "login", "--username", "me"),
        ("docker", "buildx", "imagetools", "inspect"),
    ]


@pytest.mark.parametrize(
    ("answers", "lacks"),
    [((200, 200), False), ((200, 404), True), ((307, 200), False), ((500, 403), False), ((None, 200), False)],
)
def test_blobs_that_a_registry_lacks(answers: tuple[int | None, ...], lacks: bool) -> None:  # noqa: FBT001 - a parameter
    http = Played(*(Answer(status, "") if status else None for status in answers))
    assert Digests(http, LOGIN).lacks("registry.test/acme/app:cache", ["sha256:1", "sha256:2"]) == lacks
    assert {url for _, url, _ in http.asked} == {f"https://registry.test/v2/acme/app/blobs/sha256:{n}" for n in (1, 2)}
