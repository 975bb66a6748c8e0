from __future__ import annotations

from shiplane.doctor import machine
from shiplane.doctor.finding import Chmod, LineEnds
from shiplane.facts.machine import DockerConfig, Resources, Space
from shiplane.facts.working_tree import WorkingTree
from shiplane.lab import lifecycle

GIB = 2**30
NOW = 1_800_000_000.0


def resources(*disks: Space, available: int | None = 8 * GIB, engine_total: int | None = 16 * GIB) -> Resources:
    return Resources(disks or (Space("/work", 9 * GIB, 10**6, 1),), available, engine_total)


def test_a_machine_with_enough_of_everything() -> None:
    for found in (resources(), resources(Space("/work", 9 * GIB, None, 1), available=None, engine_total=None)):
        assert [*machine.disk(found), *machine.memory(found)] == []


def test_the_disk_that_a_lab_needs_is_the_disk_that_is_asked_for() -> None:
    assert lifecycle._NEEDED_BYTES == machine.NEEDED_DISK  # noqa: SLF001 - the two must not part


def test_a_full_disk_is_told_once_though_both_folders_are_on_it() -> None:
    full = resources(Space("/work", GIB, 10**6, 1), Space("/var/lib/docker", GIB, 10**6, 1))
    assert [found.what for found in machine.disk(full)] == [
        "1.0 GiB are free on the disk of /work, and 3.0 GiB are needed"
    ]
    two = resources(Space("/work", GIB, 10**6, 1), Space("/var/lib/docker", 0, 10**6, 2))
    assert len(list(machine.disk(two))) == 2


def test_a_disk_without_room_for_more_files() -> None:
    [found] = machine.disk(resources(Space("/work", 9 * GIB, 12, 1)))
    assert found.what == "the disk of /work has room for 12 more files"


def test_too_little_memory_here_and_in_the_engine() -> None:
    [here] = machine.memory(resources(available=GIB // 2))
    assert here.what == "0.5 GiB of memory are free, and 1.0 GiB are needed"
    [engine] = machine.memory(resources(engine_total=GIB))
    assert engine.what == "the engine may use 1.0 GiB of memory, and 2.0 GiB are needed"


def test_a_clock_behind_the_last_commit() -> None:
    assert list(machine.clock(NOW, NOW + 200, "the last commit")) == []
    assert list(machine.clock(NOW, NOW - 10**8, "the last commit")) == []
    [found] = machine.clock(NOW, NOW + 7200, "the last commit")
    assert found.what == "the clock is 120 minutes or more behind: the last commit is later"


def test_a_clock_beside_that_of_a_registry() -> None:
    assert list(machine.clock_beside(NOW, NOW + 200, "ghcr.io")) == []
    assert [f.what for f in machine.clock_beside(NOW, NOW + 600, "it")] == ["the clock is 10 minutes behind that of it"]
    assert [f.what for f in machine.clock_beside(NOW, NOW - 600, "it")] == [
        "the clock is 10 minutes ahead of that of it"
    ]


def test_line_ends_and_modes_are_mended_unasked() -> None:
    tree = WorkingTree(("scripts/test",), (("scripts/demo", 0o640),))
    [ends] = machine.line_ends(tree)
    assert (ends.name, ends.mend) == ("scripts/test", LineEnds("scripts/test"))
    [mode] = machine.modes(tree)
    assert mode.what == "scripts/demo may not be run (mode 640)"
    assert mode.mend == Chmod("scripts/demo", 0o750)
    assert mode.fix == "chmod 750 scripts/demo"


def test_the_clients_own_configuration() -> None:
    assert list(machine.docker_config(DockerConfig("/c.json", "", ("ghcr.io",), stored=True))) == []
    [broken] = machine.docker_config(DockerConfig("/c.json", "it is no JSON"))
    assert broken.what == "/c.json cannot be used: it is no JSON"
    [lacking] = machine.docker_config(DockerConfig("/c.json", missing=("docker-credential-desktop",)))
    assert lacking.what == "/c.json leaves logins to docker-credential-desktop, which is not on the PATH"
