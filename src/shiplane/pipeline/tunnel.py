"""The way to servers behind a VPN: joined for as long as it is needed, and left again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import vpn
from shiplane.errors import Unreachable
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shiplane.model import Command, Secret
    from shiplane.runners.base import Cancel, Completed, Runner

PATIENCE_SECONDS = 60.0
"""So long a server may take to answer: the way to it is found after the VPN was joined."""
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Join the VPN with an OAuth client's secret, as a node with these tags; raises `Unreachable`."""

    runner: Runner
    tags: tuple[str, ...]
    secret: Secret
    say: Callable[[str], None]
    cancel: Cancel
    clock: Callable[[], float] = now

    def join(self, environment: str, at_close: list[Callable[[], object]]) -> None:
        """Join, and add to `at_close` how to leave; a machine that is in the VPN already stays in it."""
        if vpn.is_joined(self.runner.run(vpn.status(), cancel=self.cancel).stdout):
            return
        # First: what is cut off half way has to be left too.
        at_close.append(lambda: self.runner.run(vpn.logout()))
        done = self._run(vpn.up(self.secret, self.tags, vpn.hostname(environment)))
        if not done.ok:
            fix = "check TS_OAUTH_CLIENT_ID, TS_OAUTH_SECRET and the tags that the client may give"
            raise Unreachable("the VPN cannot be joined", fix, done.tail())

    def reach(self, address: str) -> None:
        """Wait until a server answers once; raises `Unreachable`."""
        ping = vpn.ping(address)
        until = self.clock() + PATIENCE_SECONDS
        done = self._run(ping)
        while not done.ok and self.clock() < until:
            # Where there is no way yet the client says so at once.
            self.cancel.sleep(_PAUSE_SECONDS)
            done = self.runner.run(ping, on_line=self.say, cancel=self.cancel)
        if not done.ok:
            fix = f"see that it is up and in the VPN, and that the VPN's rules let {', '.join(self.tags)} reach it"
            raise Unreachable(f"{address} does not answer in the VPN", fix, done.tail())

    def _run(self, command: Command) -> Completed:
        self.say(f"$ {command.masked()}")
        return self.runner.run(command, on_line=self.say, cancel=self.cancel)


def left_behind(runner: Runner, environments: Iterable[str]) -> str:
    """Give what this machine is called in the VPN where a run for one of these joined it; empty where none did."""
    ours = [vpn.hostname(environment) for environment in environments]
    name = vpn.called(runner.run(vpn.status()).stdout) if ours else ""
    return name if name in ours else ""


def leave(runner: Runner) -> None:
    """Leave the VPN; raises `Unreachable`."""
    done = runner.run(vpn.logout())
    if not done.ok:
        raise Unreachable("the VPN cannot be left", "run tailscale logout on this machine", done.tail())
