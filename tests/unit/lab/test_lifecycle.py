"""What stops a lab from coming up is said before anything starts."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shiplane.errors import DiskFull, EngineMissing, LabDown, PortTaken, Unreachable, UsageError
from shiplane.lab import lifecycle
from shiplane.lab.engine import Engine
from shiplane.lab.images.catalogue import OFFICIAL_NAMES, ROOT_IMAGE, server_reference
from shiplane.lab.layout import PORT_PURPOSES, Layout
from shiplane.lab.lifecycle import down, secrets, status, up
from shiplane.lab.servers import Servers
from shiplane.lab.state import Record
from shiplane.runners.recording import RecordingRunner

IMAGES = "\n".join(
    f'{{"id": "sha256:1", "tags": ["{name}"], "labels": {{}}}}'
    for name in (*OFFICIAL_NAMES, ROOT_IMAGE, server_reference())
)
PORTS = {name: number for number, name in enumerate(PORT_PURPOSES, 1)}


def silent(_: str) -> None:
    """Report nothing."""


@pytest.fixture
def runner() -> RecordingRunner:
    return RecordingRunner([(r"image inspect", IMAGES, 0), (r"network ls|info", "", 0)])


def changed(runner: RecordingRunner) -> list[str]:
    """Give the commands that do more than look."""
    looks = (
        "docker version",
        "docker ps",
        "docker info",
        "docker image inspect",
        "docker volume ls",
        "docker network ls",
    )
    lines = [line.removeprefix("local$ ") for line in runner.transcript]
    return [line for line in lines if not line.startswith((*looks, "docker images", "docker inspect"))]


def test_without_an_engine_the_fix_is_the_bootstrap(tmp_path: Path) -> None:
    runner = RecordingRunner([("docker version", "Cannot connect to the Docker daemon", 1)])
    for call in (
        lambda: up(tmp_path, silent, runner),
        lambda: down(tmp_path, silent, runner),
        lambda: status(tmp_path, runner),
    ):
        with pytest.raises(EngineMissing) as caught:
            call()
        assert caught.value.exit_code == 2
        assert caught.value.fix == "run ./scripts/bootstrap"
    assert changed(runner) == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_client_is_a_missing_engine(tmp_path: Path) -> None:
    class Nothing(RecordingRunner):
        def run(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise UsageError("docker is not on this machine", "run ./scripts/bootstrap")

    with pytest.raises(EngineMissing, match="docker is not on this machine"):
        up(tmp_path, silent, Nothing())


def test_a_full_disk_is_said_with_figures(
    tmp_path: Path, runner: RecordingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * 2**30))
    with pytest.raises(DiskFull, match=r"2\.0 GiB free .* 3\.0 GiB are needed"):
        up(tmp_path, silent, runner)
    assert changed(runner) == []


def test_a_port_that_was_taken_meanwhile_is_named(
    tmp_path: Path, runner: RecordingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout.of(tmp_path)
    layout.folder.mkdir(parents=True)
    Record(layout.name, PORTS).save(layout)
    monkeypatch.setattr(lifecycle, "is_free", lambda port: port != 3)
    with pytest.raises(PortTaken, match=r"port 3 \(staging-http of the lab\)"):
        up(tmp_path, silent, runner)
    assert changed(runner) == []


def test_a_port_of_a_running_container_is_its_own(
    tmp_path: Path, runner: RecordingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout.of(tmp_path)
    layout.folder.mkdir(parents=True)
    Record(layout.name, PORTS).save(layout)
    runner.answers.insert(0, ("docker ps", f"{layout.part('staging')} running", 0))
    monkeypatch.setattr(lifecycle, "is_free", lambda port: port not in {2, 3, 4, 5})
    with pytest.raises(PortTaken, match="port 5 "):
        up(tmp_path, silent, runner)


def test_too_few_ports_is_an_error_with_a_fix(
    tmp_path: Path, runner: RecordingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "is_free", lambda _: False)
    with pytest.raises(UsageError, match="no free ports in 20000-29999"):
        up(tmp_path, silent, runner)


def test_secrets_of_no_lab(tmp_path: Path) -> None:
    with pytest.raises(LabDown):
        secrets(tmp_path)


def test_down_removes_what_carries_the_label_and_the_files(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.folder.mkdir(parents=True)
    Record(layout.name, PORTS, privileged=True).save(layout)
    name = layout.name
    runner = RecordingRunner(
        [
            ("docker ps", f"{name}-staging exited\n{name}-registry running", 0),
            ("volume ls", f"{name}-staging", 0),
            ("network ls", "abc", 0),
            ("docker images", "127.0.0.1:1/o/app 1.0 sha256:a\nredis 8 sha256:b", 0),
        ]
    )
    down(tmp_path, silent, runner)
    assert changed(runner) == [
        f"docker rm --force --volumes {name}-staging {name}-registry",
        f"docker volume rm {name}-staging",
        "docker network rm abc",
        "docker rmi --force 127.0.0.1:1/o/app:1.0",
    ]
    assert list(tmp_path.iterdir()) == []


def test_down_leaves_what_is_not_the_labs(tmp_path: Path) -> None:
    (tmp_path / ".shiplane" / "runs").mkdir(parents=True)
    runner = RecordingRunner()
    down(tmp_path, silent, runner)
    assert changed(runner) == []
    assert [path.name for path in (tmp_path / ".shiplane").iterdir()] == ["runs"]


def test_an_engine_that_does_not_come_up_shows_its_last_lines(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.folder.mkdir(parents=True)
    for file in (layout.key_file, layout.host_key("staging")):
        file.write_text("private\n")
        file.with_name(f"{file.name}.pub").write_text("public\n")
    runner = RecordingRunner([("docker exec", "", 124), ("docker logs", "one\nfailed to start daemon: why", 0)])
    record = Record(layout.name, PORTS, "10.200.0.0/16", privileged=True)
    servers = Servers(Engine(runner), layout, record, "image:1", silent)
    with pytest.raises(Unreachable, match="the engine of the stand-in server staging does not come up") as caught:
        servers.ensure("staging", {layout.part("staging"): "running"})
    assert caught.value.details == ("one", "failed to start daemon: why")
    assert "lab.down" in caught.value.fix
