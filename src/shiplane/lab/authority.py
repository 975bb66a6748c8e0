"""The lab's certificate authority: it vouches for this machine alone, and for every environment of the lab."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from shiplane.lab.files import write_private
from shiplane.lab.layout import ADDRESS, ENVIRONMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder, GeneralName, Name

    from shiplane.lab.layout import Layout

NAMES = (ADDRESS, "localhost")
_AUTHORITY_DAYS = 3650
_DAYS = 390  # browsers take no more than 398
_LEFT_DAYS = 30
_BEFORE = timedelta(days=1)  # a container's clock may be behind


def ensure_certificates(layout: Layout, at: datetime | None = None) -> None:
    """Make the authority where there is none, and a certificate for each environment whose own ends soon."""
    now = at or datetime.now(UTC)
    if not (layout.ca_file.is_file() and layout.ca_key_file.is_file()):
        key = _key()
        _write(key, layout.ca_key_file, _authority(key, layout.name, now), layout.ca_file)
        for environment in ENVIRONMENTS:
            layout.certificate(environment).unlink(missing_ok=True)
    for environment in ENVIRONMENTS:
        if _left(layout, environment, now) < timedelta(days=_LEFT_DAYS):
            issue(layout, environment, now)


def issue(layout: Layout, environment: str, at: datetime, days: int = _DAYS, names: tuple[str, ...] = NAMES) -> None:
    """Make a new key and a certificate for it, which ends `days` after `at`."""
    from cryptography import x509  # noqa: PLC0415 - slow to import; only a lab that is made needs it
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    signer = cast("EllipticCurvePrivateKey", load_pem_private_key(layout.ca_key_file.read_bytes(), None))
    authority = x509.load_pem_x509_certificate(layout.ca_file.read_bytes())
    key = _key()
    made = (
        _builder(f"{environment} of {layout.name}", key, at, days)
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(key, layout.certificate_key(environment), made, layout.certificate(environment))


def _authority(key: EllipticCurvePrivateKey, lab: str, at: datetime) -> Certificate:
    from cryptography import x509  # noqa: PLC0415 - see issue()
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    builder = _builder(f"authority of {lab}", key, at, _AUTHORITY_DAYS)
    unused = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = x509.KeyUsage(
        **dict.fromkeys((*unused, "encipher_only", "decipher_only"), False),
        key_cert_sign=True,
        crl_sign=True,
    )
    loopback = [x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")), x509.DNSName("localhost")]
    return (
        builder.issuer_name(_common_name(f"authority of {lab}"))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        # Who trusts it trusts it for this machine and for nothing else.
        .add_extension(x509.NameConstraints(loopback, None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(name: str, key: EllipticCurvePrivateKey, at: datetime, days: int) -> CertificateBuilder:
    from cryptography import x509  # noqa: PLC0415 - see issue()

    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(at, at + timedelta(days=days)) - _BEFORE)
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _common_name(text: str) -> Name:
    from cryptography import x509  # noqa: PLC0415 - see issue()
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _name(text: str) -> GeneralName:
    from cryptography import x509  # noqa: PLC0415 - see issue()

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see issue()

    return ec.generate_private_key(ec.SECP256R1())


def _left(layout: Layout, environment: str, now: datetime) -> timedelta:
    """Give how long an environment's certificate still holds; nothing where it is not there."""
    from cryptography import x509  # noqa: PLC0415 - see issue()

    file = layout.certificate(environment)
    if not (file.is_file() and layout.certificate_key(environment).is_file()):
        return timedelta()
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc - now


def _write(key: EllipticCurvePrivateKey, key_file: Path, certificate: Certificate, file: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see issue()

    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    write_private(key_file, secret.decode("ascii"))
    write_private(file, certificate.public_bytes(pem).decode("ascii"))
