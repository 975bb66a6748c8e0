"""The page as a whole; it is written piece by piece, so that long logs need no memory."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from shiplane import __version__
from shiplane.report.page.failures_part import failures_part
from shiplane.report.page.markup import Markup, code, facts, joined, pill, shapes, tag, text
from shiplane.report.page.places_part import places_part, release_part
from shiplane.report.page.steps_part import steps_part
from shiplane.report.page.tests_part import tests_part
from shiplane.report.page.timeline_part import timeline_part
from shiplane.report.text import duration, moment, one_line, short_commit
from shiplane.report.timeline import taken, timeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shiplane.report.runs import Past
    from shiplane.report.state import RunState

PAGE = "report.html"
# Nothing may be fetched and nothing may run, whatever a log or a commit's message says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page_file(past: Past) -> Path:
    """Give where the page of a run stands."""
    return past.folder / PAGE


def write_page(past: Past) -> Path:
    """Write the page into the run's folder and give its path; a reader sees the old page or the new, never a half."""
    file = page_file(past)
    written = file.with_suffix(".part")
    with written.open("w", encoding="utf-8") as page:
        page.writelines(render(past))
    written.replace(file)
    return file


def render(past: Past) -> Iterator[str]:
    """Give the page's pieces."""
    run, times = past.run, timeline(past.run)
    title = f"Run {past.name} · {run.outcome} · {run.branch}"
    yield f'<!doctype html>\n<html lang="en"><head>{_head(title)}</head><body>{shapes()}'
    yield tag("header", tag("div", tag("span", "Shiplane", class_="brand"), tag("span", "run report", class_="badge")))
    yield "<main>"
    yield _title(past)
    yield failures_part(past)
    yield timeline_part(times)
    yield places_part(run)
    yield release_part(run)
    yield tests_part(past)
    yield from steps_part(past, times)
    yield _notes(run)
    yield "</main>"
    yield tag("footer", f"Drawn from the journal of run {past.name} by Shiplane {__version__} · times in UTC")
    yield "</body></html>\n"


def _head(title: str) -> Markup:
    style = resources.files("shiplane.report.page").joinpath("page.css").read_text(encoding="utf-8")
    return joined(
        (
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", Markup(style)),
        )
    )


def _title(past: Past) -> Markup:
    run = past.run
    first, _, rest = run.message.partition("\n")
    heading = tag("h1", f"Run {past.name}", tag("span", one_line(first) or run.reason, class_="subject"))
    unrun = sum(step.how != "ran" for step in run.steps)
    return tag(
        "section",
        tag("div", pill(run.status, run.outcome), heading, class_="title"),
        tag("p", text(rest.strip()), class_="more") if rest.strip() else None,
        tag("p", _UNFINISHED, class_="caution") if run.status == "running" else None,
        facts(
            ("Event", run.event),
            ("Branch", run.branch),
            ("Commit", code(short_commit(run.commit), title=run.commit) if run.commit else None),
            ("Release", code(run.release) if run.release else None),
            ("Target", run.target),
            ("Author", one_line(run.author)),
            ("Started", moment(run.started_at)),
            ("Took", duration(taken(run))),
            ("Did not have to run", f"{unrun} of {len(run.steps)} steps" if unrun else None),
            ("Exit code", str(run.exit_code) if run.exit_code else None),
        ),
        tag("p", run.reason, class_="reason") if not run.stages else None,
        class_="lead",
    )


_UNFINISHED = "The journal has no end: the run still goes on, or its process was killed."


def _notes(run: RunState) -> Markup:
    if not run.notes:
        return Markup("")
    listed = [tag("li", one_line(note)) for note in run.notes]
    return tag("section", tag("h2", "Notes"), tag("ul", *listed, class_="card notes"))
