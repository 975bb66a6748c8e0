"""Faults on the way to real servers, made for real: names, registry, logins, secrets, keys, locks."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from certificates import issue
from helpers.doctor import follow, found, make
from helpers.locks import dead, left, living
from helpers.played_registry import PlayedRegistry, own_address, played
from helpers.ports import free_ports
from shiplane.deploy.lock import Lock
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from conftest import Place
    from helpers.clone import Clone

HARD = "p)$'\"#\\ ü"
MISSING = (
    *("DB_PASSWORD", "REDIS_PASSWORD", "SERVER_HOST", "SERVER_USER", "SSH_KNOWN_HOSTS", "SSH_PRIVATE_KEY"),
    *("TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET"),
)


class Remote:
    """A checkout that deploys to real servers, and the variables that say how."""

    def __init__(self, clone: Clone, folder: Path) -> None:
        self.clone = clone
        self.folder = folder
        # Nothing of this machine's own: no login, no key in an agent, no proxy before the registry.
        nothing = dict.fromkeys((*MISSING, "SSH_AUTH_SOCK", "REPOSITORY_OWNER"), "")
        self.environ = {**nothing, "DOCKER_CONFIG": str(folder / "docker"), "NO_PROXY": own_address()}

    def found(self, *words: str) -> dict[str, dict[str, Any]]:
        return found(self.clone, "--target", "remote", *words, **self.environ)

    def follow(self, line: str) -> None:
        follow(self.clone, line, **self.environ)

    def certificate_of(self, name: str) -> None:
        made = issue(name, begins=datetime.now(UTC) - timedelta(days=1))
        self.environ |= {"TLS_CERTIFICATE": made.pem, "TLS_KEY": made.key_pem}

    def configure(self, old: str, new: str) -> None:
        file = self.clone.folder / "pyproject.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    made = Remote(make(tmp_path), tmp_path)
    made.configure("https://yourdomain.com", "https://localhost")
    return made


def test_nothing_is_given(remote: Remote) -> None:
    remote.configure("https://staging.edenco.online", "https://nobody.invalid")
    remote.configure('\nname = "app"\n', '\nname = "app"\nvpn.provider = "tailscale"\n')
    programs = remote.folder / "programs"
    programs.mkdir()
    remote.environ |= {"CONTAINER_REGISTRY": "nobody.invalid", "PATH": path_without("tailscale", programs)}
    told = remote.found()
    assert list(told) == ["addresses.nobody.invalid", "registry", "vpn", "credentials", "secrets.1", "secrets.2"]
    assert told["registry"]["cause"].startswith("nobody.invalid has no address, so no image can be pushed")
    assert told["credentials"]["fix"] == "set REGISTRY_USER and REGISTRY_PASSWORD, or: docker login nobody.invalid"
    assert told["secrets.2"]["cause"] == f"secrets missing for staging and production: {', '.join(MISSING)}"
    assert told["vpn"]["fix"] == 'install it, or set provider = "none" in [tool.shiplane.vpn]'
    (programs / "tailscale").write_text("#!/bin/sh\nexit 1\n")
    (programs / "tailscale").chmod(0o755)
    assert "vpn" not in remote.found()


def path_without(name: str, first: Path) -> str:
    """Give a PATH that begins with a folder and leads to no program of this name elsewhere."""
    folders = [each for each in os.environ["PATH"].split(":") if not (Path(each) / name).exists()]
    return ":".join((str(first), *folders))


def test_from_everything_wrong_to_nothing(remote: Remote, staging: Place, fresh: Place, tmp_path: Path) -> None:
    """What is mended after each look is what that look told; the next one finds it gone."""
    remote.configure("https://staging.edenco.online", "https://localhost")
    key, pins, (nobody,) = tmp_path / "key", tmp_path / "known hosts", free_ports(1)
    lines = dict(line.split(" ", 1) for line in Path(staging.host.known_hosts).read_text().splitlines())
    production = f"[127.0.0.1]:{fresh.host.port}"
    pins.write_text(f"[127.0.0.1]:{nobody} {lines[production]}\n")
    key.write_text("no key")
    key.chmod(0o644)
    registry = PlayedRegistry(f"me:{HARD}", tmp_path / "authority.pem", HTTPStatus.NOT_FOUND, timedelta(minutes=10))
    with played(registry, tmp_path):
        remote.environ |= {
            "CONTAINER_REGISTRY": registry.address,
            "REGISTRY_USER": "me",
            "REGISTRY_PASSWORD": "another",
            "REPOSITORY_OWNER": "acme",
            "DB_PASSWORD": HARD,
            "REDIS_PASSWORD": HARD,
            "SERVER_HOST": "127.0.0.1",
            "SERVER_USER": staging.host.user,
            "SSH_PRIVATE_KEY": str(key),
            "SSH_KNOWN_HOSTS": str(pins),
            "STAGING_SERVER_PORT": str(staging.host.port),
            "PRODUCTION_SERVER_PORT": str(nobody),
        }
        remote.certificate_of("elsewhere.test")
        told = remote.found()
        assert list(told) == ["registry", "secrets", f"keys.{key}", f"keys.{key}.content", "host-keys", "servers"]
        assert told["registry"]["cause"].startswith(f"the certificate of {registry.address} is not trusted")
        assert told["registry"]["fix"].endswith(": export SSL_CERT_FILE=/path/to/bundle.pem")
        remote.environ["SSL_CERT_FILE"] = str(registry.authority)
        assert "elsewhere.test" in told["secrets"]["cause"]
        remote.certificate_of("localhost")
        remote.follow(told[f"keys.{key}"]["fix"])
        key.write_bytes(Path(staging.host.key_file).read_bytes())
        scan = f"ssh-keyscan -p {staging.host.port} 127.0.0.1"
        assert told["host-keys"]["fix"].startswith(f"add its line: {scan}, ")
        remote.follow(f"{scan} 2>/dev/null >>{shlex.quote(str(pins))}")
        assert told["servers"]["cause"].startswith(f"127.0.0.1:{nobody} does not answer")
        remote.environ["PRODUCTION_SERVER_PORT"] = str(fresh.host.port)
        with pins.open("a") as file:
            file.write(f"{production} {lines[f'[127.0.0.1]:{staging.host.port}']}\n")

        left(Lock(staging.runner, staging.site, print, Cancel()), dead(HARD))
        told = remote.found()
        assert list(told) == ["registry.1", "registry.2", "host-keys", "lock.staging"]
        assert told["registry.1"]["cause"].startswith(f"{registry.address} answers 404")
        registry.status = HTTPStatus.OK
        assert told["registry.2"]["cause"].startswith(f"the clock is 10 minutes behind that of {registry.address}")
        registry.ahead = timedelta()
        assert told["host-keys"]["fix"].startswith("if the server was rebuilt, replace its line there; ")
        kept = [line for line in pins.read_text().splitlines() if not line.startswith(production)]
        pins.write_text("\n".join([*kept, f"{production} {lines[production]}\n"]))
        remote.follow(told["lock.staging"]["fix"])

        told = while_held(remote, staging)
        assert list(told) == ["credentials.me", "lock.staging"]
        assert told["credentials.me"]["cause"].startswith(f"{registry.address} refuses the login of 'me'")
        remote.environ["REGISTRY_PASSWORD"] = HARD
        assert remote.found() == {}
    assert HARD not in "".join(remote.clone.told)


def while_held(remote: Remote, place: Place) -> dict[str, dict[str, Any]]:
    """Look, and mend what is safe, while this very process holds an environment: that stays held until it lets go."""
    lock = Lock(place.runner, place.site, print, Cancel())
    with lock.hold(living("r1")):
        told = remote.found("--fix")
        assert str(lock.holder()).startswith("run r1 (")
    found = told[f"lock.{place.site.environment}"]
    assert found["cause"].startswith(f"staging is held by run r1 (me@here, process {os.getpid()}, since ")
    assert found["cause"].endswith("), so no other run can change it")
    assert found["fix"].startswith("wait for it; or, when it is gone for good: ")
    return told
