"""What a run repeats: nothing that was proven for the same inputs, and everything that the world has lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker, images, wait_for
from helpers.servers import COMPONENTS
from helpers.story import FIRST_VERSION, Chapter, comment_test_stack, write_docs
from shiplane.model import STEP_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.clone import Clone
    from helpers.servers import Servers
    from helpers.tutorial import Lesson

pytestmark = pytest.mark.timeout(1200)
PUSH = ("pipeline", "--event", "push", "--branch", "main", "--plain")
DEPLOYS = ("staging.deploy", "production.deploy")
TESTS = tuple(f"test.{name}" for name in STEP_NAMES["test"])


def log(clone: Clone, step: str) -> str:
    return (clone.last_run() / "logs" / f"{step}.log").read_text(encoding="utf-8")


def play(clone: Clone, servers: Servers, commit: str) -> tuple[Chapter, dict[str, tuple[str, str]]]:
    done = clone.invoke(*PUSH)
    return Chapter(commit, done, servers.look()), clone.ends(clone.last_run())


def containers(servers: Servers, service: str) -> Mapping[str, str]:
    return {name: servers.container(name, service) for name in ("staging", "production")}


@pytest.fixture(scope="module")
def mended(clone: Clone, servers: Servers, lessons: dict[str, Lesson]) -> tuple[Chapter, dict[str, tuple[str, str]]]:
    """Give the chapter of what the tutorial ships in its end."""
    done = lessons["7. The whole way"].ended[0]
    return Chapter(clone.git("rev-parse", "HEAD"), done, servers.look()), clone.ends(clone.last_run())


def test_the_tests_of_what_did_not_change_are_those_of_an_earlier_run(
    clone: Clone, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    """The newest in which they ran: the first, or one since that was told to repeat all."""
    chapter, ends = mended
    assert chapter.done.code == 0
    how, run = ends["test.backend"]
    assert how == "reused"
    assert clone.ends(clone.last_run().with_name(run))["test.backend"] == ("ran", "")
    assert ends["test.frontend"] != ("reused", "1")
    assert (clone.folder / ".shiplane/reports/backend/junit.xml").is_file()


def test_a_run_in_which_nothing_changed_asks_and_does_nothing(
    clone: Clone, servers: Servers, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    before, number = {s: containers(servers, s) for s in ("backend", "frontend", "proxy")}, clone.last_run().name
    chapter, ends = play(clone, servers, mended[0].commit)
    assert chapter.seen.digests == mended[0].seen.digests
    assert {chapter.seen.release(name) for name in ("staging", "production")} == {chapter.release}
    assert {s: containers(servers, s) for s in ("backend", "frontend", "proxy")} == before
    assert {ends[name][0] for name in ("build.clean", "build.bases", "build.images")} == {"not needed"}
    assert {ends[name][0] for name in (*TESTS, "build.test-runner", "e2e.tests")} == {"reused"}
    assert ends["e2e.tests"] == ("reused", number)
    for step in DEPLOYS:
        assert ends[step] == ("ran", "")
        assert "runs already with the same files and digests: nothing to do" in log(clone, step)
    assert "nothing to build" in log(clone, "publish.images")
    assert chapter.done.seconds < mended[0].done.seconds / 2


def test_a_change_of_prose_moves_a_name_and_nothing_else(
    clone: Clone, servers: Servers, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    before = {service: containers(servers, service) for service in ("frontend", "proxy", "backend")}
    chapter, ends = play(clone, servers, clone.commit("Write of the end", write_docs))
    assert chapter.seen.release("production") == chapter.release != mended[0].release
    assert chapter.seen.digests == mended[0].seen.digests
    after = {service: containers(servers, service) for service in ("frontend", "proxy", "backend")}
    assert (after["frontend"], after["proxy"]) == (before["frontend"], before["proxy"])
    assert not set(after["backend"].values()) & set(before["backend"].values())
    assert {ends[name][0] for name in (*TESTS, "e2e.tests")} == {"reused"}
    assert "images of the same inputs are published: nothing to build" in log(clone, "publish.images")


def test_what_was_taken_back_by_hand_comes_again(
    clone: Clone, servers: Servers, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    clone.invoke("rollback", "--env", "staging", "--plain")
    commit = clone.git("rev-parse", "HEAD")
    assert servers.look().release("staging") == mended[0].release != commit[:12]
    chapter, ends = play(clone, servers, commit)
    assert chapter.seen.release("staging") == chapter.release
    assert f"{chapter.release} serves" in log(clone, "staging.deploy")
    assert "nothing to do" in log(clone, "production.deploy")
    assert ends["e2e.tests"][0] == "reused"


def test_an_image_that_is_gone_is_made_again_when_a_step_needs_it(
    clone: Clone, servers: Servers, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    assert mended[0].done.code == 0
    gone = f"backend-dev:{FIRST_VERSION}"
    docker("rmi", "--force", gone)
    _, ends = play(clone, servers, clone.commit("Comment the stack of the tests", comment_test_stack))
    assert f"{gone} of run" in log(clone, "build.images")
    assert "is not in the engine any more: making it again" in log(clone, "build.images")
    assert gone in images("backend-dev")
    assert {ends[name] for name in ("build.images", "test.backend", "test.frontend", "test.lint")} == {("ran", "")}
    assert {ends[name][0] for name in ("test.lint-backend", "test.lint-frontend", "e2e.tests")} == {"reused"}


def test_an_empty_registry_is_filled_again(
    clone: Clone, servers: Servers, mended: tuple[Chapter, dict[str, tuple[str, str]]]
) -> None:
    assert mended[0].done.code == 0
    before, registry = servers.look(), f"{clone.lab_name}-registry"
    docker("exec", registry, "sh", "-c", "rm -rf /var/lib/registry/*")
    docker("restart", registry)
    wait_for("the registry", lambda: clone.start("invoke", "lab.up").finish().code == 0)
    chapter, ends = play(clone, servers, clone.git("rev-parse", "HEAD"))
    assert chapter.seen.digests == before.digests
    for component in COMPONENTS:
        assert servers.published(component, "main") == before.digests["production"][component]
    assert "docker push" in log(clone, "publish.push")
    assert {ends[name][0] for name in (*TESTS, "e2e.tests")} == {"reused"}
