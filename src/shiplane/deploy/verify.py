"""The last gate: the public address answers with the release just deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import StepFailed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.phases import Options
    from shiplane.runners.base import Cancel
    from shiplane.runners.http import Http

_FIRST_PAUSES = (0.5, 1.0, 2.0)
_OK = 200
_SHOWN = 120


def status_url(url: str, options: Options) -> str:
    """Give the address that is asked, below the public one."""
    return f"{url.rstrip('/')}{options.status_path}"


def verify(  # noqa: PLR0913 - the world comes in by name
    http: Http,
    address: str,
    options: Options,
    release_id: str,
    *,
    report: Callable[[str], None],
    cancel: Cancel,
) -> None:
    """Ask until the answer is healthy and names the release; raises `StepFailed` with every answer."""
    url, seen = status_url(address, options), []
    for number in range(options.verify_tries):
        if number:
            early = _FIRST_PAUSES[number - 1] if number <= len(_FIRST_PAUSES) else options.verify_seconds
            cancel.sleep(min(early, options.verify_seconds))
        cancel.check()
        answer = probe(http, url, release_id)
        if answer is None:
            report(f"verified: {url} answers with {release_id}")
            return
        seen.append(f"try {number + 1}: {answer}")
        report(seen[-1])
    raise StepFailed(
        f"{url} did not answer with {release_id} in {options.verify_tries} tries: {answer}",
        "see what listens at that address and what its proxy's log says",
        seen,
    )


def probe(http: Http, url: str, release_id: str) -> str | None:
    """Ask once; None where all is well, else what is not."""
    try:
        answer = http.request("GET", url, timeout=5.0)
    except Unreachable as error:
        return error.cause
    data = answer.json()
    if not isinstance(data, dict) or "release" not in data:
        return f"status {answer.status} without a release: {' '.join(answer.text.split())[:_SHOWN]!r}"
    if data["release"] != release_id:
        return f"status {answer.status} from another release: {data['release']!r}"
    return None if answer.status == _OK else f"status {answer.status}: {' '.join(answer.text.split())[:_SHOWN]}"
