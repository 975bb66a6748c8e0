"""Which certificates are taken, and how they go to a server."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from certificates import HOST, NOW, Issued, issue
from shiplane.deploy import tls
from shiplane.deploy.audit import Deed
from shiplane.errors import CertificateUnfit, StepFailed
from shiplane.model import Secret

if TYPE_CHECKING:
    from conftest import World
    from shiplane.model import Site

ROOT = issue()
MIDDLE = issue(signer=ROOT)
LEAF = issue(HOST, "*.shop.test", "192.0.2.1", signer=MIDDLE)


def certificate(chain: str, key: str) -> tls.Certificate:
    found = tls.given("staging", {tls.CERTIFICATE: Secret(tls.CERTIFICATE, chain), tls.KEY: Secret(tls.KEY, key)})
    assert found is not None
    return found


DEED = Deed("certificate", "2026-01-01T00:00:00.000Z", "ada@laptop", "r1", "")
GOOD = certificate(LEAF.pem + MIDDLE.pem, LEAF.key_pem)


def refused(given: tls.Certificate, url: str = f"https://{HOST}") -> str:
    with pytest.raises(CertificateUnfit) as caught:
        tls.check(url, "staging", given, NOW)
    assert "PRIVATE" not in caught.value.cause + caught.value.fix
    return caught.value.cause.removeprefix("staging cannot be served by HTTPS: ")


def of(issued: Issued) -> tls.Certificate:
    return certificate(issued.pem, issued.key_pem)


@pytest.mark.parametrize(
    "url", [f"https://{HOST}", "https://STAGING.test:8443", "https://a.shop.test", "https://192.0.2.1:8443"]
)
def test_a_good_one_is_taken(url: str) -> None:
    tls.check(url, "staging", GOOD, NOW)


@pytest.mark.parametrize("host", ["shop.test", "a.b.shop.test", "other.test", "192.0.2.2", "localhost"])
def test_a_host_that_is_not_covered(host: str) -> None:
    assert refused(GOOD, f"https://{host}") == (f"the certificate covers {HOST}, *.shop.test, 192.0.2.1 and not {host}")


def test_a_certificate_without_names_covers_nothing() -> None:
    assert refused(of(issue())) == f"the certificate covers no name and not {HOST}"


def test_times() -> None:
    ended = issue(HOST, begins=NOW - timedelta(days=91), days=90)
    assert refused(of(ended)) == "the certificate of 'CN=staging.test' ended on 2026-05-31 00:00 UTC"
    later = issue(HOST, begins=NOW + timedelta(days=1))
    assert refused(of(later)) == "the certificate of 'CN=staging.test' begins on 2026-06-02 00:00 UTC"
    old = issue(begins=NOW - timedelta(days=91), days=90)
    beneath = issue(HOST, signer=old)
    assert "'CN=authority " in refused(certificate(beneath.pem + old.pem, beneath.key_pem))


def test_keys() -> None:
    assert refused(certificate(LEAF.pem, MIDDLE.key_pem)) == "TLS_KEY is not the key of TLS_CERTIFICATE"
    # The chain's own order: the key is that of the first.
    assert refused(certificate(MIDDLE.pem + LEAF.pem, LEAF.key_pem)) == "TLS_KEY is not the key of TLS_CERTIFICATE"
    assert refused(certificate(LEAF.pem, LEAF.protected(b"x"))) == "TLS_KEY is protected by a passphrase"
    for text in ("nonsense", LEAF.pem, LEAF.key_pem[:60]):
        assert refused(certificate(LEAF.pem, text)) == "TLS_KEY holds no private key that can be read"


def test_chains() -> None:
    for text in ("nonsense", LEAF.key_pem, LEAF.pem[:90]):
        assert refused(certificate(text, LEAF.key_pem)) == "TLS_CERTIFICATE holds no certificate that can be read"
    assert "is not signed by 'CN=authority " in refused(certificate(LEAF.pem + ROOT.pem, LEAF.key_pem))
    tls.check(f"https://{HOST}", "staging", certificate(LEAF.pem + MIDDLE.pem + ROOT.pem, LEAF.key_pem), NOW)


def test_an_address_without_https() -> None:
    assert refused(GOOD, f"http://{HOST}") == f"a certificate is given and the address is http://{HOST}"


def test_none_and_half_of_one() -> None:
    assert tls.given("staging", {}) is None
    assert tls.given("staging", {tls.KEY: Secret(tls.KEY, " \n")}) is None
    for name, other in ((tls.KEY, tls.CERTIFICATE), (tls.CERTIFICATE, tls.KEY)):
        with pytest.raises(CertificateUnfit, match=f"{name} is set and {other} is not"):
            tls.given("staging", {name: Secret(name, "x")})


def test_both_files_go_for_their_owner_alone_and_by_standard_input(site: Site) -> None:
    command = tls.command(site, "gateway", GOOD, DEED)
    assert command.argv == ("bash", "-s", "certificate", "deployments/app-staging", "app-staging", "gateway")
    text = command.input_text() or ""
    told, packed = text.rsplit("exit\n", 1)[1].split("\n")
    assert json.loads(told) == {"kind": "deed", **asdict(DEED)}
    assert tls.planned(site, "gateway").argv == command.argv
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as tar:
        assert {entry.name: entry.mode for entry in tar} == {"certificate.pem": 0o600, "key.pem": 0o600}
        sent = tar.extractfile("certificate.pem")
        assert sent is not None
        assert hashlib.sha256(sent.read()).hexdigest() == GOOD.digest
    for line in GOOD.key.value.splitlines():
        assert line not in repr(command) + command.masked()


def install(world: World, there: str = "") -> list[str]:
    """Install the certificate and give what was asked of the server."""
    tls.install(world.context, GOOD, there)
    return [" ".join(command.argv[2:]) for command in world.server.commands]


@pytest.mark.parametrize(("said", "told"), [("same", []), ("replaced", ["the certificate is new"])])
def test_what_is_told(world: World, said: str, told: list[str]) -> None:
    world.with_options(proxy_service="gateway")
    world.server.failures = [("bash -s certificate", said, 0)]
    assert install(world) == ["certificate deployments/app-staging app-staging gateway"]
    assert [line.partition(":")[0] for line in world.reports] == told


def test_what_is_there_is_not_sent(world: World) -> None:
    assert install(world, GOOD.digest) == []
    assert world.reports == []


def test_it_is_told_when_a_certificate_ends_soon(world: World) -> None:
    world.time = NOW + timedelta(days=70)
    install(world, GOOD.digest)
    assert world.reports == ["the certificate ends on 2026-08-29: time to renew it"]


def test_a_proxy_that_refuses(world: World) -> None:
    world.server.failures = [("certificate", "nginx: [emerg] cannot load certificate", 1)]
    with pytest.raises(StepFailed, match="staging does not take the certificate and keeps the one before") as caught:
        install(world)
    assert caught.value.details == ("nginx: [emerg] cannot load certificate",)


def test_a_deploy_brings_a_certificate_that_is_not_there(world: World) -> None:
    world.server.deployed("new")
    world.certificate = GOOD
    assert world.deploy("new").run == "r0"
    assert world.server.story == ["certificate proxy"]
    sent = str(world.server.commands[1].input_text()).rsplit("exit\n", 1)[1].splitlines()[0]
    assert json.loads(sent) == {
        "kind": "deed",
        "action": "certificate",
        "at": "2026-02-03T04:05:08.000Z",
        "who": "me@here",
        "run": "r1",
        "detail": "",
    }
    world.server.certificate = GOOD.digest
    world.deploy("new")
    assert world.server.story == ["certificate proxy"]
    assert world.masker.mask(GOOD.key.value) == "***"
