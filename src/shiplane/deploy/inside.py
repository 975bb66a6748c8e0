"""Running a command in a container that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy.lines import by_kind
from shiplane.errors import NothingDeployed, UnknownName, Unreachable, UsageError
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.audit import Deed
    from shiplane.model import Site
    from shiplane.runners.base import Runner

_SECONDS = 30.0
_LONGEST_WORD = 40


def enter(runner: Runner, site: Site, service: str, deed: Deed, report: Callable[[str], None]) -> str:
    """Give the id of the service's container and write in the audit that it is entered; raises `UnknownName`."""
    words = (site.folder, project(site), service)
    command = remote.script("enter", *words, payload=f"{deed.line()}\n", timeout=_SECONDS).on(site.host.name)
    completed = runner.run(command)
    if not completed.ok:
        cause = f"the container engine on {site.host.name} does not answer"
        raise Unreachable(cause, "check there: docker ps", completed.tail())
    found = by_kind(completed.stdout.splitlines())
    if "service" not in found:
        raise NothingDeployed(site.environment)
    if "container" not in found:
        raise UnknownName("running service", service, found["service"])
    if "unwritten" in found:
        report(f"the audit of {site.environment} could not be written: look at the disk of {site.host.name}")
    return found["container"][0]


def check_words(words: tuple[str, ...]) -> None:
    """Refuse what Docker would change on its way: it carries text in UTF-8, not any bytes."""
    for number, word in enumerate(words, 1):
        if any("\ud800" <= character <= "\udfff" for character in word):
            raise UsageError(f"word {number} of the command is not valid UTF-8", "pass it by standard input")


def exec_command(host: str, container: str, words: tuple[str, ...], *, terminal: bool) -> Command:
    """Run words in a container, their standard input passed on; each word arrives as it is."""
    flags = ("--interactive", "--tty") if terminal else ("--interactive",)
    return Command(("docker", "exec", *flags, container, *words)).on(host)


def first_word(words: tuple[str, ...]) -> str:
    """Name a command by its first word alone: what follows may be secret."""
    return (words[0].split() or [""])[0][:_LONGEST_WORD].encode(errors="replace").decode()
