"""Judgements of what the machine has left, of its clock, and of the files of this checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.doctor.finding import Chmod, Finding, LineEnds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.facts.machine import DockerConfig, Resources
    from shiplane.facts.working_tree import WorkingTree

_GIB = 2**30
NEEDED_DISK = 3 * _GIB
"""What the images of a first run take; `lab.up` asks for the same."""
_NEEDED_FILES = 50_000
NEEDED_MEMORY = _GIB
"""What the stacks of development and tests take together, and some more."""
_NEEDED_ENGINE = 2 * _GIB
_CLOCK_SECONDS = 300.0
_SET_CLOCK = "set the clock: sudo timedatectl set-ntp true"


def disk(found: Resources) -> Iterator[Finding]:
    """Judge the disks; folders on one disk are told once."""
    room = "make room, for example with: docker image prune && docker builder prune"
    for space in {space.device: space for space in reversed(found.disks)}.values():
        if space.free < NEEDED_DISK:
            free, needed = (f"{size / _GIB:.1f} GiB" for size in (space.free, NEEDED_DISK))
            what = f"{free} are free on the disk of {space.folder}, and {needed} are needed"
            yield Finding(what, "images cannot be built or kept", room)
        elif space.files is not None and space.files < _NEEDED_FILES:
            what = f"the disk of {space.folder} has room for {space.files} more files"
            yield Finding(what, "images cannot be unpacked", room)


def memory(found: Resources) -> Iterator[Finding]:
    """Judge what is left, and what the engine may use of it."""
    so = "containers are ended as soon as it is used up"
    if found.available is not None and found.available < NEEDED_MEMORY:
        free, needed = (f"{size / _GIB:.1f} GiB" for size in (found.available, NEEDED_MEMORY))
        yield Finding(
            f"{free} of memory are free, and {needed} are needed", so, "end programs; see which: ps aux --sort -rss"
        )
    elif found.engine_total is not None and found.engine_total < _NEEDED_ENGINE:
        total, needed = (f"{size / _GIB:.1f} GiB" for size in (found.engine_total, _NEEDED_ENGINE))
        yield Finding(
            f"the engine may use {total} of memory, and {needed} are needed", so, "give it more in its settings"
        )


def clock(now: float, known: float, of: str) -> Iterator[Finding]:
    """Judge the clock by a moment that is not after now; both in seconds since 1970."""
    if known - now > _CLOCK_SECONDS:
        what = f"the clock is {(known - now) / 60:.0f} minutes or more behind: {of} is later"
        yield Finding(what, "certificates are refused as not yet valid", _SET_CLOCK)


def clock_beside(now: float, then: float, of: str) -> Iterator[Finding]:
    """Judge the clock by another one that was just asked."""
    if abs(now - then) > _CLOCK_SECONDS:
        side = "behind" if then > now else "ahead of"
        what = f"the clock is {abs(now - then) / 60:.0f} minutes {side} that of {of}"
        yield Finding(what, "certificates and tokens are refused", _SET_CLOCK)


def line_ends(found: WorkingTree) -> Iterator[Finding]:
    """Judge the line ends."""
    for name in found.foreign_ends:
        what = f"{name} has Windows line ends"
        so = "shells and containers read one letter more in each line"
        fix = f"git config core.autocrlf input, and: sed -i 's/\\r$//' {name}"
        yield Finding(what, so, fix, name, LineEnds(name))


def modes(found: WorkingTree) -> Iterator[Finding]:
    """Judge whether what git knows as a program may be run."""
    for name, mode in found.not_programs:
        # Whoever may read it may run it.
        right = Chmod(name, mode | (mode & 0o444) >> 2)
        yield Finding(f"{name} may not be run (mode {mode:o})", "what calls it fails", str(right), name, right)


def docker_config(found: DockerConfig) -> Iterator[Finding]:
    """Judge the Docker client's own configuration."""
    if found.problem:
        what = f"{found.file} cannot be used: {found.problem}"
        yield Finding(
            what, "the Docker client knows no login", f"mend it, or move it away: mv {found.file} {found.file}.bad"
        )
    for program in found.missing:
        what = f"{found.file} leaves logins to {program}, which is not on the PATH"
        fix = f"install {program}, or take credsStore and credHelpers out of {found.file}"
        yield Finding(what, "pulling and pushing images fails", fix, program)
