from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from samples import HARD
from shiplane.commands import dotenv
from shiplane.deploy import lines
from shiplane.deploy.bundle import bundle
from shiplane.deploy.containers import Container, beside, repository
from shiplane.deploy.services import Model
from shiplane.deploy.status import overview, status
from shiplane.deploy.survey import Entry, Left, State, parse, survey
from shiplane.errors import NameTaken, NothingDeployed, ReleaseDamaged, Unreachable
from shiplane.model import Deployment, Image, Secret
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Release, Site


def container(service: str = "web", status_: str = "running", health: str = "healthy", **words: Any) -> Container:  # noqa: ANN401 - handed on
    state = {"Status": status_, "ExitCode": 0, **({"Health": {"Status": health}} if health else {})}
    values = {
        "once": False,
        "hash": "h",
        "id": "c",
        "reference": "r/o/web:1@sha256:a",
        "digests": ("r/o/web@sha256:a",),
    }
    return Container(service=service, state=state, **{**values, "restarts": 0, "policy": "", **words})


def entry(release: str, outcome: str = "deployed", action: str = "deploy") -> Entry:
    return Entry(
        Deployment("d", "staging", "u", release, "c", "r", action, outcome, "s", f"end of {release}"), "me", {}
    )


def test_the_release_that_an_environment_runs(release: Release) -> None:
    assert State(current=release.id, releases={release.id: release}).current_release("staging") == release
    for nothing in (State(), State(current="gone")):
        with pytest.raises(NothingDeployed):
            nothing.current_release("staging")


def test_parse_of_an_empty_server() -> None:
    assert parse([]) == State()


def test_the_certificate_that_is_served() -> None:
    assert parse(["certificate\tabc"]) == State(certificate="abc")


def test_what_a_restore_that_was_cut_off_has_left() -> None:
    assert parse(["restore\tbeside", "restore\tstopped"]).restore == {"beside", "stopped"}


def test_the_folder_of_another_application_s_environment(site: Site, release: Release) -> None:
    def asked(environment: str) -> State:
        files = {"docker-compose.yml": b"", f"compose.{environment}.yml": b""}
        theirs = replace(site, environment=environment, overlay=f"compose.{environment}.yml")
        secrets = {name: Secret(name, "x") for name in ("DB_PASSWORD", "REDIS_PASSWORD")}
        manifest = bundle(theirs, release, files, "", secrets).files["manifest.json"].data
        told = f"release\t{json.dumps(json.loads(manifest))}"
        return survey(RecordingRunner([("survey", told, 0)]), site)

    assert asked("staging").environments == {"staging"}
    with pytest.raises(NameTaken) as caught:
        asked("eu")
    assert caught.value.cause == (
        "staging cannot be on staging: another application has its environment 'eu' in ~/deployments/app-staging"
    )
    assert caught.value.exit_code == 2


def test_parse(release: Release) -> None:
    data = {
        "service": "web", "once": "False", "hash": "h", "id": "c1",
        "reference": "r/o/web:1@sha256:a", "image": "sha256:i",
        "state": {"Status": "running"}, "restarts": 2, "policy": "no",
    }  # fmt: skip
    deployed = entry(release.id)
    state = parse(
        [
            f"container\t{json.dumps(data)}",
            f"image\t{json.dumps({'id': 'sha256:i', 'digests': ['r/o/web@sha256:a']})}",
            "volume\tapp-staging_data",
            f"current\t{release.id}",
            "checksum\tabc",
            f"release\t{json.dumps({**release.to_json(), 'url': 'https://staging.test'})}",
            f"tested\t{release.id}\t{json.dumps({'digests': {'web': 'sha256:a'}, 'beside': ['postgres@sha256:p']})}",
            f"tested\tbefore\t{json.dumps({'digests': {'web': 'sha256:b'}})}",
            'audit\t{"id": "torn", "envi',
            f"audit\t{json.dumps(deployed.to_json())}",
        ]
    )
    assert state == State(
        current=release.id,
        checksum="abc",
        releases={release.id: release},
        tested={release.id: {"web": "sha256:a"}, "before": {"web": "sha256:b"}},
        tested_beside={release.id: frozenset({"postgres@sha256:p"}), "before": frozenset()},
        entries=(deployed,),
        containers=(
            Container(
                service="web",
                once=False,
                hash="h",
                id="c1",
                reference="r/o/web:1@sha256:a",
                digests=("r/o/web@sha256:a",),
                state={"Status": "running"},
                restarts=2,
                policy="no",
            ),
        ),
        volumes=("app-staging_data",),
        urls={release.id: "https://staging.test"},
    )


def test_the_secrets_of_all_releases_are_known_to_who_changes_something(site: Site) -> None:
    told = "\n".join(
        f"secret\t{line}" for line in dotenv.render({"DB_PASSWORD": HARD, "OLD_KEY": "before"}).splitlines()
    )
    runner = RecordingRunner([("survey", told, 0)])
    assert [each.value for each in survey(runner, site, services=True).secrets] == [HARD, "before"]
    assert HARD not in repr(parse(told.splitlines()))


def test_a_survey_that_fails_shows_nothing_that_it_told(site: Site) -> None:
    runner = RecordingRunner([("survey", f"secret\tDB_PASSWORD={HARD}\nthe engine went away", 1)])
    with pytest.raises(Unreachable) as caught:
        survey(runner, site, services=True)
    assert caught.value.details == ("the engine went away",)


@pytest.mark.parametrize("spoilt", ["", "{", "[]", "null", "7", '{"id": "1.0.0-old"}', '{"id": 1, "images": []}'])
def test_files_that_were_lost_with_the_power_are_no_end_of_all_else(site: Site, release: Release, spoilt: str) -> None:
    whole, passed = json.dumps(release.to_json()), json.dumps({"digests": {"web": "sha256:a"}})
    state = parse(
        [
            "folder\t1.0.0-old",
            f"folder\t{release.id}",
            "current\t1.0.0-old",
            f"release\t{spoilt}",
            f"release\t{whole}",
            f"tested\t1.0.0-old\t{spoilt}",
            f"tested\t{release.id}\t{passed}",
            f"audit\t{spoilt}",
            f"audit\t{json.dumps(entry('1.0.0-old').to_json())}",
        ]
    )
    assert (state.releases, state.tested) == ({release.id: release}, {release.id: {"web": "sha256:a"}})
    assert state.damaged == {"1.0.0-old"}
    assert [state.keeps(name) for name in ("1.0.0-old", release.id, "gone")] == [True, True, False]
    with pytest.raises(ReleaseDamaged, match=r"the manifest of 1\.0\.0-old on staging cannot be read"):
        state.current_release("staging")
    told = overview(site, state)
    assert (told["release"], told["commit"], told["deployed_at"]) == ("1.0.0-old", "c", "end of 1.0.0-old")
    assert told["damaged"] == ["1.0.0-old"]


@pytest.mark.parametrize(
    ("found", "well"),
    [
        (container(), True),
        (container(health=""), True),
        (container(health="none"), True),
        (container(health="starting"), False),
        (container(health="unhealthy"), False),
        (container(status_="restarting"), False),
        (container(status_="exited", policy="no"), True),
        (container(status_="exited", policy="unless-stopped"), False),
    ],
)
def test_well(found: Container, well: bool) -> None:  # noqa: FBT001 - a parameter of the cases
    assert found.well is well
    assert State(containers=(found,)).well is well


@pytest.mark.parametrize(
    ("found", "before", "well"),
    [
        (container(health="starting"), (), True),
        (container(health="starting"), (container(),), True),
        (replace(container(health="starting"), restarts=1), (), False),
        (replace(container(health="starting"), restarts=3), (replace(container(), restarts=3),), True),
        (replace(container(health="starting"), restarts=3), (replace(container(), restarts=2),), False),
        (container(health="unhealthy"), (container(),), False),
        (container(status_="restarting", health="starting"), (), False),
        (container(status_="exited", policy="no"), (), True),
    ],
)
def test_what_a_restarted_engine_asks_anew_stayed_well(
    found: Container,
    before: tuple[Container, ...],
    well: bool,  # noqa: FBT001 - a parameter of the cases
) -> None:
    assert State(containers=(found,)).stayed_well(State(containers=before)) is well
    assert not State().stayed_well(State(containers=before))


def test_nothing_is_not_well_and_one_off_containers_do_not_count() -> None:
    assert not State().well
    assert State(containers=(container(), container(health="unhealthy", once=True))).well


def test_the_digests_that_run(release: Release) -> None:
    release = replace(
        release, images=(("web", Image("r/o/web:1", "sha256:a")), ("worker", Image("r/o/job:1", "sha256:b")))
    )
    same = State(containers=(container(), container("db", reference="postgres:17", digests=("postgres@sha256:p",))))
    assert same.running_digests(release) == {"web": "sha256:a"}
    mixed = State(containers=(container(), container(digests=("r/o/web@sha256:x",)), container()))
    assert mixed.running_digests(release) == {"web": "sha256:x"}
    both = State(containers=(container(digests=("r/o/web@sha256:x", "r/o/web@sha256:a")),))
    assert both.running_digests(release) == {"web": "sha256:a"}
    assert State(containers=(container(status_="exited"),)).running_digests(release) == {}


def test_an_image_at_docker_hub_has_the_name_that_engines_give_it() -> None:
    held = container(digests=("acme/app-web@sha256:a",))
    assert held.digest_of(Image("docker.io/acme/app-web:1", "sha256:a")) == "sha256:a"
    assert held.digest_of(Image("docker.io/acme/app-job:1", "sha256:a")) is None


def test_the_images_of_others_that_run_beside_a_release() -> None:
    def other(name: str, digest: str, **words: Any) -> Container:  # noqa: ANN401 - handed on
        pinned = f"{name}@{digest}"
        return container(name, reference=pinned, digests=(f"{name}@sha256:again", pinned), **words)

    found = (
        container(),
        other("postgres", "sha256:p"),
        other("minio/mc", "sha256:m", status_="exited", policy="no"),
        other("redis", "sha256:stopped", status_="exited", policy="always"),
        other("alpine", "sha256:once", once=True),
        container("built", reference="built:1", digests=()),
    )
    images = [Image("r/o/web:1", "sha256:a")]
    assert beside(found, images) == {"postgres@sha256:p", "minio/mc@sha256:m"}
    assert beside(found[:1], ()) == {"r/o/web@sha256:a"}


def test_which_release_served_before(release: Release) -> None:
    known = dict.fromkeys("abcd", release)

    def before(name: str, *entries: Entry) -> str | None:
        return State(releases=known, entries=entries).before(name)

    a, b, c = entry("a"), entry("b"), entry("c")
    assert before("c", a, b, c) == "b"
    assert before("b", a, b, c, entry("b", action="rollback")) == "a"
    assert before("a", a, b, c, a) == "c"
    assert before("c", a, entry("b", "undone"), c) == "a"
    assert before("a", a) is None
    assert before("b", entry("gone"), b) is None


@pytest.mark.parametrize(
    ("current", "recorded", "to", "expected"),
    [
        ("a", "", "b", "a"),  # the first deploy was cut off, and serves
        ("b", "a", "c", "a"),  # a deploy was cut off: nobody knows whether it is well
        ("a", "ab", "c", "a"),  # a rollback was cut off
        ("a", "ab", "a", "b"),  # and is repeated
        ("b", "ab", "c", "b"),
        ("gone", "ab", "c", "b"),
        (None, "", "a", None),
    ],
)
def test_what_a_change_that_fails_goes_back_to(
    release: Release, current: str | None, recorded: str, to: str, expected: str | None
) -> None:
    digest = release.image("backend").digest
    mine = container(digests=(f"{repository(release.image('backend').reference)}@{digest}",))
    state = State(
        current=current,
        releases={name: replace(release, id=name) for name in "abc"},
        entries=tuple(entry(name) for name in recorded),
        containers=(mine,),
        model=Model({"web": {}, "none": {"scale": 0}}),
    )
    assert state.whole is (current in state.releases)
    assert state.fallback(to) == expected
    half, none = replace(state, model=Model({"web": {}, "proxy": {}})), replace(state, containers=())
    assert (half.whole, none.whole) == (False, False)
    assert (half.fallback(to), none.fallback(to)) == (recorded[-1:] or current, recorded[-1:] or None)
    assert not replace(state, containers=(container(),)).whole, "of another image"


def test_an_engine_that_does_not_answer(site: Site) -> None:
    with pytest.raises(Unreachable, match="container engine on staging does not answer user 'deploy'") as caught:
        survey(RecordingRunner([("survey", "permission denied", 1)]), site)
    assert caught.value.details == ("permission denied",)


def test_status(site: Site, release: Release) -> None:
    state = State(
        current=release.id,
        releases={release.id: release},
        entries=(entry(release.id), entry(release.id, "undone")),
        containers=(
            container(),
            container(health="unhealthy"),
            container("db", health=""),
            container("once", once=True),
        ),
    )
    service = {"image": "r/o/web:1@sha256:a", "digest": "sha256:a", "state": "running", "health": None, "replicas": 1}
    assert status(site, state) == {
        "environment": "staging",
        "url": "https://staging.test",
        "release": release.id,
        "commit": release.commit,
        "deployed_at": f"end of {release.id}",
        "services": {"db": service, "web": {**service, "health": "unhealthy", "replicas": 2}},
    }


def test_an_overview_says_which_releases_run(site: Site, release: Release) -> None:
    old = replace(release, id="old")
    images = ((name, replace(image, digest="sha256:b")) for name, image in release.images)
    new = replace(release, id="new", images=tuple(images))
    name = repository(release.image("backend").reference)
    runs = {digest: (f"{name}@{digest}",) for digest in (release.image("backend").digest, "sha256:b", "sha256:c")}
    old_one, new_one, foreign = (container(digests=digests) for digests in runs.values())
    state = State(
        current="new",
        releases={"new": new, "old": old, "older": replace(release, id="older")},
        entries=(entry("older"), entry("old"), entry("new")),
        containers=(old_one, new_one, new_one, foreign, container("db", health="unhealthy", restarts=2)),
        left=Left("let new serve", "7"),
        maintenance={"who": "ada@laptop"},
    )
    told = overview(site, state)
    assert told["services"]["web"] | {"image": ""} == {
        **status(site, state)["services"]["web"],
        "image": "",
        "well": 4,
        "restarts": 0,
        "releases": ["old", "new"],
    }
    assert (told["services"]["db"]["well"], told["services"]["db"]["restarts"]) == (0, 2)
    assert (told["attempt"], told["maintenance"]) == ({"title": "let new serve", "code": "7"}, {"who": "ada@laptop"})
    assert {*told} - {*status(site, state)} == {"attempt", "maintenance", "damaged"}


def test_status_before_the_first_deploy(site: Site) -> None:
    assert status(site, State()) == {
        "environment": "staging", "url": "https://staging.test", "release": None, "commit": None, "deployed_at": None,
        "services": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "told"),
    [('{"since": "2026-01-01", "who": "ada@laptop"}', {"since": "2026-01-01", "who": "ada@laptop"}), ("", {})],
)
def test_an_environment_that_is_closed(site: Site, said: str, told: dict[str, str]) -> None:
    """A file that a person made closes it too, and says nothing."""
    assert overview(site, parse([f"maintenance\t{said}"]))["maintenance"] == told
    assert overview(site, parse([]))["maintenance"] is None


def test_a_switch_is_no_secret() -> None:
    told = ["DB_PASSWORD=true story", "USE_TOKEN_AUTH=false", "KEYCLOAK=True", "API_KEY=null", "PIN_TOKEN=12345"]
    assert [secret.name for secret in lines.secrets(told)] == ["DB_PASSWORD", "PIN_TOKEN"]
