"""The workflow as GitHub would run it, by act, with all that it calls: a push to main ends in production.

It comes last of the story's chapters, which it ends: the environments get other secrets here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.secrecy import contents, leaks
from helpers.servers import ENVIRONMENTS
from helpers.story import HARD_SECRET
from hub import Hub, served
from shiplane.model import STAGE_NAMES
from shipping import Shipper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acting import Acted
    from helpers.servers import Seen, Servers
    from helpers.story import Chapter

# Of the last one act knows nothing: that it is printed nowhere is Shiplane's own doing.
SECRET = ("SSH_PRIVATE_KEY", "GITHUB_TOKEN", "REGISTRY_PASSWORD")

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    made = Hub()
    with served(made):
        yield made


@pytest.fixture(scope="module")
def published(servers: Servers, first: Chapter, fourth: Chapter) -> dict[str, str]:
    """Publish the first commit again, of which other tests may have emptied the registry; give its digests."""
    assert fourth.done.code
    clone = servers.clone
    clone.git("checkout", "--quiet", first.commit)
    clone.invoke("publish", "--plain")
    clone.git("checkout", "--quiet", "main")
    manifest = json.loads((clone.folder / ".shiplane/releases/lab" / f"{first.release}.json").read_text())
    return {name: image["digest"] for name, image in manifest["images"].items()}


@pytest.fixture(scope="module")
def shipper(
    tmp_path_factory: pytest.TempPathFactory, servers: Servers, hub: Hub, first: Chapter, published: dict[str, str]
) -> Shipper:
    assert published
    return Shipper(tmp_path_factory.mktemp("shipped"), servers, hub.url, first.commit)


@pytest.fixture(scope="module")
def shipped(shipper: Shipper, servers: Servers) -> tuple[Acted, Seen]:
    done = shipper.run("push", {"ref": "refs/heads/main"})
    assert done.code == 0, done.said[-6000:]
    return done, servers.look()


def test_a_push_to_main_ends_in_production_serving_that_commit(
    shipper: Shipper, shipped: tuple[Acted, Seen], published: dict[str, str]
) -> None:
    seen = shipped[1]
    for environment in ENVIRONMENTS:
        status = seen.status[environment]
        assert (status["status"], status["commit"]) == ("ok", shipper.commit)
        assert status["release"] == shipper.commit[:12]
    # It touched no component: what was published before serves now, byte for byte.
    assert seen.digests == dict.fromkeys(ENVIRONMENTS, published)


def test_github_shows_what_serves_where(shipper: Shipper, shipped: tuple[Acted, Seen], hub: Hub) -> None:
    assert shipped[0].code == 0
    for environment in ENVIRONMENTS:
        assert hub.deployments.serving(environment) == [shipper.commit[:12]]
    assert {each["sha"] for each in hub.deployments.made} == {shipper.commit}
    assert (hub.issues, hub.wrong) == ([], [])


def test_the_pages_of_the_jobs_tell_the_run(shipped: tuple[Acted, Seen], published: dict[str, str]) -> None:
    pages = dict(shipped[0].summaries)
    assert list(pages) == ["build", "staging and e2e", "production", "report"]
    for stage in STAGE_NAMES:
        assert f"| ✓ {stage} | passed |" in pages["report"]
    for name, digest in published.items():
        assert [f"| {name} | `{digest[:19]}` |" in pages[page] for page in ("build", "report")] == [True, True]


def test_the_journals_of_all_jobs_are_one_run(shipper: Shipper, shipped: tuple[Acted, Seen]) -> None:
    assert shipped[0].code == 0
    runs = sorted((shipper.played / "artifacts" / "state-production-1" / "runs").iterdir())
    assert [run.name for run in runs] == ["1", "1-2", "1-3"]
    ends = [json.loads((run / "journal.jsonl").read_text().splitlines()[-1]) for run in runs]
    assert [(end["kind"], end["status"]) for end in ends] == [("run_ended", "passed")] * 3


def test_no_secret_is_printed_or_handed_on(shipper: Shipper, shipped: tuple[Acted, Seen]) -> None:
    given = shipper.given() | shipper.environ()
    told = [("output", shipped[0].said.encode()), *contents(shipper.played / "artifacts")]
    assert leaks([HARD_SECRET, *(given[name] for name in SECRET)], told) == []
