"""This machine's side of the registry: a login that leaves nothing behind, digests, pushes."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.commands import cache, engine, image
from shiplane.errors import RegistryRefused, Unreachable
from shiplane.model import Command
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from shiplane.commands.login import RegistryLogin
    from shiplane.runners.base import Cancel, Runner

_AT_ONCE = 8
# Whole statuses: bare numbers also stand in commits, ports and digests. What follows a "file", a "command" or a
# "host" is this machine's complaint, as is a "permission denied" (GitHub's registry writes permission_denied).
_ABSENT = re.compile(r"(?<!file )(?<!command )(?<!host )\bnot found\b|\b(manifest|name)[ _]unknown\b")
_REFUSED = re.compile(
    r"\bunauthorized\b|(?<!permission )\bdenied\b|\b403 forbidden\b|\bauthorization failed\b"
    r"|\bauthentication required\b|\bno basic auth credentials\b|\bincorrect username\b"
)


class Registry:
    """Ask and fill a registry with the client settings of `config` (a DOCKER_CONFIG folder, or empty)."""

    def __init__(self, runner: Runner, config: str, say: Callable[[str], None], cancel: Cancel | None) -> None:
        self.runner = runner
        self.config = config
        self.say = say
        self.cancel = cancel

    def digest(self, reference: str) -> str | None:
        """Give the digest that a reference has in the registry; None where there is none."""
        found = self._ask(engine.manifest(reference), reference)
        return str(json.loads(found)["digest"]) if found else None

    def raw(self, reference: str) -> str:
        """Give the manifest of a reference as it stands there; empty where there is none."""
        return self._ask(cache.manifest(reference), reference)

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

    def name(self, pinned: str, reference: str) -> None:
        """Let a tag name what the registry holds; what is an index there keeps its digest."""
        self._transfer(image.name(pinned, reference), reference)

    def _ask(self, question: Command, reference: str) -> str:
        """Give the answer about a reference; empty where the registry says that it has none."""
        done = self.runner.run(self._with(question), cancel=self.cancel)
        if not done.ok and not _ABSENT.search(_said(done.output, *_names(reference))):
            raise _failure(reference, done.tail())
        return done.stdout if done.ok else ""

    def _transfer(self, plain: Command, reference: str) -> None:
        command = self._with(plain)
        self.say(f"$ {command.masked()}")
        done = self.runner.run(command, on_line=self.say, cancel=self.cancel)
        if not done.ok:
            raise _failure(reference, done.tail())

    def _with(self, command: Command) -> Command:
        return replace(command, env=(*command.env, ("DOCKER_CONFIG", self.config))) if self.config else command


@contextmanager
def session(
    runner: Runner,
    login: RegistryLogin | None,
    environ: Mapping[str, str],
    say: Callable[[str], None] = lambda _line: None,
    cancel: Cancel | None = None,
) -> Iterator[Registry]:
    """Open a registry for a while; the credentials stand in a private folder that is removed afterwards."""
    if login is None:
        yield Registry(runner, "", say, cancel)
        return
    with temporary.folder("login") as place:
        folder = str(place)
        _copy_client_settings(Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker"), place)
        argv = ("docker", "login", "--username", login.user, "--password-stdin", login.registry)
        command = Command(argv, env=(("DOCKER_CONFIG", folder),), stdin=login.password, timeout=60)
        done = runner.run(command, cancel=cancel)
        if not done.ok:
            raise _login_failure(login, done.tail())
        yield Registry(runner, folder, say, cancel)


def _copy_client_settings(source: Path, target: Path) -> None:
    """Keep plugins, the chosen engine (Docker Desktop has both there) and the chosen builder, but no credentials."""
    for name in ("cli-plugins", "contexts", "buildx"):
        if (source / name).exists():
            (target / name).symlink_to(source / name)
    try:
        settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    kept = {key: settings[key] for key in ("currentContext", "cliPluginsExtraDirs", "proxies") if key in settings}
    (target / "config.json").write_text(json.dumps(kept), encoding="utf-8")


def _names(reference: str) -> tuple[str, ...]:
    """Give a reference and the parts by which messages name it."""
    registry, _, rest = reference.partition("/")
    name, _, digest = rest.partition("@")
    path, _, tag = name.partition(":")
    return (reference, f"{registry}/{name}", registry, path, tag, digest)


def _said(text: str, *ours: str) -> str:
    """Give what an answer says in lower case, without the names that we gave: they may look like a status."""
    for name in ours:
        if name:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "…", text, flags=re.IGNORECASE)
    return text.lower()


def _login_failure(login: RegistryLogin, lines: tuple[str, ...]) -> Unreachable:
    if _REFUSED.search(_said("\n".join(lines), login.registry, login.user)):
        return RegistryRefused(login.registry, login.user)
    return Unreachable(f"registry {login.registry} does not answer", "check its address and the network", lines)


def _failure(reference: str, lines: tuple[str, ...]) -> Unreachable:
    registry = reference.partition("/")[0]
    if _REFUSED.search(_said("\n".join(lines), *_names(reference))):
        fix = "check the registry's user and password, and that the user may write there"
        return Unreachable(f"registry {registry} refuses {reference}", fix, lines)
    return Unreachable(
        f"registry {registry} does not answer for {reference}", "check its address and the network", lines
    )
