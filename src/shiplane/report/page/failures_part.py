"""What failed, why, and what to type: the first thing that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.page.markup import SPACE, Markup, code, icon, joined, log_box, tag, text
from shiplane.report.summary import failures
from shiplane.report.text import clean

if TYPE_CHECKING:
    from shiplane.report.runs import Past
    from shiplane.report.summary import Failure


def failures_part(past: Past) -> Markup:
    """Show each failure as a card; nothing where none was."""
    return joined(_card(failure) for failure in failures(past.run))


def _card(failure: Failure) -> Markup:
    name = failure.step or failure.stage
    tests = [tag("li", line) for line in failure.tests]
    lines = "\n".join(clean(line) for line in failure.details)
    return tag(
        "section",
        tag("h2", icon(failure.status), f"{name} {failure.status}"),
        tag("p", failure.cause, class_="cause"),
        tag("p", tag("b", "Fix:"), SPACE, failure.fix) if failure.fix else None,
        tag("ul", *tests, class_="names") if tests else None,
        log_box(text(lines)) if lines.strip() else None,
        _repeat(failure),
        tag("p", tag("a", "all that is known of this step", href=f"#step-{failure.step}")) if failure.step else None,
        class_="card failure",
        data_status=failure.status,
    )


def _repeat(failure: Failure) -> Markup | None:
    if not failure.repeat or failure.repeat in failure.fix:
        return None
    return tag("p", tag("b", "Repeat just this step:"), SPACE, code(failure.repeat))
