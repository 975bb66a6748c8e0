"""Which networks this machine already speaks with, so that the servers' containers get another range."""

from __future__ import annotations

import json
import re
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.lab.engine import Engine


def networks(engine: Engine) -> list[str]:
    """Give the engine's networks, the machine's routes and its name servers."""
    names = engine.ask("network", "ls", "--quiet").stdout.split()
    taken = parse_subnets(engine.ask("network", "inspect", "--format", "{{json .IPAM.Config}}", *names).stdout)
    return [*taken, *parse_routes(_read("/proc/net/route")), *parse_name_servers(_read("/etc/resolv.conf"))]


def parse_subnets(text: str) -> list[str]:
    """Read the subnets from one JSON list a line, null where a network has none."""
    return [entry["Subnet"] for line in text.splitlines() for entry in json.loads(line) or () if entry.get("Subnet")]


def parse_routes(text: str) -> list[str]:
    """Read the networks from the kernel's table, where addresses are hexadecimal in the machine's byte order."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return [f"{_address(row[1])}/{_address(row[7])}" for row in rows if len(row) > 7]  # noqa: PLR2004 - Mask column


def parse_name_servers(text: str) -> list[str]:
    """Read the IPv4 name servers from resolv.conf."""
    return re.findall(r"^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$", text, flags=re.MULTILINE)


def _address(hexadecimal: str) -> str:
    return socket.inet_ntoa(struct.pack("=L", int(hexadecimal, 16)))


def _read(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
