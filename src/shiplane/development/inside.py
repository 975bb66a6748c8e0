"""What a person types in a service of the development stack: its own shell, or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import development as commands
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.config import Config
    from shiplane.model import Command

_BASH = ("sh", "-c", "if command -v bash >/dev/null; then exec bash; fi; exec sh")
# The variables of both are the container's: their values stay out of every argument list.
_PSQL = ("sh", "-c", 'exec psql -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-postgres}" "$@"', "psql")
_REDIS = ("sh", "-c", 'export REDISCLI_AUTH="${REDIS_PASSWORD-}"; exec redis-cli "$@"', "redis-cli")
_REDIS_SERVICE = "redis"


def client(config: Config, service: str) -> tuple[str, ...]:
    """Give the words that start a service's own shell, which takes more words; empty where it has none."""
    known = {
        config.release_service: config.development.shell,
        config.backup.service: _PSQL,
        _REDIS_SERVICE: _REDIS,
    }
    return known.get(service, ())


def enter(  # noqa: PLR0913 - what a person can say of it, each by name
    config: Config, service: str, words: Sequence[str], *, bash: bool, own: bool, terminal: bool, user: str
) -> Command:
    """Give what opens a service's own shell or, with `bash`, the system's, or what runs `words` in it.

    With `own` the words are handed to the service's own shell. `user` is whom it runs as, empty for whom the container
    does. Raises `UsageError` where these contradict each other.
    """
    shell = client(config, service)
    if bash and (words or own):
        raise UsageError("--bash opens a shell, and there is a command too", "leave one of them out")
    if own and not shell:
        raise UsageError(f"{service} has no shell of its own", f"write the program too: --service {service} -- sh -c …")
    chosen = (*shell, *words) if own else tuple(words)
    if not chosen:
        chosen = _BASH if bash or not shell else shell
    return commands.inside(service, chosen, terminal=terminal, user=user)
