from __future__ import annotations

from dataclasses import replace

import pytest

from shiplane.cli.hosts import Wanted, make_host, unknown
from shiplane.errors import UsageError
from shiplane.runners.ssh_config import SshSettings

SERVER = Wanted("staging", "192.0.2.1", "deploy", 2222, "/keys/id", "/keys/known")


def test_a_server_that_ssh_does_not_know() -> None:
    host = make_host(SERVER, unknown)
    assert (host.place, host.user, host.key_file) == ("staging (192.0.2.1:2222)", "deploy", "/keys/id")
    assert (host.known_hosts, host.jump, host.agent) == ("/keys/known", None, False)


def test_a_chain_of_jump_hosts_with_a_key_of_their_own() -> None:
    host = make_host(replace(SERVER, jump="ops@one:24, ssh://[2001:db8::1]", jump_key="/keys/jump"), unknown)
    two = host.jump
    assert two is not None
    assert (two.name, two.address, two.port, two.key_file) == (
        "jump host [2001:db8::1]",
        "2001:db8::1",
        22,
        "/keys/jump",
    )
    one = two.jump
    assert one is not None
    assert (one.address, one.user, one.port, one.key_file) == ("one", "ops", 24, "/keys/jump")
    assert (one.known_hosts, one.jump) == ("/keys/known", None)


def test_a_jump_host_without_a_key_takes_the_server_s() -> None:
    jump = make_host(replace(SERVER, jump="one"), unknown).jump
    assert jump is not None
    assert (jump.user, jump.key_file) == ("deploy", "/keys/id")


def test_a_jump_host_that_ssh_knows_keeps_its_own_key() -> None:
    def lookup(name: str, user: str = "", port: int = 0) -> SshSettings:
        return SshSettings(name, user or "ops", port or 22, ("/home/id",), known=name == "one")

    jump = make_host(replace(SERVER, jump="one"), lookup).jump
    assert jump is not None
    assert (jump.user, jump.key_file, jump.identities, jump.agent) == ("ops", "", ("/home/id",), True)


@pytest.mark.parametrize("jump", ["a b", "one:ssh", "me@", "@one", "one,"])
def test_what_is_no_jump_host(jump: str) -> None:
    with pytest.raises(UsageError, match="is no jump host"):
        make_host(replace(SERVER, jump=jump), unknown)


def test_a_ring_of_jump_hosts_ends() -> None:
    def lookup(name: str, user: str = "", port: int = 0) -> SshSettings:
        return SshSettings(name, user, port or 22, jump="one" if name == "two" else "two", known=True)

    with pytest.raises(UsageError, match="through more than 8 jump hosts"):
        make_host(SERVER, lookup)
