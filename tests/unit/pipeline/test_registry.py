from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import HARD
from shiplane.commands.login import RegistryLogin
from shiplane.errors import (
    CredentialHelperFailed,
    RegistryBroken,
    RegistryCut,
    RegistryForbids,
    RegistryLacks,
    RegistryLimited,
    RegistryRefused,
    RegistryUnauthorized,
    RegistryUntrusted,
    TimeLimit,
    Unreachable,
)
from shiplane.model import Secret
from shiplane.pipeline.registry import Registry, session
from shiplane.pipeline.registry_tries import TRIES, Patience
from shiplane.runners.base import Cancel
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.model import Command
    from shiplane.runners.base import Completed

REFERENCE = "registry.test:40404/acme/app-backend:1.0.0-404401403abc"
LOGIN = RegistryLogin("registry.test", "me", Secret("REGISTRY_PASSWORD", HARD))


def asked(text: str, code: int = 1) -> Registry:
    return Registry(RecordingRunner([("docker", text, code)]), "", lambda _line: None, None)


def test_a_digest() -> None:
    assert asked('{"digest": "sha256:abc"}', 0).digest(REFERENCE) == "sha256:abc"


@pytest.mark.parametrize(
    "text",
    [
        f"ERROR: {REFERENCE}: not found",
        "ERROR: manifest unknown: manifest unknown",
        "ERROR: name unknown: repository name not known to registry",
        "ERROR: unexpected status from HEAD request to https://registry.test/v2/x: 404 Not Found",
    ],
)
def test_what_is_not_there(text: str) -> None:
    assert asked(text).digest(REFERENCE) is None


@pytest.mark.parametrize(
    "text",
    [
        f'ERROR: failed to do request: Head "https://{REFERENCE}": dial tcp 127.0.0.1:40404: connection refused',
        "permission denied while trying to connect to the Docker daemon socket",
    ],
)
def test_a_registry_that_does_not_answer_is_not_taken_for_an_empty_one(text: str) -> None:
    with pytest.raises(Unreachable, match=r"^registry registry\.test:40404 does not answer for ") as caught:
        asked(text).digest(REFERENCE)
    assert caught.value.fix == "check its address and the network"
    assert caught.value.details == (text,)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("unauthorized: authentication required", RegistryUnauthorized),
        ("denied: permission_denied: write_package", RegistryForbids),
        ("toomanyrequests: slow down", RegistryLimited),
        ("received unexpected HTTP status: 500 Internal Server Error", RegistryBroken),
        ("unexpected EOF", RegistryCut),
        ("x509: certificate signed by unknown authority", RegistryUntrusted),
        ('error getting credentials - err: exec: "docker-credential-x": not there', CredentialHelperFailed),
    ],
)
@pytest.mark.parametrize("order", ["digest", "raw", "push", "pull"])
def test_each_failure_has_its_word(text: str, wanted: type[Unreachable], order: str) -> None:
    made = asked(text)
    made.patience = Patience(made.say, sleep=lambda _seconds: None)
    with pytest.raises(wanted, match=r"registry\.test:40404") as caught:
        getattr(made, order)(REFERENCE)
    assert caught.value.exit_code == 4
    assert caught.value.details == (text,)
    tries = TRIES if wanted in (RegistryLimited, RegistryBroken, RegistryCut) else 1
    assert len(made.runner.commands) == tries  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["name unknown: The repository does not exist", "404 Not Found"])
@pytest.mark.parametrize("order", ["push", "pull"])
def test_what_a_registry_lacks_is_asked_for_once(text: str, order: str) -> None:
    made = asked(text)
    with pytest.raises(RegistryLacks, match=r"registry\.test:40404 has no ") as caught:
        getattr(made, order)(REFERENCE)
    assert caught.value.details == (text,)
    assert len(made.runner.commands) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("tag", ["1.0.0-40426a0b1c2d", "1.0.0-40126a0b1c2d", "404", "401", "not-found", "denied"])
@pytest.mark.parametrize("order", ["digest", "push", "pull"])
def test_our_own_names_are_no_answer(order: str, tag: str) -> None:
    reference = f"registry.test:40126/unauthorized/app-backend:{tag}"
    url = f"http://registry.test:40126/v2/unauthorized/app-backend/manifests/{tag}"
    text = f'{reference}: Head "{url}": dial tcp 127.0.0.1:40126: connect: connection refused'
    made = asked(text)
    made.patience = Patience(made.say, sleep=lambda _seconds: None)
    with pytest.raises(Unreachable, match="does not answer for"):
        getattr(made, order)(reference)


def test_a_manifest_as_it_stands() -> None:
    assert asked('{"layers": []}', 0).raw(REFERENCE) == '{"layers": []}'
    assert asked(f"ERROR: {REFERENCE}: not found").raw(REFERENCE) == ""
    with pytest.raises(Unreachable, match="does not answer for"):
        asked("connection refused").raw(REFERENCE)


class Hanging(RecordingRunner):
    """Reach the time limit of each command."""

    def run(self, command: Command, **words: object) -> Completed:
        del words
        raise TimeLimit(command.argv[0], command.timeout or 0, command.masked())


def opened(runner: RecordingRunner) -> str:
    """Log in, and leave again; the folder of the credentials is given."""
    with session(runner, LOGIN, {"DOCKER_CONFIG": "/nowhere"}) as registry:
        assert runner.commands == []
        return registry.config


def test_a_registry_that_hangs_does_not_answer() -> None:
    with pytest.raises(Unreachable, match=r"registry registry\.test:40404 does not answer within 60 s"):
        Registry(Hanging(), "", lambda _line: None, Cancel()).digest(REFERENCE)
    with pytest.raises(Unreachable, match=r"registry registry\.test does not answer within 60 s"):
        opened(Hanging())
    ended = Cancel()
    ended.set(TimeLimit("publish", 2700))
    with pytest.raises(TimeLimit):
        Registry(Hanging(), "", lambda _line: None, ended).digest(REFERENCE)


def test_pushing_and_pulling_are_told() -> None:
    runner, said = RecordingRunner([("push", "sha256:abc", 0)]), []
    registry = Registry(runner, "/private", said.append, None)
    registry.push("r/a:1")
    registry.pull("r/a:1")
    assert [command.argv for command in runner.commands] == [
        ("docker", "push", "--quiet", "r/a:1"),
        ("docker", "pull", "--quiet", "r/a:1"),
    ]
    assert {command.env for command in runner.commands} == {(("DOCKER_CONFIG", "/private"),)}
    pushed, pulled = (f"$ DOCKER_CONFIG=/private docker {verb} --quiet r/a:1" for verb in ("push", "pull"))
    assert said == [pushed, "sha256:abc", pulled]


class Watching(RecordingRunner):
    """Look at the folder of credentials while a command runs."""

    def __init__(self, look: Callable[[str], None], code: int = 0, text: str = "") -> None:
        super().__init__([("docker", text, code)])
        self.look = look

    def run(self, command: Command, **words: object) -> Completed:
        self.look(command.environment()["DOCKER_CONFIG"])
        return super().run(command, **words)  # type: ignore[arg-type]


def test_a_login_leaves_nothing_behind(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for name in ("cli-plugins", "buildx", "another"):
        (own / name).mkdir(parents=True)
    others = {"auths": {"ghcr.io": {"auth": "another"}}, "currentContext": "desktop-linux"}
    settings = {**others, "auths": {**others["auths"], "registry.test": {"auth": "secret"}}}  # type: ignore[dict-item]
    (own / "config.json").write_text(json.dumps(settings))
    seen: list[tuple[str, int, list[str], str]] = []

    def look(folder: str) -> None:
        path = type(tmp_path)(folder)
        names = sorted(file.name for file in path.iterdir())
        seen.append((folder, path.stat().st_mode & 0o777, names, (path / "config.json").read_text()))

    runner = Watching(look)
    with session(runner, LOGIN, {"DOCKER_CONFIG": str(own)}) as registry:
        folder = registry.config
    [login] = runner.commands
    assert login.argv == ("docker", "login", "--username", "me", "--password-stdin", "registry.test")
    assert login.input_text() == HARD
    assert HARD not in login.masked() + " ".join(login.argv)
    [(place, mode, names, text)] = seen
    assert (place, mode, names) == (folder, 0o700, ["buildx", "cli-plugins", "config.json"])
    assert json.loads(text) == others
    assert not type(tmp_path)(folder).exists()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Error response from daemon: login attempt failed with status: 401 Unauthorized", RegistryRefused),
        ("unauthorized: incorrect username or password", RegistryRefused),
        ("login attempt to https://registry.test/v2/ failed with status: 404 Not Found", Unreachable),
        ("dial tcp 127.0.0.1:40100: connect: connection refused", Unreachable),
        ('Get "https://registry.test/v2/?me=401": connect: connection refused', Unreachable),
    ],
)
def test_a_login_that_fails_leaves_nothing_either(text: str, kind: type[Unreachable]) -> None:
    folders: list[str] = []
    with pytest.raises(Unreachable) as caught:
        opened(Watching(folders.append, 1, text))
    assert type(caught.value) is kind
    assert caught.value.exit_code == 4
    [folder] = folders
    with pytest.raises(FileNotFoundError):
        open(folder)  # noqa: PTH123, SIM115 - it is gone


def test_without_a_login_the_machine_s_own_is_used() -> None:
    runner = RecordingRunner()
    with session(runner, None, {}) as registry:
        registry.push("r/a:1")
    assert [command.env for command in runner.commands] == [()]
