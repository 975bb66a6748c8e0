"""The VPN's command lines, against a transcript with the shape of the real client."""

from __future__ import annotations

from samples import HARD
from shiplane.commands import vpn
from shiplane.model import Secret
from shiplane.runners.base import Masker

# `tailscale up --help` and `tailscale ping --help` list these flags among others.
UP_FLAGS = {"--auth-key", "--advertise-tags", "--hostname", "--timeout"}
PING_FLAGS = {"--c", "--until-direct", "--timeout"}


def flags(argv: tuple[str, ...]) -> set[str]:
    return {word.partition("=")[0] for word in argv if word.startswith("--")}


def test_joining_reads_the_key_from_standard_input() -> None:
    up = vpn.up(Secret("TS_OAUTH_SECRET", HARD), ("tag:ci", "tag:deploy"), "shiplane-staging")
    assert up.argv == (
        *("tailscale", "up", "--auth-key", "file:/dev/stdin", "--advertise-tags=tag:ci,tag:deploy"),
        *("--hostname=shiplane-staging", "--timeout=60s"),
    )
    assert flags(up.argv) == UP_FLAGS
    assert up.input_text() == f"{HARD}?ephemeral=true&preauthorized=true"
    assert up.env == ()
    assert HARD not in " ".join(up.argv) + up.masked() + repr(up)


def test_the_client_s_answers_are_shown_without_the_key() -> None:
    key = Secret("TS_OAUTH_SECRET", "tskey-client-kABC-x)$'1")
    up = vpn.up(key, ("tag:ci",), "shiplane-staging")
    masker = Masker((key, *up.secrets()))
    assert masker.mask(f"invalid key: API key {up.input_text()} not valid") == "invalid key: API key *** not valid"
    assert masker.mask(f"invalid key: API key {key.value} not valid") == "invalid key: API key *** not valid"


def test_waiting_and_leaving() -> None:
    ping = vpn.ping("100.64.0.1")
    assert ping.argv == (*("tailscale", "ping", "--c", "1", "--until-direct=false", "--timeout", "5s", "100.64.0.1"),)
    assert flags(ping.argv) == PING_FLAGS
    assert vpn.logout().argv == ("tailscale", "logout")
    assert [command.timeout for command in (ping, vpn.logout())] == [20, 30]
