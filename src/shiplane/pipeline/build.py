"""Building images: all that are built together in one call."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from shiplane.commands import buildx, cache
from shiplane.commands.cache import Cache
from shiplane.errors import ManyPlatforms, PlatformRefused, StepFailed
from shiplane.facts import build_log
from shiplane.facts.builder import survey
from shiplane.model.identity import checkout_id
from shiplane.pipeline.execute import run_checked
from shiplane.planning.naming import own_name
from shiplane.runners.builds import Builds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.runners.base import Cancel, Runner

_OWN_FAILURE = "did not complete successfully"


def ca_bundle(environ: Mapping[str, str]) -> str:
    """Give the file of a company's certificate authorities, by the variables that other programs use; else ''."""
    return next((environ[name] for name in buildx.CA_VARIABLES if environ.get(name)), "")


def bake(  # noqa: PLR0913 - what a build needs, nothing more
    runner: Runner,
    checkout: Path,
    listed: tuple[buildx.Build, ...],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    cancel: Cancel | None = None,
    *,
    cached: bool = True,
    caches: Mapping[str, Cache] = MappingProxyType({}),
    attest: tuple[str, ...] = (),
) -> None:
    """Build the listed images in one parallel call; raises `StepFailed` with the builder's last lines.

    With caches they are attested in a second call, which finds all of it built. A cache that turns out to be damaged is
    done without. Raises `PlatformRefused` and `ManyPlatforms` before anything is built.
    """
    refuse_foreign_platforms(runner, listed)
    names = sorted(build.name for build in listed)
    file = checkout / ".shiplane" / "bake" / f"{'-'.join(names)}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(buildx.definition(listed), encoding="utf-8")
    own = tuple(
        word
        for one in listed
        if one.stays
        for word in buildx.also_called(one, own_name(one.tag, checkout_id(checkout)))
    )
    loaded = (*buildx.loaded(listed), *own)
    used = {name: caches[name] for name in names if name in caches}
    # The generator of bills of materials would be written into the caches too, with all its layers.
    apart = bool(attest and used)
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        say(line)

    def attempt(*options: str) -> None:
        lines.clear()
        fixed = () if cached else (buildx.NO_CACHE,)
        told = () if apart else attest
        command = buildx.bake(str(file), ca_bundle(environ), *fixed, *options, output=loaded, attest=told)
        run_checked(Builds(runner), command, "building the images", hear, cancel)

    try:
        _with_caches(attempt, used, say)
    except StepFailed as error:
        errors = tuple(line for line in error.details if "ERROR" in line or "error:" in line.lower())
        raise StepFailed(error.cause, error.fix, (*error.details, *errors[-3:])) from error
    taken = build_log.parse(lines, names)
    for options in cache.further(used):
        command = buildx.bake(str(file), ca_bundle(environ), *options, output=buildx.NOTHING)
        try:
            run_checked(runner, command, "writing caches", hear, cancel)
        except StepFailed as error:  # a cache fails no build
            say(f"a cache is not written: {error.details[-1] if error.details else error.cause}")
    if used:
        for why in build_log.unwritten(lines):
            say(f"a cache is not written: {why}")
        _tell_of_caches(taken, used, say)
    if apart:
        command = buildx.bake(str(file), ca_bundle(environ), output=loaded, attest=attest)
        run_checked(Builds(runner), command, "attesting the images", say, cancel)


def _with_caches(attempt: Callable[..., None], used: Mapping[str, Cache], say: Callable[[str], None]) -> None:
    """Build; where a cache that is read may be the cause of a failure, build once more without reading any."""
    try:
        attempt(*cache.options(used))
    except StepFailed as error:
        if not any(one.sources for one in used.values()) or any(_OWN_FAILURE in line for line in error.details):
            raise
        say("a cache is damaged or cannot be read to its end: building without")
        attempt(*cache.options(used, read=False))


def _tell_of_caches(
    taken: Mapping[str, build_log.Taken], used: Mapping[str, Cache], say: Callable[[str], None]
) -> None:
    """Say how many steps came from where; a layer that was not fetched was in the builder of this machine already."""
    for name, one in taken.items():
        known = used.get(name, Cache())
        where = known.level if one.fetched else "this machine's builder"
        say(f"{name}: {one.cached} of {one.steps} steps from {where if one.cached else 'caches'}")


def refuse_foreign_platforms(runner: Runner, listed: tuple[buildx.Build, ...]) -> None:
    """Refuse platforms that the builder does not build for; raises `PlatformRefused`. Without any nobody is asked."""
    if not any(build.platforms for build in listed):
        return
    builder = survey(runner)
    for build in listed:
        lacking = builder.lacks(build.platforms)
        if lacking:
            raise PlatformRefused(build.name, lacking, builder.name, builder.platforms)
        if len(build.platforms) > 1 and not builder.keeps_many:
            raise ManyPlatforms(build.name, build.platforms)
