"""The lab's authority and the certificates that it signs."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from shiplane.deploy import tls
from shiplane.lab.authority import ensure_certificates
from shiplane.lab.layout import ENVIRONMENTS, Layout
from shiplane.model import Secret

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout.of(tmp_path / "app")
    made.folder.mkdir(parents=True)
    ensure_certificates(made, NOW)
    return made


def texts(layout: Layout) -> dict[str, str]:
    return {file.name: file.read_text() for file in layout.folder.iterdir()}


def test_every_environment_has_a_certificate_that_fits(layout: Layout) -> None:
    authority = x509.load_pem_x509_certificate(layout.ca_file.read_bytes())
    keys = set()
    for environment in ENVIRONMENTS:
        chain = layout.certificate(environment).read_text()
        keys.add(layout.certificate_key(environment).read_text())
        secrets = {
            tls.CERTIFICATE: Secret("c", chain + layout.ca_file.read_text()),
            tls.KEY: Secret("k", layout.certificate_key(environment).read_text()),
        }
        given = tls.given(environment, secrets)
        assert given is not None
        for url in ("https://127.0.0.1:20004", "https://localhost:20004"):
            tls.check(url, environment, given, NOW)
        made = x509.load_pem_x509_certificate(chain.encode())
        made.verify_directly_issued_by(authority)
        usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
        # Browsers refuse certificates that hold for longer.
        assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)
    assert len(keys) == len(ENVIRONMENTS)


def test_all_is_for_its_owner_alone(layout: Layout) -> None:
    assert {file.stat().st_mode & 0o777 for file in layout.folder.iterdir()} == {0o600}


def test_the_authority_vouches_for_this_machine_alone(layout: Layout) -> None:
    authority = x509.load_pem_x509_certificate(layout.ca_file.read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert [name.value for name in limits.value.permitted_subtrees or ()] == [
        ipaddress.ip_network("127.0.0.0/8"),
        "localhost",
    ]
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_what_is_good_stays(layout: Layout) -> None:
    before = texts(layout)
    ensure_certificates(layout, NOW + timedelta(days=300))
    assert texts(layout) == before


@pytest.mark.parametrize("gone", ["nothing", "certificate", "key"])
def test_what_ends_soon_or_is_gone_is_made_anew_by_the_same_authority(layout: Layout, gone: str) -> None:
    before, later = texts(layout), NOW + timedelta(days=365 if gone == "nothing" else 1)
    for kind, file in (("certificate", layout.certificate("staging")), ("key", layout.certificate_key("staging"))):
        if kind == gone:
            file.unlink()
    ensure_certificates(layout, later)
    changed = {name for name, text in texts(layout).items() if before[name] != text}
    assert {"certificate_staging.pem", "certificate_key_staging.pem"} <= changed
    assert not changed & {"ca.pem", "ca_key.pem"}


def test_an_authority_without_its_key_is_made_anew_with_all_that_it_signed(layout: Layout) -> None:
    before = texts(layout)
    layout.ca_key_file.unlink()
    ensure_certificates(layout, NOW)
    assert {name for name, text in texts(layout).items() if before[name] == text} == set()
