"""What the run published and what it put where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.page.markup import Markup, code, facts, link, pill, tag
from shiplane.report.text import duration, short_commit, short_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.report.state import RunState

_WORDS = {"deployed": "passed", "undone": "failed", "failed": "failed"}


def places_part(run: RunState) -> Markup:
    """Show each environment that was changed: its address, what served before and what serves after."""
    if not run.deployments:
        return Markup("")
    cards = [_place(each) for each in run.deployments.values()]
    return tag("section", tag("h2", "Environments"), tag("div", *cards, class_="cards"))


def _place(deployed: Mapping[str, Any]) -> Markup:
    outcome = str(deployed.get("outcome") or "")
    good = outcome == "deployed"
    before, after = str(deployed.get("from_release") or "nothing"), str(deployed["release"])
    seconds = deployed.get("seconds")
    served = tag("p", code(after, class_="after"), " served already", class_="change")
    change = tag(
        "p",
        code(before, class_="before"),
        tag("span", " → " if good else " ↛ ", class_="arrow", title="then" if good else "not replaced by"),
        code(after, class_="after" if good else "before"),
        class_="change",
    )
    return tag(
        "article",
        tag("h3", str(deployed["environment"]).capitalize(), pill(_WORDS.get(outcome, "cancelled"), outcome)),
        served if deployed.get("unchanged") else change,
        facts(
            ("Commit", code(short_commit(str(deployed.get("commit") or "")))),
            ("Action", str(deployed.get("action") or "")),
            ("By", str(deployed.get("who") or "")),
            ("Took", duration(seconds) if seconds is not None else None),
        ),
        tag("p", link(str(deployed.get("url") or ""), str(deployed.get("url") or ""))),
        class_="card",
    )


def release_part(run: RunState) -> Markup:
    """Show what was published, by digest."""
    if not run.releases:
        return Markup("")
    return tag("section", tag("h2", "Release"), *(_release(each) for each in run.releases.values()))


def _release(release: Mapping[str, Any]) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", code(short_digest(image["digest"]), title=image["digest"])),
            tag("td", code(image["reference"])),
        )
        for name, image in sorted(release["images"].items())
    ]
    dirty = tag("span", "made from uncommitted edits", class_="caution") if release.get("dirty") else None
    heading = tag("h3", code(release["id"]), tag("span", f"version {release.get('version', '')}", class_="soft"), dirty)
    return tag("div", heading, tag("div", tag("table", *rows), class_="wide"), class_="card")
