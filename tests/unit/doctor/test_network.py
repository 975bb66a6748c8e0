from __future__ import annotations

from email.utils import formatdate

import pytest

from samples import HARD
from shiplane.doctor import network
from shiplane.doctor.network import Asked, Name, Proxy
from shiplane.facts.machine import Authority

NOW = 1_800_000_000.0


def test_proxies_are_read_without_their_passwords() -> None:
    environ = {
        "HTTPS_PROXY": "http://me:secret-of-mine@proxy.test:3128",
        "http_proxy": "proxy.test",
        "ALL_PROXY": "socks5://[2001:db8::1]",
        "NO_PROXY": "localhost",
    }
    found = list(network.proxies(environ))
    assert found == [
        Proxy("HTTPS_PROXY", "proxy.test", 3128),
        Proxy("http_proxy", "proxy.test", 80),
        Proxy("ALL_PROXY", "2001:db8::1", 1080),
    ]
    assert "secret-of-mine" not in repr(found)
    assert list(network.proxy(found)) == []


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://proxy.test:port", "it is no address"),
        ("ftp://proxy.test", "ftp is no kind of proxy"),
        ("http://", "it names no host"),
        (f"http://me:{HARD}@proxy.test", "it"),
    ],
)
def test_a_proxy_that_is_none(address: str, problem: str) -> None:
    [found] = network.proxy(network.proxies({"HTTPS_PROXY": address}))
    assert found.what.startswith(f"HTTPS_PROXY names a proxy that cannot be used: {problem}")
    assert HARD not in found.what + found.fix


def test_authorities() -> None:
    assert list(network.authorities([Authority("SSL_CERT_FILE", "/ca.pem", "", 150, 149)])) == []
    found = network.authorities(
        [
            Authority("SSL_CERT_FILE", "/ca.pem", "No such file or directory"),
            Authority("PIP_CERT", "/empty.pem"),
            Authority("TLS_CA", "/old.pem", "", 1, 0),
        ]
    )
    assert [one.what for one in found] == [
        "SSL_CERT_FILE names /ca.pem, which cannot be read: No such file or directory",
        "PIP_CERT names /empty.pem, which holds no certificate",
        "TLS_CA names /old.pem, whose certificates have all expired",
    ]


@pytest.mark.parametrize("status", [200, 401])
def test_a_registry_that_answers(status: int) -> None:
    assert list(network.registry(Asked("ghcr.io", NOW, status, formatdate(NOW + 20)))) == []
    assert list(network.registry(Asked("ghcr.io", NOW, status, "some day"))) == []


@pytest.mark.parametrize(
    ("problem", "what"),
    [
        ("https://ghcr.io/v2/ does not answer: [Errno -2] Name or service not known", "ghcr.io has no address"),
        ("https://ghcr.io/v2/ does not answer: [Errno 8] nodename nor servname provided", "ghcr.io has no address"),
        ("… [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "the certificate of ghcr.io is not trusted"),
        ("https://ghcr.io/v2/ does not answer: timed out", "ghcr.io does not answer"),
    ],
)
def test_a_registry_that_does_not(problem: str, what: str) -> None:
    assert [found.what for found in network.registry(Asked("ghcr.io", NOW, problem=problem))] == [what]


def test_something_else_in_the_place_of_a_registry_and_a_clock_that_is_wrong() -> None:
    found = network.registry(Asked("ghcr.io", NOW, 404, formatdate(NOW + 3600)))
    assert [one.what for one in found] == ["ghcr.io answers 404", "the clock is 60 minutes behind that of ghcr.io"]


def test_names() -> None:
    well = [Name("localhost", "x", ("::1", "127.0.0.1")), Name("staging.test", "x", ("192.0.2.1",))]
    assert list(network.names(well)) == []
    lost = [Name("localhost", "x", ("192.0.2.1",)), Name("staging.test", "x", (), "staging.test has no address: no")]
    assert [found.what for found in network.names(lost)] == [
        "localhost is 192.0.2.1, and not this machine",
        "staging.test has no address: no",
    ]
