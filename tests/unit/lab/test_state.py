"""What a lab remembers, and what others see of it."""

from pathlib import Path

import pytest

from shiplane.lab.layout import Layout
from shiplane.lab.state import LabState, Record, describe, load_record

PORTS = {
    "registry": 20001,
    "staging-ssh": 20002,
    "staging-http": 20003,
    "staging-https": 20004,
    "production-ssh": 20005,
    "production-http": 20006,
    "production-https": 20007,
}
PARTS = ("registry", "mirror", "staging", "production")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout.of(tmp_path / "app")
    made.folder.mkdir(parents=True)
    return made


def test_a_record_comes_back_as_it_was_saved(layout: Layout) -> None:
    record = Record(layout.name, PORTS, "10.200.0.0/16", privileged=True, pushed={"redis:8": "sha256:1"})
    record.save(layout)
    assert load_record(layout) == record
    assert layout.state_file.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in layout.folder.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"name": "x", "ports": {}, "more": 1}'])
def test_a_torn_or_foreign_record_counts_as_none(layout: Layout, text: str) -> None:
    layout.state_file.write_text(text)
    assert load_record(layout) is None


def test_a_record_copied_from_another_checkout_counts_as_none(layout: Layout) -> None:
    Record("shiplane-other-12345678", PORTS).save(layout)
    assert load_record(layout) is None


def test_a_record_of_an_older_lab_counts_as_none(layout: Layout) -> None:
    """Its containers lack a port that they cannot be given any more."""
    Record(layout.name, {name: port for name, port in PORTS.items() if not name.endswith("https")}).save(layout)
    assert load_record(layout) is None


def test_status_has_exactly_the_agreed_keys(layout: Layout) -> None:
    state = describe(layout, Record(layout.name, PORTS), [layout.part(p) for p in PARTS], {"redis:8": "redis 8.0.2"})
    assert state.is_up
    key = str(layout.key_file)
    assert state.to_json() == {
        "registry": "127.0.0.1:20001",
        "stand_in_images": {"redis:8": "redis 8.0.2"},
        "servers": [
            {
                "name": layout.part(environment),
                "environment": environment,
                "host": "127.0.0.1",
                "port": PORTS[f"{environment}-ssh"],
                "user": "deploy",
                "key_file": key,
            }
            for environment in ("staging", "production")
        ],
        "environments": {"staging": "https://127.0.0.1:20004", "production": "https://127.0.0.1:20007"},
        "ca_file": str(layout.ca_file),
    }


def test_a_server_is_given_as_a_host_with_pinned_keys(layout: Layout) -> None:
    state = describe(layout, Record(layout.name, PORTS), [layout.part(p) for p in PARTS], {})
    host = state.server("production").to_host()
    assert (host.address, host.port, host.user) == ("127.0.0.1", 20005, "deploy")
    assert host.known_hosts == str(layout.known_hosts)


@pytest.mark.parametrize("missing", PARTS)
def test_without_one_part_the_lab_is_not_up(layout: Layout, missing: str) -> None:
    running = [layout.part(part) for part in PARTS if part != missing]
    state = describe(layout, Record(layout.name, PORTS), running, {})
    assert not state.is_up
    assert bool(state.registry) == (missing not in {"registry", "mirror"})


def test_no_lab_is_shown_as_nothing(layout: Layout) -> None:
    state = describe(layout, None, [], {})
    assert state == LabState("", (), {})
    assert state.to_json() == {
        "registry": None,
        "stand_in_images": {},
        "servers": [],
        "environments": {},
        "ca_file": None,
    }
