"""The certificate of an environment: what is given, whether it fits, and how it comes to the proxy that serves it."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy.audit import Deed
from shiplane.errors import CertificateUnfit, StepFailed
from shiplane.model import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography import x509

    from shiplane.deploy.context import Context
    from shiplane.model import Command, Site

CERTIFICATE, KEY = "TLS_CERTIFICATE", "TLS_KEY"
_INSTALL_SECONDS = 60.0
_SOON = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold a certificate with its chain, as PEM text, and its key."""

    chain: str
    key: Secret

    @property
    def digest(self) -> str:
        """Give what the server computes of the file by `sha256sum`; the certificate names its key."""
        return hashlib.sha256(self.chain.encode()).hexdigest()

    def archive(self) -> str:
        """Pack both files for the transfer; they are their user's alone."""
        texts = {"certificate.pem": self.chain, "key.pem": self.key.value}
        files = {name: remote.FileContent(text.encode(), remote.PRIVATE) for name, text in texts.items()}
        return remote.archive(files)


def given(environment: str, secrets: Mapping[str, Secret]) -> Certificate | None:
    """Take the certificate out of an environment's secrets; None where there is none, an error where it is half."""
    chain, key = ((secrets[name].value if name in secrets else "").strip() for name in (CERTIFICATE, KEY))
    if not chain and not key:
        return None
    if not chain or not key:
        there, lacks = (CERTIFICATE, KEY) if chain else (KEY, CERTIFICATE)
        raise CertificateUnfit(environment, f"{there} is set and {lacks} is not", "set both, or neither")
    return Certificate(f"{chain}\n", Secret(KEY, f"{key}\n"))


def planned(site: Site, proxy: str) -> Command:
    """Give the command as a plan shows it; `proxy` is the service that reads the files."""
    return _command(site, proxy, "")


def command(site: Site, proxy: str, certificate: Certificate, deed: Deed) -> Command:
    """Put the files where the proxies read them and let those that run read them again.

    Prints `same` or `replaced`. Where a proxy refuses the files, those from before are back and the command fails.
    """
    return _command(site, proxy, f"{deed.line()}\n{certificate.archive()}")


def _command(site: Site, proxy: str, payload: str) -> Command:
    words = (site.folder, project(site), proxy)
    return remote.script("certificate", *words, payload=payload, timeout=_INSTALL_SECONDS).on(site.host.name)


def install(context: Context, certificate: Certificate, there: str) -> None:
    """Let the environment be served with the certificate where it is not `there`, by digest. No container starts anew.

    The caller holds the environment's lock. Raises `StepFailed` where a proxy refuses it; it goes on with the old one.
    """
    site, ending = context.site, ends(certificate)
    context.masker.add(certificate.key)
    if ending - context.clock() < _SOON:
        context.report(f"the certificate ends on {ending:%Y-%m-%d}: time to renew it")
    if certificate.digest == there:
        return
    deed = Deed("certificate", context.stamp(), context.who, context.run, "")
    sent = command(site, context.options.proxy_service, certificate, deed)
    done = context.runner.run(sent, cancel=context.cancel)
    if not done.ok:
        cause = f"{site.environment} does not take the certificate and keeps the one before"
        raise StepFailed(cause, f"see what its proxy says of {CERTIFICATE} and {KEY}", done.tail())
    if done.stdout.strip() == "replaced":
        context.report("the certificate is new: the proxy reads it without a restart")


def ends(certificate: Certificate) -> datetime:
    """Give when the first certificate of the chain ends."""
    return min(each.not_valid_after_utc for each in _chain("", certificate))


def check(site_url: str, environment: str, certificate: Certificate, now: datetime) -> None:
    """Refuse a certificate that no client of the address would take; raises `CertificateUnfit` with the reason."""
    chain = _chain(environment, certificate)
    leaf = chain[0]
    _check_key(environment, leaf, certificate.key)
    for each in chain:
        _check_time(environment, each, now)
    _check_chain(environment, chain)
    _check_name(environment, leaf, site_url)


def _chain(environment: str, certificate: Certificate) -> Sequence[x509.Certificate]:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - few commands have a certificate

    try:
        return load_pem_x509_certificates(certificate.chain.encode())
    except ValueError as error:
        raise CertificateUnfit(
            environment,
            f"{CERTIFICATE} holds no certificate that can be read",
            f"set {CERTIFICATE} to the certificate and its chain in PEM form (-----BEGIN CERTIFICATE-----)",
        ) from error


def _check_key(environment: str, leaf: x509.Certificate, key: Secret) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see _chain()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    fix = f"set {KEY} to the certificate's own private key in PEM form, without a passphrase"
    try:
        loaded = load_pem_private_key(key.value.encode(), None)
    except TypeError as error:
        raise CertificateUnfit(environment, f"{KEY} is protected by a passphrase", fix) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateUnfit(environment, f"{KEY} holds no private key that can be read", fix) from error
    if loaded.public_key() != leaf.public_key():
        raise CertificateUnfit(environment, f"{KEY} is not the key of {CERTIFICATE}", fix)


def _check_time(environment: str, certificate: x509.Certificate, now: datetime) -> None:
    name, fix = certificate.subject.rfc4514_string(), f"renew it, then set {CERTIFICATE} and {KEY} again"
    if certificate.not_valid_after_utc <= now:
        ended = f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise CertificateUnfit(environment, f"the certificate of {name!r} ended on {ended}", fix)
    if certificate.not_valid_before_utc > now:
        begins = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise CertificateUnfit(
            environment, f"the certificate of {name!r} begins on {begins}", "check this machine's clock"
        )


def _check_chain(environment: str, chain: Sequence[x509.Certificate]) -> None:
    """See that each certificate is signed by the one after it, as clients expect them."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see _chain()

    for lower, upper in pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature) as error:
            names = f"{lower.subject.rfc4514_string()!r} is not signed by {upper.subject.rfc4514_string()!r}"
            fix = f"put the certificate first in {CERTIFICATE}, then each one that signed the one before it"
            raise CertificateUnfit(environment, f"{names}, which comes after it", fix) from error


def _check_name(environment: str, leaf: x509.Certificate, url: str) -> None:
    host, names = urlsplit(url).hostname or "", _names(leaf)
    if urlsplit(url).scheme != "https":
        fix = f'write url = "https://{host}", or leave {CERTIFICATE} and {KEY} away'
        raise CertificateUnfit(environment, f"a certificate is given and the address is {url}", fix)
    if not any(_covers(name, host) for name in names):
        covered = ", ".join(names) or "no name"
        fix = "get a certificate for the host of the url, as a subject alternative name"
        raise CertificateUnfit(environment, f"the certificate covers {covered} and not {host}", fix)


def _names(leaf: x509.Certificate) -> list[str]:
    from cryptography import x509  # noqa: PLC0415 - see _chain()

    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = found.get_values_for_type(x509.IPAddress)
    return [*found.get_values_for_type(x509.DNSName), *map(str, addresses)]


def _covers(name: str, host: str) -> bool:
    """Compare as clients do: without case, and a star for exactly one label at the beginning."""
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        first, _, rest = host.partition(".")
        return name in (host, f"*.{rest}") if first and "." in rest else name == host
