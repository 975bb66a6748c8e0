from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import UsageError
from shiplane.facts import listeners
from shiplane.facts.listeners import Listener, Published
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Command
    from shiplane.runners.base import Completed

SS = """\
LISTEN 0      4096       127.0.0.1:8080       0.0.0.0:*    users:(("docker-proxy",pid=41,fd=4),("x",pid=42,fd=4))
LISTEN 0      128          0.0.0.0:22         0.0.0.0:*
LISTEN 0      128             [::]:5432          [::]:*    users:(("postgres",pid=7,fd=3))
LISTEN 0      128    127.0.0.53%lo:53         0.0.0.0:*
LISTEN 0      128                *:9000             *:*
"""
LSOF = "p41\ncpython3.11\nf3\nn*:8080\nn[::1]:8081\np7\ncpostgres\nf5\nn127.0.0.1:5432\n"
DOCKER = (
    "app-dev-proxy-1\tapp-dev\t/work/app\t0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp\n"
    "plain\t\t\t127.0.0.1:9000-9001->9000-9001/tcp, 127.0.0.1:53->53/udp\n"
    "quiet\t\t\t\n"
)


def test_what_ss_says() -> None:
    assert listeners.parse_ss(SS) == (
        Listener("127.0.0.1", 8080, "docker-proxy", 41),
        Listener("*", 22),
        Listener("*", 5432, "postgres", 7),
        Listener("127.0.0.53", 53),
        Listener("*", 9000),
    )


def test_what_lsof_says() -> None:
    assert listeners.parse_lsof(LSOF) == (
        Listener("*", 8080, "python3.11", 41),
        Listener("::1", 8081, "python3.11", 41),
        Listener("127.0.0.1", 5432, "postgres", 7),
    )


def test_what_the_engine_says() -> None:
    assert listeners.parse_published(DOCKER) == (
        Published("app-dev-proxy-1", "app-dev", "/work/app", "*", 8080),
        Published("app-dev-proxy-1", "app-dev", "/work/app", "*", 8080),
        Published("plain", "", "", "127.0.0.1", 9000),
        Published("plain", "", "", "127.0.0.1", 9001),
    )


class Mac(RecordingRunner):
    """Have no ss."""

    def run(self, command: Command, **words: object) -> Completed:
        if command.argv[0] == "ss":
            raise UsageError("ss is not on this machine", "run ./scripts/bootstrap")
        return super().run(command, **words)  # type: ignore[arg-type]


def test_without_ss_lsof_is_asked() -> None:
    found = listeners.survey(Mac([("lsof", LSOF, 0), ("docker ps", "no engine", 1)]))
    assert [one.port for one in found.listeners] == [8080, 8081, 5432]
    assert found.published == ()
