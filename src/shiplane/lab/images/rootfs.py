"""The root file system that every stand-in starts from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.errors import StepFailed, UsageError
from shiplane.lab.images.catalogue import SUITE
from shiplane.lab.images.mirror import codename, mirror_lines, read_sources
from shiplane.model import Command

if TYPE_CHECKING:
    from shiplane.runners.base import Runner

# Everything in the archive is older than the images made of it, and file times do not change a digest.
_EPOCH = "1754697600"
_APT_OPTIONS = ('Acquire::Languages "none"', 'APT::Install-Recommends "false"')
_DPKG_OPTIONS = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "force-unsafe-io",
)


def as_root(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Prefix what only root may do; sudo must not ask, for nobody may be there."""
    return argv if os.geteuid() == 0 else ("sudo", "-n", "--", *argv)


def install_command() -> Command:
    """Install the program that makes root file systems, waiting for another apt to end."""
    argv = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=180", "mmdebstrap")
    return Command(as_root(("env", "DEBIAN_FRONTEND=noninteractive", *argv)), timeout=300)


def make_command(archive: Path, lines: list[str], keys: list[str]) -> Command:
    """Make the archive from the mirror's entries; keys of a private mirror are taken along."""
    options = [f"--aptopt={option}" for option in _APT_OPTIONS] + [f"--dpkgopt={option}" for option in _DPKG_OPTIONS]
    options += [f'--setup-hook=install -D -m 644 {key} "$1"{key}' for key in keys]
    argv = ("mmdebstrap", "--mode=root", "--variant=minbase", *options, SUITE, str(archive), *lines)
    return Command(as_root(("env", f"SOURCE_DATE_EPOCH={_EPOCH}", *argv)), timeout=600)


def make(runner: Runner, folder: Path) -> Path:
    """Make the archive `rootfs.tar` in the folder."""
    release = Path("/etc/os-release")
    name = codename(release.read_text(encoding="utf-8")) if release.is_file() else ""
    lines, keys = mirror_lines(read_sources(), name, SUITE)
    if shutil.which("mmdebstrap") is None:
        _run(runner, install_command(), "install mmdebstrap")
    archive = folder / "rootfs.tar"
    _run(runner, make_command(archive, lines, keys), f"make a root file system of Debian {SUITE}")
    return archive


def _run(runner: Runner, command: Command, what: str) -> None:
    try:
        done = runner.run(command)
    except UsageError as error:
        raise UsageError(f"{what}: {error.cause}", "run as root, or with sudo that does not ask") from error
    if not done.ok:
        raise StepFailed(f"could not {what}", f"try it by hand: {command.masked()}", done.tail())
