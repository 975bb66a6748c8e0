from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from samples import HARD
from shiplane.commands.login import RegistryLogin
from shiplane.errors import CredentialHelperFailed, UsageError
from shiplane.facts.docker_login import find, without
from shiplane.model import Secret
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Command
    from shiplane.runners.base import Completed

KEPT = json.dumps({"ServerURL": "registry.test", "Username": "me", "Secret": HARD})
LOGIN = RegistryLogin("registry.test", "me", Secret("REGISTRY_PASSWORD", HARD))


class Bench:
    def __init__(self, folder: Path, settings: Any, runner: RecordingRunner | None = None) -> None:  # noqa: ANN401 - JSON
        self.runner = runner or RecordingRunner([("docker-credential", KEPT, 0)])
        self.learnt: list[Secret] = []
        self.environ = {"DOCKER_CONFIG": str(folder)}
        (folder / "config.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))

    def find(self, registry: str = "registry.test") -> RegistryLogin | None:
        return find(self.runner, self.environ, registry, self.learnt.append)


@pytest.mark.parametrize(
    ("settings", "helper"),
    [
        ({"credsStore": "desktop"}, "desktop"),
        ({"credsStore": "desktop", "credHelpers": {"registry.test": "own"}}, "own"),
        ({"credsStore": "desktop", "credHelpers": {"ghcr.io": "gh"}}, "desktop"),
    ],
)
def test_the_program_that_keeps_logins_is_asked(tmp_path: Path, settings: dict[str, Any], helper: str) -> None:
    bench = Bench(tmp_path, settings)
    assert bench.find() == LOGIN
    [command] = bench.runner.commands
    assert command.argv == (f"docker-credential-{helper}", "get")
    assert command.input_text() == "registry.test"
    assert bench.learnt == [LOGIN.password]


def test_docker_s_own_registry_has_a_name_of_its_own(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"credsStore": "desktop"})
    assert bench.find("docker.io") is not None
    assert bench.runner.commands[0].input_text() == "https://index.docker.io/v1/"


def test_the_home_folder_is_looked_at_where_nothing_else_is_said(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    bench = Bench(folder, {"credsStore": "desktop"})
    bench.environ = {"HOME": str(tmp_path)}
    assert bench.find() == LOGIN


@pytest.mark.parametrize("name", ["registry.test", "https://registry.test"])
def test_a_login_in_the_file_itself(tmp_path: Path, name: str) -> None:
    auth = base64.b64encode(f"me:{HARD}".encode()).decode()
    bench = Bench(tmp_path, {"auths": {name: {"auth": auth}}})
    assert bench.find() == LOGIN
    assert bench.runner.commands == []
    assert bench.learnt == [LOGIN.password]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        [],
        "no JSON",
        {"auths": {"ghcr.io": {"auth": "bWU6cA=="}}},
        {"auths": {"registry.test": {}}},
        {"auths": {"registry.test": {"auth": "no base64"}}},
        {"auths": {"registry.test": {"auth": "bWU="}}},
        {"auths": {"registry.test": {"auth": "bWU6", "identitytoken": "x"}}},
        {"credHelpers": [], "auths": []},
    ],
)
def test_there_is_none(tmp_path: Path, settings: object) -> None:
    assert Bench(tmp_path, settings).find() is None


def test_no_file_at_all(tmp_path: Path) -> None:
    assert find(RecordingRunner(), {"DOCKER_CONFIG": str(tmp_path)}, "registry.test", lambda _secret: None) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("credentials not found in native keychain", 1),
        (json.dumps({"ServerURL": "x", "Username": "<token>", "Secret": "x"}), 0),
    ],
)
def test_the_program_has_none_that_a_server_could_use(tmp_path: Path, text: str, code: int) -> None:
    runner = RecordingRunner([("docker-credential-desktop", text, code)])
    assert Bench(tmp_path, {"credsStore": "desktop"}, runner).find() is None


class Missing(RecordingRunner):
    def run(self, command: Command, **words: object) -> Completed:
        del words
        raise UsageError(f"{command.argv[0]} is not on this machine", "run ./scripts/bootstrap")


@pytest.mark.parametrize(
    ("store", "runner", "why"),
    [
        ("desktop", RecordingRunner([("docker-credential", "the keychain is locked", 1)]), "the keychain is locked"),
        ("desktop", RecordingRunner([("docker-credential", f"oops {HARD}", 0)]), "what it prints is no login"),
        ("desktop", RecordingRunner([("docker-credential", '["x"]', 0)]), "what it prints is no login"),
        ("desktop", Missing(), "docker-credential-desktop is not on this machine"),
        ("../../bin/sh", RecordingRunner(), "'../../bin/sh' cannot be the name of one"),
    ],
)
def test_a_program_that_fails(tmp_path: Path, store: str, runner: RecordingRunner, why: str) -> None:
    with pytest.raises(CredentialHelperFailed, match=r"registry\.test") as caught:
        Bench(tmp_path, {"credsStore": store}, runner).find()
    assert caught.value.details == (why,)


TWO = {"auths": {"ghcr.io": {}, "https://index.docker.io/v1/": {}}}


@pytest.mark.parametrize(
    ("settings", "registry", "kept"),
    [
        (TWO, "ghcr.io", {"auths": {"https://index.docker.io/v1/": {}}}),
        (TWO, "docker.io", {"auths": {"ghcr.io": {}}}),
        (
            {**TWO, "credsStore": "desktop", "credHelpers": {"ghcr.io": "ours", "quay.io": "pass"}},
            "ghcr.io",
            {
                "auths": {"https://index.docker.io/v1/": {}},
                "credHelpers": {"https://index.docker.io/v1/": "desktop", "quay.io": "pass"},
            },
        ),
        ({"auths": {"https://ghcr.io": {}}, "HttpHeaders": {"X": "1"}, "proxies": {}}, "ghcr.io", {"proxies": {}}),
        ({"auths": None}, "ghcr.io", {}),
        ([], "ghcr.io", {}),
    ],
)
def test_a_client_of_our_own_has_all_logins_but_the_one_that_it_makes(
    settings: object, registry: str, kept: object
) -> None:
    assert without(settings, registry) == kept
