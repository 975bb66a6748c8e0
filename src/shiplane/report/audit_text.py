"""The audit of an environment, two lines an entry, for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.text import columns, duration, one_line, short_commit, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH = 80
_NAMED_ALIKE = 12
_SUBJECT_WIDTH = 27  # a release of uncommitted edits


def render_audit(entries: Sequence[Mapping[str, Any]], width: int = _WIDTH) -> str:
    """Write who did what, newest first; times in UTC."""
    if not entries:
        return "nothing was done here yet"
    rows = columns([_row(each) for each in entries], right=(4,))
    indent = " " * (len(_when(entries[0])) + 2)
    lines: list[str] = []
    for row, each in zip(rows, entries, strict=True):
        lines += [shortened(row, width), *_wrapped(_by(each), width, indent)]
    return "\n".join(lines)


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = entry.get("seconds")
    took = "" if seconds is None else duration(seconds)
    subject = entry.get("release") if entry.get("outcome") else entry.get("detail")
    action, subject, outcome = (
        one_line(str(word or "")) for word in (entry.get("action"), subject, entry.get("outcome"))
    )
    return (_when(entry), action, shortened(subject, _SUBJECT_WIDTH), outcome, took)


def _when(entry: Mapping[str, Any]) -> str:
    return str(entry.get("at") or "-")[:16].replace("T", " ").ljust(16)


def _by(entry: Mapping[str, Any]) -> list[str]:
    parts = [_from(entry)] if entry.get("outcome") else [f"on {entry.get('release') or 'nothing'}"]
    parts += [_commit(entry)] if entry.get("outcome") else []
    parts += [one_line(str(entry["detail"]))] if entry.get("detail") and entry.get("outcome") else []
    parts += [one_line(str(entry.get("who") or "-")), f"run {one_line(str(entry.get('run') or '-'))}"]
    return [part for part in parts if part]


def _from(entry: Mapping[str, Any]) -> str:
    return f"from {entry['from_release']}" if entry.get("from_release") else "first"


def _commit(entry: Mapping[str, Any]) -> str:
    """Name the commit where the release is not named after it."""
    commit = str(entry.get("commit") or "")
    alike = str(entry.get("release") or "").startswith(commit[:_NAMED_ALIKE])
    return "" if alike else f"commit {short_commit(commit)}"


def _wrapped(parts: Sequence[str], width: int, indent: str) -> list[str]:
    """Join the parts by dots, on as many lines as they need."""
    lines: list[str] = []
    line = indent + parts[0]
    for part in parts[1:]:
        longer = f"{line} · {part}"
        if len(longer) > width:
            lines.append(line)
            longer = indent + part
        line = longer
    return [*(shortened(each, width) for each in (*lines, line))]
