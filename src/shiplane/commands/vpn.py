"""Joining the VPN for one run, as an ephemeral, tagged node, and leaving it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Sequence


PROGRAM = "tailscale"
INSTALL = 'install it, or set provider = "none" in [tool.shiplane.vpn]'
"""What to do where the program is not there: nothing of this project brings it."""
_IN = ("Running", "Starting")


def status() -> Command:
    """Ask whether this machine is in the VPN."""
    return Command((PROGRAM, "status", "--json", "--peers=false"), timeout=20)


def is_joined(answer: str) -> bool:
    """Read the answer of `status`; what is no answer is a no."""
    try:
        return bool(json.loads(answer)["BackendState"] == "Running")
    except (ValueError, KeyError, TypeError):
        return False


def called(answer: str) -> str:
    """Read from the answer of `status` what this machine is called in the VPN; empty where it is not in it."""
    try:
        found = json.loads(answer)
        return str(found["Self"]["HostName"]) if found["BackendState"] in _IN else ""
    except (ValueError, KeyError, TypeError):
        return ""


def hostname(environment: str) -> str:
    """Give what a machine is called that joined for an environment; by it is known what a run left behind."""
    return f"shiplane-{environment}"


def up(client_secret: Secret, tags: Sequence[str], hostname: str) -> Command:
    """Log in by an OAuth client secret, read from standard input so that no process list shows it."""
    key = Secret(client_secret.name, f"{client_secret.value}?ephemeral=true&preauthorized=true")
    flags = ("--auth-key", "file:/dev/stdin", f"--advertise-tags={','.join(tags)}", f"--hostname={hostname}")
    return Command((PROGRAM, "up", *flags, "--timeout=60s"), stdin=key, timeout=90)


def ping(address: str) -> Command:
    """Ask a server once whether it answers through the VPN, if only over a relay; of several pings none is left out."""
    return Command((PROGRAM, "ping", "--c", "1", "--until-direct=false", "--timeout", "5s", address), timeout=20)


def logout() -> Command:
    """Leave the VPN; an ephemeral node disappears with it."""
    return Command((PROGRAM, "logout"), timeout=30)
