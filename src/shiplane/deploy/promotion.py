"""What may go to production: what E2E passed on, built from main, or what served there before; and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.deploy.containers import repository
from shiplane.errors import OlderRelease, Unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.model import Deployment, Release

_MAIN = "main"
_AGAIN = "run: invoke deploy --env staging, then: invoke e2e --env staging"


def check_promotion(  # noqa: PLR0913 - each is one thing that is checked
    release: Release,
    running: Mapping[str, str] | None,
    tested: Mapping[str, str] | None,
    *,
    served_in_production: bool,
    running_beside: Iterable[str] = (),
    tested_beside: Iterable[str] = (),
    main: str = _MAIN,
    allow_dirty: bool = False,
) -> None:
    """Raise `Unsafe` unless the release may go to production.

    `tested` are the digests that E2E passed on with this release. `running` are those that run on staging, for a
    promotion of what is there now; None where a release is asked for by name. `running_beside` and `tested_beside` are
    the images of others meanwhile, as `repository@sha256:…`.
    """
    if release.dirty and not allow_dirty:
        raise Unsafe(f"{release.id} holds uncommitted edits", "commit them and run the pipeline again")
    if served_in_production:
        return
    if release.branch != main:
        raise Unsafe(f"{release.id} was built from {release.branch}, not from {main}", f"merge it into {main} first")
    if tested is None:
        raise Unsafe(f"E2E has not passed on {release.id}", _AGAIN)
    wanted = release.digests()
    if dict(tested) != wanted:
        raise Unsafe(f"E2E passed on other digests than those of {release.id}: {_difference(wanted, tested)}", _AGAIN)
    if running is not None and dict(running) != wanted:
        raise Unsafe(f"staging runs other digests than those of {release.id}: {_difference(wanted, running)}", _AGAIN)
    for seen, what in ((tested_beside, "E2E passed beside"), (running_beside, "staging runs")):
        if other := others_pinned(release, seen):
            raise Unsafe(f"{what} {', '.join(other)}, for which {release.id} has another digest", _AGAIN)


def others_pinned(release: Release, beside: Iterable[str]) -> tuple[str, ...]:
    """Give those images of others (`repository@sha256:…`) that run instead of one whose digest a release pins.

    What is not there says nothing: an image may be one environment's alone. What runs beside a pinned one of the same
    repository may be another service's, whose digest stands in the compose file.
    """
    seen = frozenset(beside)
    pins = {f"{repository(image.reference)}@{image.digest}" for _, image in (*release.third_party, *release.asked)}
    missing = {repository(pin) for pin in pins} - {repository(pin) for pin in pins & seen}
    return tuple(sorted(each for each in seen if repository(each) in missing))


def check_order(release: Release, serving: Deployment, *, older: bool | None, served: bool, only_forward: bool) -> str:
    """Say what is to be known of a release that is not newer than what serves; empty where there is nothing.

    `older` tells whether the commit that serves holds the release's; None where it is not known here. `served` tells
    whether the release did before. Raises `OlderRelease` where `only_forward`.
    """
    if release.commit == serving.commit or older is False:
        return ""
    if older is None:
        return f"whether {release.id} is newer than {serving.release} cannot be told: a commit is not in this clone"
    if only_forward:
        raise OlderRelease(serving.environment, release.id, serving.release, served=served)
    return f"{release.id} is older than {serving.release}, which {serving.environment} serves: going back to it"


def _difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    names = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    return ", ".join(f"{name} {found.get(name, 'none')} instead of {wanted.get(name, 'none')}" for name in names)
