"""Judgements of proxies, certificate authorities and a registry's answer."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.doctor.finding import Finding
from shiplane.doctor.machine import clock_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shiplane.facts.machine import Authority

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_SCHEMES = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_NO_NAME = ("name or service not known", "name resolution", "nodename nor servname", "no address associated")
_SERVES = (200, 401, 403)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Describe the proxy that a variable names: where it listens, and why it cannot be used.

    Its address may hold a password and is not kept.
    """

    variable: str
    host: str = ""
    port: int = 0
    problem: str = ""


def proxies(environ: Mapping[str, str]) -> Iterator[Proxy]:
    """Read the variables that name a proxy, in capitals or not."""
    for name in (spelling for known in PROXIES for spelling in (known, known.lower())):
        if environ.get(name):
            yield _proxy(name, environ[name])


def _proxy(variable: str, address: str) -> Proxy:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname or "", parts.port or _SCHEMES.get(parts.scheme, 0)
    except ValueError:
        return Proxy(variable, problem="it is no address")
    if parts.scheme not in _SCHEMES:
        return Proxy(variable, problem=f"{parts.scheme} is no kind of proxy")
    return Proxy(variable, host, port, "" if host else "it names no host")


def proxy(found: Iterable[Proxy]) -> Iterator[Finding]:
    """Judge proxies that were tried."""
    for one in found:
        if one.problem:
            what = f"{one.variable} names a proxy that cannot be used: {one.problem}"
            fix = f"set it to http://HOST:PORT, or unset {one.variable}"
            yield Finding(what, "nothing can be downloaded", fix, one.variable)


def authorities(found: Iterable[Authority]) -> Iterator[Finding]:
    """Judge the files of authorities."""
    so = "programs that are told by it trust nobody, and downloads fail"
    for one in found:
        fix = f"set it to the company's bundle, such as /etc/ssl/certs/ca-certificates.crt, or unset {one.variable}"
        named = f"{one.variable} names {one.file}"
        if one.problem:
            yield Finding(f"{named}, which cannot be read: {one.problem}", so, fix, one.variable)
        elif not one.certificates:
            yield Finding(f"{named}, which holds no certificate", so, fix, one.variable)
        elif not one.valid:
            yield Finding(f"{named}, whose certificates have all expired", so, fix, one.variable)


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold how a registry answered: a status and the moment that it told, or why it did not; `now` is our clock."""

    registry: str
    now: float
    status: int = 0
    date: str = ""
    problem: str = ""


def registry(asked: Asked) -> Iterator[Finding]:
    """Judge a registry's answer, and our clock by it."""
    name, so, said = asked.registry, "no image can be pushed or pulled", asked.problem.lower()
    if any(word in said for word in _NO_NAME):
        fix = "check registry of [tool.shiplane], and the name servers: cat /etc/resolv.conf"
        yield Finding(f"{name} has no address", so, fix)
    elif "certificate" in said:
        fix = "name the authority of your company's proxy: export SSL_CERT_FILE=/path/to/bundle.pem"
        yield Finding(f"the certificate of {name} is not trusted", so, fix)
    elif asked.problem:
        yield Finding(f"{name} does not answer", so, "check the network, and HTTPS_PROXY where there is a proxy")
    elif asked.status not in _SERVES:
        yield Finding(f"{name} answers {asked.status}", so, "check registry of [tool.shiplane]: it has to serve /v2/")
    try:
        then = parsedate_to_datetime(asked.date).timestamp() if asked.date else asked.now
    except ValueError:
        return
    yield from clock_beside(asked.now, then, name)


@dataclass(frozen=True, slots=True)
class Name:
    """Hold what the resolver says of a name, and what it is needed for; no address: `problem` says why."""

    name: str
    purpose: str
    addresses: tuple[str, ...] = ()
    problem: str = ""


def names(found: Iterable[Name]) -> Iterator[Finding]:
    """Judge the names that have to have addresses; localhost has to be this machine."""
    for one in found:
        if one.name == "localhost" and not any(a.startswith("127.") or a == "::1" for a in one.addresses):
            what = f"localhost is {', '.join(one.addresses) or 'not known'}, and not this machine"
            yield Finding(what, one.purpose, "add the line `127.0.0.1 localhost` to /etc/hosts", one.name)
        elif one.problem:
            yield Finding(
                one.problem, one.purpose, "check its spelling, and the name servers: cat /etc/resolv.conf", one.name
            )
