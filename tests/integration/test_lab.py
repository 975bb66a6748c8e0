"""A lab is real: a registry, and two servers that are reached over SSH and pull from it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest

from shiplane.errors import PortTaken
from shiplane.lab import lifecycle as lab
from shiplane.lab.credentials import client_login
from shiplane.lab.files import write_private
from shiplane.lab.images.ensure import ensure_images
from shiplane.lab.layout import Layout
from shiplane.lab.state import LabState, load_record
from shiplane.model import Command
from shiplane.runners.base import Completed
from shiplane.runners.local import LocalRunner

Run = subprocess.CompletedProcess[str]
ENVIRONMENTS = ("staging", "production")
BASES = ("docker", "image", "inspect", "--format", "{{.Id}}", "redis:8", "postgres:17", "nginx:1.30", "registry:3")


def call(*argv: str, stdin: str | None = None, check: bool = True) -> Run:
    """Run a program to its end."""
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=120, check=check)


def ssh(checkout: Path, environment: str, line: str, *, stdin: str | None = None, check: bool = True) -> Run:
    """Run a line on a server, trusting the pinned host key alone."""
    server = lab.status(checkout).server(environment)
    trust = ("-o", f'UserKnownHostsFile="{server.known_hosts}"', "-o", "StrictHostKeyChecking=yes")
    options = ("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", server.key_file, "-p", str(server.port))
    return call("ssh", "-F", "none", *trust, *options, f"{server.user}@{server.host}", line, stdin=stdin, check=check)


def traces(checkout: Path, registry: str) -> dict[str, set[str]]:
    """List what the engine holds of a checkout's lab, by kind."""
    listings = {
        "containers": ("ps", "--all", "--format", "{{.Names}}"),
        "volumes": ("volume", "ls", "--format", "{{.Name}}"),
        "networks": ("network", "ls", "--format", "{{.Name}}"),
        "images": ("images", "--digests", "--format", "{{.Repository}}:{{.Tag}}@{{.Digest}}"),
    }
    own = (Layout.of(checkout).name, f"{registry}/")
    listed = {kind: call("docker", *words).stdout.splitlines() for kind, words in listings.items()}
    return {kind: {name for name in names if name.startswith(own)} for kind, names in listed.items()}


def files(folder: Path) -> list[str]:
    """List all below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def up(checkout: Path) -> tuple[LabState, float]:
    """Bring a lab up and say how long that took."""
    started = time.monotonic()
    state = lab.up(checkout, lambda _: None)
    return state, time.monotonic() - started


@pytest.fixture(scope="module", autouse=True)
def _images() -> None:
    ensure_images(LocalRunner(Path.cwd(), os.environ), lambda _: None)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a checkout whose lab is up."""
    folder = tmp_path_factory.mktemp("lab test") / "app"
    folder.mkdir()
    (folder / "own").write_text("kept")
    try:
        lab.up(folder, lambda _: None)
        yield folder
    finally:
        lab.down(folder)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """Give a second checkout; its lab, if there is one, is removed."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "own").write_text("kept")
    yield folder
    lab.down(folder)


@pytest.mark.alone
def test_a_lab_that_is_up_comes_up_at_once(checkout: Path) -> None:
    before = lab.status(checkout)
    state, seconds = up(checkout)
    assert state == before
    assert state.is_up
    assert seconds < 4, "2 s on an idle machine"


@pytest.mark.alone
def test_a_lab_comes_up_and_goes_beside_another_without_a_trace(checkout: Path, other: Path) -> None:
    first, files_before = lab.status(checkout), files(other)
    before = traces(checkout, first.registry)
    bases = call(*BASES).stdout
    second, seconds = up(other)
    assert seconds < 20
    assert second.is_up
    numbers = [int(s.registry.split(":")[1]) for s in (first, second)]
    numbers += [
        port
        for s in (first, second)
        for server in s.servers
        for port in (server.port, server.http_port, server.https_port)
    ]
    assert len(set(numbers)) == len(numbers) == 14
    assert {ssh(folder, "staging", "cat /etc/docker/daemon.json").returncode for folder in (checkout, other)} == {0}
    call("docker", "tag", "redis:8", f"{second.registry}/owner/app-backend:1.0.0")
    assert {kind: len(names) for kind, names in traces(other, second.registry).items()} == {
        "containers": 4,
        "volumes": 3,
        "networks": 1,
        "images": 1,
    }
    lab.down(other)
    assert not any(traces(other, second.registry).values())
    assert traces(checkout, first.registry) == before
    assert call(*BASES).stdout == bases
    assert files(other) == files_before
    assert lab.status(checkout) == first
    assert not lab.status(other).is_up


def test_state_is_private(checkout: Path) -> None:
    folder = checkout / ".shiplane" / "lab"
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("state.json", "secrets.json", "id_ed25519", "known_hosts", "host_key_staging"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_server_has_an_engine_of_its_own(checkout: Path, environment: str) -> None:
    line = "hostname; id -un; docker info --format '{{.Driver}} {{.LiveRestoreEnabled}} {{.LoggingDriver}}'"
    assert ssh(checkout, environment, line).stdout.split() == [environment, "deploy", "overlay2", "true", "json-file"]
    assert ssh(checkout, environment, "docker compose version --short").stdout.startswith("2.")
    assert "shiplane-" not in ssh(checkout, environment, "docker ps --all --format '{{.Names}}'").stdout


def test_another_host_key_is_refused(checkout: Path) -> None:
    server = lab.status(checkout).server("staging")
    pinned = Path(server.known_hosts)
    kept = pinned.read_text()
    first, second = (line.split(" ", 1) for line in kept.splitlines())
    try:
        pinned.write_text(f"{first[0]} {second[1]}\n{second[0]} {first[1]}\n")
        done = ssh(checkout, "staging", "true", check=False)
    finally:
        pinned.write_text(kept)
    assert done.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr


def test_root_and_passwords_are_refused(checkout: Path) -> None:
    server = lab.status(checkout).server("staging")
    trust = ("-o", f'UserKnownHostsFile="{server.known_hosts}"', "-o", "BatchMode=yes", "-p", str(server.port))
    root = call("ssh", "-F", "none", *trust, "-i", server.key_file, "root@127.0.0.1", "true", check=False)
    no_key = call(
        "ssh", "-F", "none", *trust, "-i", "/dev/null", "-o", "IdentitiesOnly=yes", "deploy@127.0.0.1", check=False
    )
    for done in (root, no_key):
        assert done.returncode == 255
        assert "Permission denied (publickey)" in done.stderr


def test_official_names_come_from_the_mirror(checkout: Path) -> None:
    for name in ("postgres:17", "redis:8", "nginx:1.30"):
        ssh(checkout, "production", f"docker pull --quiet {name}")
    label = "docker image inspect --format '{{json .Config.Entrypoint}}' redis:8"
    assert json.loads(ssh(checkout, "production", label).stdout) == ["docker-entrypoint.sh"]


def test_what_is_pushed_with_a_login_is_pulled_by_the_same_name(checkout: Path, tmp_path: Path) -> None:
    state, secrets = lab.status(checkout), lab.secrets(checkout)["staging"]
    name = f"{state.registry}/owner/app-backend:1.0.0"
    login = client_login(state.registry, secrets["REGISTRY_USER"], secrets["REGISTRY_PASSWORD"])
    write_private(tmp_path / "config.json", login)
    call("docker", "tag", "redis:8", name)
    call("docker", "--config", str(tmp_path), "push", "--quiet", name)
    assert ssh(checkout, "staging", f"docker pull --quiet {name}", check=False).returncode != 0, "no login, no pull"
    user = f"docker login --username {secrets['REGISTRY_USER']} --password-stdin {state.registry}"
    line = f"export DOCKER_CONFIG=$(mktemp -d); {user} && docker pull --quiet {name}; rm -rf $DOCKER_CONFIG"
    assert ssh(checkout, "staging", line, stdin=secrets["REGISTRY_PASSWORD"]).stdout.splitlines()[-1] == name
    call("docker", "rmi", name)


def test_a_wrong_password_is_refused(checkout: Path) -> None:
    registry = lab.status(checkout).registry
    login = f"DOCKER_CONFIG=$(mktemp -d) docker login --username shiplane --password-stdin {registry}"
    for done in (
        ssh(checkout, "staging", login, stdin="wrong", check=False),
        call("sh", "-c", login, stdin="wrong", check=False),
    ):
        assert done.returncode == 1
        assert "unauthorized" in done.stderr.lower()


def test_the_mirror_takes_nothing_in(checkout: Path) -> None:
    line = "curl -s -o /dev/null -w '%{http_code}' -X POST http://127.0.0.1:5001/v2/library/x/blobs/uploads/"
    assert ssh(checkout, "staging", line).stdout == "405"


def test_secrets_are_those_of_the_environment(checkout: Path) -> None:
    made: Mapping[str, Mapping[str, str]] = lab.secrets(checkout)
    assert set(made) == set(ENVIRONMENTS)
    assert made["staging"]["DB_PASSWORD"] != made["production"]["DB_PASSWORD"]
    listed = call("docker", "inspect", *(server.name for server in lab.status(checkout).servers)).stdout
    assert all(value not in listed for values in made.values() for value in values.values() if value != "shiplane")


def serves(url: str, seconds: float = 20) -> str:
    """Give the page at an address, waiting for it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of the lab
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.2)


@pytest.mark.alone
def test_a_stopped_lab_comes_back_with_its_data(checkout: Path) -> None:
    state = lab.status(checkout)
    ssh(checkout, "staging", "mkdir -p deployments && echo kept > deployments/file")
    ssh(checkout, "staging", "docker run -d --name web --restart unless-stopped -p 80:80 nginx:1.30")
    ssh(checkout, "staging", "docker run -d --name store --restart unless-stopped redis:8 --save 900 1")
    ssh(checkout, "staging", "docker exec store redis-cli set key value")
    assert "Welcome to nginx!" in serves(f"http://127.0.0.1:{state.server('staging').http_port}")
    names = [Layout.of(checkout).part(part) for part in ("registry", "mirror", *ENVIRONMENTS)]
    call("docker", "stop", *names)
    assert not lab.status(checkout).is_up
    assert lab.status(checkout).to_json()["registry"] is None
    again, seconds = up(checkout)
    assert again == state
    assert seconds < 20
    assert ssh(checkout, "staging", "cat deployments/file").stdout == "kept\n"
    assert "Welcome to nginx!" in serves(f"http://127.0.0.1:{state.server('staging').http_port}")
    assert ssh(checkout, "staging", "docker exec store redis-cli get key").stdout == "value\n"
    ssh(checkout, "staging", "docker rm -f web store")


def test_an_engine_that_dies_comes_back_and_its_containers_never_stop(checkout: Path) -> None:
    ssh(checkout, "production", "docker run -d --name store redis:8")
    started = ssh(checkout, "production", "docker inspect --format '{{.State.StartedAt}}' store").stdout
    call("docker", "exec", Layout.of(checkout).part("production"), "pkill", "-KILL", "-x", "dockerd")
    lab.up(checkout, lambda _: None)
    deadline = time.monotonic() + 20
    line = "docker inspect --format '{{.State.StartedAt}}' store"
    while (done := ssh(checkout, "production", line, check=False)).returncode:
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.2)
    assert done.stdout == started
    ssh(checkout, "production", "docker rm -f store")


def test_half_a_lab_is_completed(checkout: Path) -> None:
    state = lab.status(checkout)
    layout = Layout.of(checkout)
    call("docker", "rm", "--force", layout.part("mirror"), layout.part("production"))
    call(
        "docker", "create", "--name", layout.part("production"), "--label", f"dev.shiplane.lab={layout.name}", "redis:8"
    )
    assert not lab.status(checkout).is_up
    assert up(checkout)[0] == state
    assert ssh(checkout, "production", "docker version >/dev/null && hostname").stdout == "production\n"


def test_a_lab_without_its_record_is_made_anew(other: Path) -> None:
    first, _ = up(other)
    Layout.of(other).state_file.unlink()
    reports: list[str] = []
    second = lab.up(other, reports.append)
    assert second.is_up
    assert "removing what is left of a lab whose state file is gone" in reports
    assert ssh(other, "staging", "hostname").stdout == "staging\n"
    assert {server.name for server in first.servers} == {server.name for server in second.servers}


def test_a_port_taken_meanwhile_is_named_and_the_lab_is_not_wedged(checkout: Path) -> None:
    layout = Layout.of(checkout)
    record = load_record(layout)
    assert record is not None
    call("docker", "stop", layout.part("production"))
    port = record.ports["production-http"]
    thief = call("docker", "run", "-d", "--rm", "--publish", f"127.0.0.1:{port}:80", "redis:8").stdout.strip()
    try:
        with pytest.raises(PortTaken, match=f"port {port} "):
            lab.up(checkout, lambda _: None)
    finally:
        call("docker", "rm", "--force", "--volumes", thief)
    assert up(checkout)[0].is_up


class WithoutPrivileges(LocalRunner):
    """Refuse privileged containers, as some engines do."""

    def run(self, command: Command, **options: object) -> Completed:
        """Refuse what asks for every privilege."""
        if "--privileged" in command.argv:
            return Completed(125, "", "unable to apply caps: operation not permitted", 0.0)
        return super().run(command, **options)  # type: ignore[arg-type]


def test_a_lab_works_where_containers_may_not_be_privileged(other: Path) -> None:
    layout = Layout.of(other)
    groups = ("sh", "-c", f"find /sys/fs/cgroup -type d -name '{layout.name}*'")
    state = lab.up(other, lambda _: None, WithoutPrivileges(other, os.environ))
    assert state.is_up
    assert (
        call("docker", "inspect", "--format", "{{.HostConfig.Privileged}}", state.servers[0].name).stdout == "false\n"
    )
    ssh(other, "staging", "docker run -d --memory 64m -p 80:80 --name web nginx:1.30")
    assert "Welcome to nginx!" in serves(f"http://127.0.0.1:{state.server('staging').http_port}")
    assert call(*groups).stdout != ""
    lab.down(other)
    assert call(*groups).stdout == ""
