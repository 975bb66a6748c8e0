from __future__ import annotations

import json
from typing import Any

import pytest

from shiplane.deploy.containers import Container
from shiplane.deploy.phases import Options
from shiplane.deploy.services import Model, ServiceAction, decide, decisions, undo_words, words
from shiplane.deploy.survey import State

OPTIONS = Options()
FOLDER = "deployments/app-staging"
ROLLING = ("roll:backend:1", "roll:frontend:1", "roll:proxy:1")
ALL = ("backend", "db", "edge", "frontend", "proxy", "redis")
STACK: dict[str, dict[str, Any]] = {
    "db": {"image": "postgres:17", "environment": {"POSTGRES_PASSWORD": "secret"}},
    "redis": {"image": "redis:8"},
    "backend": {
        "image": "r/app-backend:1@sha256:aaaa",
        "depends_on": {"db": {}, "redis": {}},
        "environment": {"R": "1"},
    },
    "frontend": {"image": "r/app-frontend:1@sha256:bbbb", "depends_on": {"backend": {}}},
    "edge": {"image": "nginx:1.30", "ports": [{"target": 80, "published": "80"}]},
    "proxy": {"image": "nginx:1.30", "network_mode": "service:edge", "depends_on": {"frontend": {}, "edge": {}}},
}


def model(**changes: dict[str, Any] | None) -> Model:
    services = {
        name: {**keys, **(changes.get(name) or {})} for name, keys in STACK.items() if changes.get(name, {}) is not None
    }
    services |= {name: keys for name, keys in changes.items() if name not in STACK and keys is not None}
    return Model(services)


def running(service: str) -> Container:
    return Container(
        service=service, once=False, hash="", id=service, reference="", digests=(), state={"Status": "running"},
        restarts=0, policy="",
    )  # fmt: skip


def verbs(after: Model, before: Model | None = None, running: tuple[str, ...] = ALL) -> dict[str, str]:
    return {each.service: each.verb for each in decide(before or model(), after, running, OPTIONS)}


def why(after: Model, service: str) -> str:
    return next(each.why for each in decide(model(), after, ALL, OPTIONS) if each.service == service)


def test_a_model_is_read_with_the_paths_that_it_will_have() -> None:
    root = f"/home/deploy/{FOLDER}/releases/1.0"
    services = {"proxy": {"volumes": [{"source": f"{root}/served"}]}, "web": {"deploy": {"replicas": 3}}}
    read = Model.read(json.dumps({"services": services}), root, FOLDER)
    assert read.services["proxy"] == {"volumes": [{"source": f"/home/deploy/{FOLDER}/served"}]}
    assert (read.replicas("web"), read.replicas("proxy")) == (3, 1)


def test_nothing_changed_is_left() -> None:
    assert set(verbs(model()).values()) == {"leave"}
    # What can roll is looked at all the same: a change that was cut off may have left other containers.
    assert words(decide(model(), model(), ALL, OPTIONS), model(), OPTIONS) == ROLLING


def test_what_ended_or_was_stopped_starts_again_with_what_shares_its_network() -> None:
    running = tuple(name for name in ALL if name not in ("edge", "db"))
    decided = {each.service: each.verb for each in decide(model(), model(), running, OPTIONS, there=ALL)}
    assert decided == {**dict.fromkeys(ALL, "leave"), "db": "start", "edge": "start", "proxy": "recreate"}


def test_a_first_deploy_starts_all_in_the_order_of_dependence() -> None:
    decided = decide(None, model(), (), OPTIONS)
    assert [each.service for each in decided] == ["db", "edge", "redis", "backend", "frontend", "proxy"]
    assert {each.verb for each in decided} == {"start"}
    assert words(decided, model(), OPTIONS) == (
        "renew:db:", "front:edge", "renew:redis:", "roll:backend:1", "roll:frontend:1", "front:proxy",
    )  # fmt: skip


def test_only_what_changed_rolls_and_says_what() -> None:
    after = model(backend={"image": "r/app-backend:2@sha256:cccc", "environment": {"R": "2", "S": "new"}})
    assert verbs(after) == {**dict.fromkeys(ALL, "leave"), "backend": "roll"}
    assert why(after, "backend") == "environment R, S changed, image sha256:aaaa becomes sha256:cccc"
    assert words(decide(model(), after, ALL, OPTIONS), after, OPTIONS) == ROLLING


def test_a_secret_that_changed_is_named_and_never_shown() -> None:
    after = model(db={"environment": {"POSTGRES_PASSWORD": "another"}})
    assert verbs(after)["db"] == "recreate"
    assert why(after, "db") == "environment POSTGRES_PASSWORD changed; not beside the old one: it keeps state"


@pytest.mark.parametrize(
    ("change", "hindrance"),
    [
        ({"ports": [{"target": 80}]}, "it publishes a port"),
        ({"container_name": "web"}, "its container has a fixed name"),
        ({"network_mode": "host"}, "it uses the server's network"),
    ],
)
def test_what_cannot_run_twice_is_recreated(change: dict[str, Any], hindrance: str) -> None:
    after = model(frontend=change)
    assert verbs(after)["frontend"] == "recreate"
    assert why(after, "frontend").endswith(f"not beside the old one: {hindrance}")
    assert words(decide(model(), after, ALL, OPTIONS), after, OPTIONS) == (
        "roll:backend:1", "renew:frontend:backend,db,redis", "roll:proxy:1",
    )  # fmt: skip


def test_the_proxy_s_own_image_rolls_and_the_port_s_owner_takes_it_along() -> None:
    assert verbs(model(proxy={"image": "nginx:1.31"})) == {**dict.fromkeys(ALL, "leave"), "proxy": "roll"}
    after = model(edge={"image": "nginx:1.31"})
    assert verbs(after) == {**dict.fromkeys(ALL, "leave"), "edge": "recreate", "proxy": "recreate"}
    assert words(decide(model(), after, ALL, OPTIONS), after, OPTIONS) == (
        "front:edge", "roll:backend:1", "roll:frontend:1", "front:proxy",
    )  # fmt: skip


def test_replicas_are_no_reason_for_new_containers_but_for_more() -> None:
    after = model(backend={"deploy": {"replicas": 3}})
    assert decide(model(), after, ALL, OPTIONS)[3] == ServiceAction("backend", "roll", "3 replicas instead of 1", 3)
    assert words(decide(model(), after, ALL, OPTIONS), after, OPTIONS) == ("roll:backend:3", *ROLLING[1:])


def test_what_is_not_in_the_release_goes_and_what_is_missing_starts() -> None:
    decided = decide(model(), model(frontend=None), (*ALL, "old"), OPTIONS)
    assert [each.service for each in decided if each.verb == "remove"] == ["frontend", "old"]
    assert verbs(model(), running=("db", "redis"))["backend"] == "start"


@pytest.mark.parametrize(
    ("volume", "label", "verb"),
    [
        ({"type": "volume", "source": "data"}, {}, "recreate"),
        ({"type": "volume", "source": "data", "read_only": True}, {}, "roll"),
        ({"type": "bind", "source": "/srv"}, {}, "roll"),
        ({"type": "volume", "source": "data"}, {"dev.shiplane.rolls": "true"}, "roll"),
    ],
)
def test_what_writes_to_a_volume_keeps_state_unless_a_label_says_otherwise(
    volume: dict[str, Any], label: dict[str, str], verb: str
) -> None:
    after = model(frontend={"volumes": [volume], "labels": label})
    assert verbs(after)["frontend"] == verb


def test_the_way_back_names_all_that_can_roll() -> None:
    decided = decide(model(), model(backend={"image": "b:2"}, celery={"image": "b:2"}), ALL, OPTIONS)
    assert undo_words(decided, model(), OPTIONS) == (
        "roll:backend:1", "roll:frontend:1", "roll:proxy:1", "remove:celery",
    )  # fmt: skip


def test_the_way_back_from_what_was_cut_off_takes_back_that_too() -> None:
    """`search` came and `celery` went with a release that serves and is not the one to go back to."""
    served = model(celery={"image": "b:1"})
    there = model(search={"volumes": [{"type": "volume"}]}, db={"image": "postgres:18"})
    state = State(model=there, containers=tuple(running(name) for name in there.services))
    decided = decide(there, model(), (*ALL, "search"), OPTIONS)
    assert undo_words((*decided, *decisions(state, served, OPTIONS)), served, OPTIONS) == (
        "roll:celery:1", "renew:db:", "roll:backend:1", "roll:frontend:1", "roll:proxy:1", "remove:search",
    )  # fmt: skip


def test_the_way_back_takes_the_whole_front_where_its_port_was_touched() -> None:
    after = model(edge={"image": "nginx:1.31"}, db={"image": "postgres:18"})
    assert undo_words(decide(model(), after, ALL, OPTIONS), model(), OPTIONS) == (
        "renew:db:", "front:edge", "roll:backend:1", "roll:frontend:1", "front:proxy",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ((), 10),
        (("3s",), 10),
        (("1m30s", "20s"), 90),
        (("1h0m0s",), 3600),
        (("10.5s",), 10.5),
        ((None, "1m0.5s"), 60.5),
    ],
)
def test_the_longest_time_that_a_service_has_to_end(named: tuple[str | None, ...], seconds: float) -> None:
    services = {f"s{number}": {"stop_grace_period": text} for number, text in enumerate(named)}
    assert Model({**services, "other": {}}).grace_seconds == seconds
