"""What this machine has left, and what programs on it are told about certificates, proxies and logins."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.commands.buildx import CA_VARIABLES
from shiplane.errors import ShiplaneError
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.runners.base import Runner

_ENGINE = Command(("docker", "info", "--format", "{{.DockerRootDir}}\t{{.MemTotal}}"), timeout=20)
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)
AUTHORITIES = (
    *CA_VARIABLES,
    *("REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "TLS_CA"),
)
"""Variables that name a file of certificate authorities."""


@dataclass(frozen=True, slots=True)
class Space:
    """Tell what is free on the disk of a folder: bytes, and how many files more (None: no limit)."""

    folder: str
    free: int
    files: int | None
    device: int


@dataclass(frozen=True, slots=True)
class Resources:
    """Tell disks, and memory in bytes: what this machine has left, what the engine may use; None: not known."""

    disks: tuple[Space, ...]
    available: int | None
    engine_total: int | None


@dataclass(frozen=True, slots=True)
class Authority:
    """Describe a file of authorities that a variable names; `problem` is empty where it can be read."""

    variable: str
    file: str
    problem: str = ""
    certificates: int = 0
    valid: int = 0


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """Describe the Docker client's own configuration: where it is logged in, and by which programs."""

    file: str
    problem: str = ""
    logins: tuple[str, ...] = ()
    stored: bool = False
    missing: tuple[str, ...] = ()
    """Programs that keep logins, named there and not to be found."""


def resources(runner: Runner, checkout: Path) -> Resources:
    """Ask the system and the engine."""
    try:
        root, _, total = runner.run(_ENGINE).stdout.strip().partition("\t")
    except ShiplaneError:
        root, total = "", ""
    folders = dict.fromkeys([str(checkout), *([root] if root and Path(root).is_dir() else [])])
    memory = Path("/proc/meminfo")
    text = memory.read_text(encoding="ascii") if memory.is_file() else ""
    available = _AVAILABLE.search(text)
    return Resources(
        tuple(_space(folder) for folder in folders),
        int(available[1]) * 1024 if available else None,
        int(total) if total.isdecimal() and int(total) else None,
    )


def _space(folder: str) -> Space:
    found = os.statvfs(folder)
    files = found.f_favail if found.f_files else None
    return Space(folder, found.f_bavail * found.f_frsize, files, Path(folder).stat().st_dev)


def authorities(environ: Mapping[str, str], now: float) -> tuple[Authority, ...]:
    """Read each file of authorities that a variable names; `now` is in seconds since 1970."""
    return tuple(_authority(name, environ[name], now) for name in AUTHORITIES if environ.get(name))


def _authority(variable: str, file: str, now: float) -> Authority:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        return Authority(variable, file)
    except OSError as error:
        return Authority(variable, file, error.strerror or str(error))
    count, known = context.cert_store_stats()["x509"], context.get_ca_certs()
    ended = [each for each in known if ssl.cert_time_to_seconds(str(each["notAfter"])) < now]
    return Authority(variable, file, "", count, count - len(ended))


def docker_config(environ: Mapping[str, str]) -> DockerConfig:
    """Read the client's configuration; one that is not there holds nothing."""
    folder = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    file = Path(folder) / "config.json"
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return DockerConfig(str(file))
    except OSError as error:
        return DockerConfig(str(file), error.strerror or str(error))
    except ValueError:
        return DockerConfig(str(file), "it is no JSON")
    return parse_docker_config(str(file), found, lambda name: has_program(name, environ))


def has_program(name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a program is on the PATH."""
    return shutil.which(name, path=environ.get("PATH")) is not None


def parse_docker_config(file: str, found: Any, is_there: Callable[[str], bool]) -> DockerConfig:  # noqa: ANN401 - JSON
    """Read the parsed configuration; `is_there` tells whether a program is."""
    if not isinstance(found, dict):
        return DockerConfig(file, "it is no JSON object")
    helpers = {str(name): str(kept) for name, kept in (found.get("credHelpers") or {}).items()}
    store = str(found.get("credsStore") or "")
    programs = [f"docker-credential-{kept}" for kept in dict.fromkeys([*([store] if store else []), *helpers.values()])]
    logins = tuple(dict.fromkeys([*(found.get("auths") or {}), *helpers]))
    missing = tuple(program for program in programs if not is_there(program))
    return DockerConfig(file, "", logins, bool(store), missing)
