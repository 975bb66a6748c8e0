"""This machine's side of the registry: a login that leaves nothing behind, digests, pushes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from shiplane.commands import cache, engine, image
from shiplane.errors import RegistryRefused, StepFailed, TimeLimit, Unreachable
from shiplane.facts import docker_login, image_manifest, registry_answer
from shiplane.model import Command
from shiplane.pipeline.registry_digests import Digests
from shiplane.pipeline.registry_tries import TRIES, Patience
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from shiplane.commands.login import RegistryLogin
    from shiplane.runners.base import Cancel, Completed, Runner
    from shiplane.runners.http import Http

_AT_ONCE = 8
_NOT_SENT = "failed to push"
"""What the builder says where a registry does not take what it built."""


class Registry:
    """Ask and fill a registry with the client settings of `config` (a DOCKER_CONFIG folder, or empty).

    What may pass is tried again with `patience`; `digests` asks without the client, where that is possible.
    """

    def __init__(  # noqa: PLR0913 - what it needs of the world, each by name
        self,
        runner: Runner,
        config: str | Callable[[], str],
        say: Callable[[str], None],
        cancel: Cancel | None,
        patience: Patience | None = None,
        digests: Digests | None = None,
    ) -> None:
        self.runner = runner
        self.say = say
        self.cancel = cancel
        self.patience = patience or Patience(say, cancel)
        self._config = config
        self._digests = digests
        self._lock = Lock()

    @property
    def config(self) -> str:
        """Give the folder of the client's settings; the first who needs it logs in, and may meet `Unreachable`."""
        with self._lock:
            if not isinstance(self._config, str):
                self._config = self._config()
            return self._config

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """Give what lets a command use that folder; nothing where it is the client's own."""
        return (("DOCKER_CONFIG", self.config),) if self.config else ()

    def log_in(self) -> Registry:
        """Log in now, where the client is surely needed, and give itself; raises `Unreachable`."""
        _ = self.config
        return self

    def digest(self, reference: str) -> str | None:
        """Give the digest that a reference has in the registry; None where there is none."""
        told = self._digests.find(reference) if self._digests else None
        if told is not None:
            return told or None
        found = self._ask(engine.manifest(reference), reference)
        return str(json.loads(found)["digest"]) if found else None

    def lacks(self, reference: str, blobs: Collection[str]) -> bool:
        """Tell whether the registry says of one of the blobs, beside a reference, that it has none."""
        return self._digests.lacks(reference, blobs) if self._digests else False

    def raw(self, reference: str) -> str:
        """Give the manifest of a reference as it stands there; empty where there is none."""
        return self._ask(cache.manifest(reference), reference)

    def parts(self, pinned: str) -> dict[str, tuple[str, ...]]:
        """Give the images that a digest stands for, one a platform, and what each is made of, settings first."""
        repository, _, digest = pinned.partition("@")
        text = self.raw(pinned)
        listed = image_manifest.images(text)
        texts = {each: self.raw(f"{repository}@{each}") for each in listed} or {digest: text}
        return {each: image_manifest.parts(found) for each, found in texts.items()}

    def described(self, reference: str) -> str:
        """Give all that the registry tells of an image, as `facts.described` reads it; empty where there is none."""
        return self._ask(image.described(reference), reference)

    def digests(self, references: Collection[str]) -> dict[str, str]:
        """Give the digests of those references that the registry has, asked for side by side."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = zip(references, pool.map(self.digest, references), strict=True)
            return {reference: digest for reference, digest in found if digest is not None}

    def push(self, reference: str) -> None:
        """Send a local image; raises `Unreachable` where the registry does not take it."""
        self._transfer(engine.push(reference), reference)

    def pull(self, reference: str) -> None:
        """Fetch an image into the local engine; raises `Unreachable` where the registry does not give it."""
        self._transfer(engine.pull(reference), reference)

    def receive(self, building: Command, repository: str) -> None:
        """Let a builder send what it builds; raises `StepFailed`, or `Unreachable` where the registry does not take it.

        One that it does not reach is tried twice alone: it need not see what this machine sees.
        """
        self._transfer(building, repository, _NOT_SENT, silent=2)

    def name(self, pinned: str, reference: str) -> None:
        """Let a tag name what the registry holds; what is an index there keeps its digest."""
        self._transfer(image.name(pinned, reference), reference)

    def _ask(self, question: Command, reference: str) -> str:
        """Give the answer about a reference; empty where the registry says that it has none."""
        host = registry_answer.host_of(reference)

        def once() -> str:
            done = _answered(self.runner, self._with(question), host, self.cancel)
            absent = not done.ok and registry_answer.kind(done.output, *registry_answer.names(reference)) == "absent"
            if not done.ok and not absent:
                raise registry_answer.failure(reference, done)
            return done.stdout if done.ok else ""

        return self.patience.until(once, host)

    def _transfer(self, plain: Command, reference: str, mark: str = "", *, silent: int = TRIES) -> None:
        """Send or fetch; what fails without `mark` in its words is no fault of the registry."""
        command = self._with(plain)

        def once() -> None:
            self.say(f"$ {command.masked()}")
            done = self.runner.run(command, on_line=self.say, cancel=self.cancel)
            if done.ok:
                return
            told = [line for line in done.output.splitlines() if mark in line]
            if mark and not told:
                raise StepFailed("the builder failed", "mend what is named above", done.tail())
            raise registry_answer.failure(reference, replace(done, output="\n".join(told)))

        self.patience.until(once, registry_answer.host_of(reference), silent=silent)

    def _with(self, command: Command) -> Command:
        return replace(command, env=(*command.env, *self.variables))


@contextmanager
def session(  # noqa: PLR0913 - what a login needs of the world, each by name
    runner: Runner,
    login: RegistryLogin | None,
    environ: Mapping[str, str],
    say: Callable[[str], None] = lambda _line: None,
    cancel: Cancel | None = None,
    http: Http | None = None,
) -> Iterator[Registry]:
    """Open a registry for a while; the credentials stand in a private folder that is removed afterwards.

    Nobody is logged in before the Docker client is needed. `http` asks for digests, and for how long one wants
    to be left alone.
    """
    words = (say, cancel, Patience(say, cancel, http), Digests(http, login) if http else None)
    if login is None:
        yield Registry(runner, "", *words)
        return
    with ExitStack() as stack:

        def log_in() -> str:
            place = stack.enter_context(temporary.folder("login"))
            _copy_client_settings(Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker"), place, login.registry)
            argv = ("docker", "login", "--username", login.user, "--password-stdin", login.registry)
            command = Command(argv, env=(("DOCKER_CONFIG", str(place)),), stdin=login.password, timeout=60)

            def once() -> None:
                done = _answered(runner, command, login.registry, cancel)
                if not done.ok:
                    raise _login_failure(login, done)

            opened.patience.until(once, login.registry)
            return str(place)

        opened = Registry(runner, log_in, *words)
        yield opened


def _answered(runner: Runner, command: Command, registry: str, cancel: Cancel | None) -> Completed:
    """Ask; raises `Unreachable` where no answer comes in the question's own time."""
    try:
        return runner.run(command, cancel=cancel)
    except TimeLimit as error:
        if cancel is not None and cancel.is_set():  # the step's time is over
            raise
        cause = f"registry {registry} does not answer within {command.timeout:g} s"
        raise Unreachable(cause, "check its address and the network") from error


def _copy_client_settings(source: Path, target: Path, registry: str) -> None:
    """Keep plugins, the chosen engine (Docker Desktop has both there), the chosen builder and other registries' logins.

    No program keeps what we log in with: it would have it after the run.
    """
    for name in ("cli-plugins", "contexts", "buildx"):
        if (source / name).exists():
            (target / name).symlink_to(source / name)
    try:
        settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    file = target / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(docker_login.without(settings, registry)), encoding="utf-8")


def _login_failure(login: RegistryLogin, done: Completed) -> Unreachable:
    if registry_answer.kind(done.output, login.registry, login.user) in ("unauthorized", "forbidden"):
        return RegistryRefused(login.registry, login.user)
    return registry_answer.failure(login.registry, done, "the login")
