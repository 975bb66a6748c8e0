"""HTTPS on the real engine: what is served, what is refused, and a certificate that changes under the clients."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates import Issued, issue
from helpers.engine import docker, wait_for
from helpers.frontage import Frontage, standing
from shiplane.deploy import tls
from shiplane.deploy.audit import Deed
from shiplane.model import Host, Secret, Site
from traffic.running import Traffic
from traffic.wanted import Flow, Wanted, mix

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
AUTHORITY = issue(begins=YESTERDAY)
MIDDLE = issue(signer=AUTHORITY, begins=YESTERDAY)
DEED = Deed("certificate", "2026-01-01T00:00:00.000Z", "ada@laptop", "r1", "")
URL = "https://127.0.0.1:8443"


def new_certificate() -> Issued:
    return issue("127.0.0.1", signer=MIDDLE, begins=YESTERDAY)


def install(place: Frontage, chain: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run what a deploy runs on a server."""
    site = Site("staging", Host("s", "a", 22, "u", "k", "h"), str(place.folder), URL, "compose.staging.yml")
    command = tls.command(site, "proxy", tls.Certificate(chain, Secret(tls.KEY, key)), DEED)
    return subprocess.run(command.argv, input=command.input_text(), capture_output=True, text=True, check=False)


def shown(place: Frontage) -> bytes:
    """Give the certificate that a client is shown."""
    assert place.trust is not None
    with socket.create_connection(("127.0.0.1", place.port(443)), timeout=10) as raw:  # noqa: SIM117 - one by one
        with place.trust.wrap_socket(raw, server_hostname="127.0.0.1") as secured:
            found = secured.getpeercert(binary_form=True)
    assert found
    return found


@pytest.fixture(scope="module")
def first() -> Issued:
    return new_certificate()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    file.write_text(AUTHORITY.pem)
    return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, first: Issued, authority: Path) -> Iterator[Frontage]:
    variables = {"PROXY_SCHEME": "https", "PUBLIC_URL": URL, "PROXY_TLS_BIND": "127.0.0.1", "PROXY_TLS_PORT": "0"}
    variables["TRUSTED_PROXY"] = "0.0.0.0/0"
    with standing(tmp_path_factory.mktemp("server"), **variables) as made:
        made.trust = ssl.create_default_context(cafile=str(authority))
        assert install(made, first.pem + MIDDLE.pem, first.key_pem).stdout == "replaced\n"
        made.compose("up", "--detach", "--no-deps", "--wait", "edge", "proxy")
        made.start("one")
        yield made


def test_https_serves_with_its_chain(place: Frontage) -> None:
    status, text, headers = place.ask("/api/name", tls=True)
    assert (status, text) == (200, "one")
    assert headers["strict-transport-security"] == "max-age=2592000"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_trusted_proxy_says_who_asks(place: Frontage) -> None:
    place.ask("/api/who", tls=True, forwarded_for="192.0.2.7")
    wait_for("the log", lambda: bool(place.client_of("/api/who")))
    assert place.client_of("/api/who") == "192.0.2.7"


def test_http_leads_to_it_and_health_is_answered(place: Frontage) -> None:
    status, _, headers = place.ask("/runs/x?a=b%20c")
    assert (status, headers["location"]) == (301, f"{URL}/runs/x?a=b%20c")
    assert "strict-transport-security" not in headers
    status, _, headers = place.ask("/api/v1/reports/", "POST")
    assert (status, headers["location"]) == (308, f"{URL}/api/v1/reports/")
    assert place.ask("/nginx-health")[:2] == (200, "ok\n")
    assert place.ask("/api/v1/health/")[:2] == (404, "missing")  # by the stand-in of the backend


@pytest.mark.parametrize(
    ("version", "ciphers", "taken"),
    [
        (ssl.TLSVersion.TLSv1_3, "", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+SHA@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_1, "ALL@SECLEVEL=0", False),
    ],
)
def test_what_is_old_is_refused(
    place: Frontage, authority: Path, version: ssl.TLSVersion, ciphers: str, *, taken: bool
) -> None:
    context = ssl.create_default_context(cafile=str(authority))
    with pytest.warns(DeprecationWarning, match="TLSv1_1") if version is ssl.TLSVersion.TLSv1_1 else nullcontext():
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", place.port(443)), timeout=10) as raw:
        try:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as secured:
                assert secured.version() == version.name.replace("_", ".")
                met = True
        except OSError:
            met = False
    assert met is taken


def test_a_renewal_fails_no_request_and_starts_no_container(
    place: Frontage, first: Issued, authority: Path, tmp_path: Path
) -> None:
    second = new_certificate()
    before = place.proxies()
    assert install(place, first.pem + MIDDLE.pem, first.key_pem).stdout == "same\n"
    flows = mix("/api/name", Flow("write", 1, "/api/write", "POST", body="{id}"), rate=60)
    wanted = Wanted(place.port(443), tuple(flow for flow in flows if flow.kind == "plain"), ca_file=str(authority))
    with Traffic(wanted, tmp_path) as traffic:
        time.sleep(2)
        assert install(place, second.pem + MIDDLE.pem, second.key_pem).stdout == "replaced\n"
        time.sleep(5)
    assert traffic.met.failed == 0, traffic.met.story()
    assert shown(place) == ssl.PEM_cert_to_DER_cert(second.pem)
    assert place.proxies() == before
    # Who did it stands in the audit, for each time that it changed.
    assert (place.folder / "audit.jsonl").read_text() == f"{DEED.line()}\n" * 2


def test_what_the_proxy_refuses_changes_nothing(place: Frontage) -> None:
    served = shown(place)
    other = new_certificate()
    done = install(place, other.pem + MIDDLE.pem, new_certificate().key_pem)
    assert done.returncode != 0
    assert "key values mismatch" in done.stderr
    assert shown(place) == served
    # What starts anew, or reads its files again, has a pair that fits.
    for proxy in place.proxies():
        docker("exec", proxy, "nginx", "-s", "reload")
    assert shown(place) == served
    assert sorted(path.name for path in place.served.iterdir() if path.name.startswith(".")) == []


def test_the_files_are_their_owner_s_alone_and_no_process_shows_the_key(place: Frontage) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in (place.served / "tls").iterdir()}
    assert modes == {"certificate.pem": 0o600, "key.pem": 0o600}
    assert (place.served / "tls").stat().st_mode & 0o777 == 0o700
    key = (place.served / "tls/key.pem").read_text().splitlines()[1]
    for proxy in place.proxies():
        said = subprocess.run(["docker", "logs", proxy], capture_output=True, text=True, check=True)
        assert key not in said.stdout + said.stderr
        assert key not in docker("inspect", proxy).decode()
