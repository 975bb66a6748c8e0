"""The pages that runs write into docs/: what was tried on which commit, machine and day, and what came of it."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.clone import ROOT
from helpers.engine import docker
from yard.faults import FAULTS
from yard.matrix import short, stops, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from yard.bench import Series
    from yard.builds import Built
    from yard.calls import Operation
    from yard.load import Played
    from yard.matrix import Row
    from yard.pipelines import Shipped
    from yard.track import Cut

_DOCS = ROOT / "docs"


def origin() -> str:
    """Say what was run where and when."""
    commit = _git("rev-parse", "--short=12", "HEAD") + ("" if not _git("status", "--porcelain") else " with edits")
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    cores, size = len(os.sched_getaffinity(0)), int(memory.split()[1]) / 2**20
    engine = docker("version", "--format", "{{.Server.Version}}").decode().strip()
    day = datetime.now(UTC).date().isoformat()
    return f"Commit {commit}, {day}: {platform.machine()}, {cores} cores, {size:.0f} GiB, engine {engine}."


def _git(*words: str) -> str:
    return subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def read_part(page: str, part: str) -> list[str]:
    """Give the lines of a part of a page."""
    text = (_DOCS / page).read_text(encoding="utf-8")
    return text.partition(f"<!-- {part} -->")[2].partition(f"<!-- end of {part} -->")[0].splitlines()


def write_part(page: str, part: str, lines: Sequence[str]) -> None:
    """Put lines between the marks of a part of a page; the text around them is written by hand."""
    file = _DOCS / page
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    file.write_text("\n".join((f"{before}{begin}", *lines, f"{end}{after}")), encoding="utf-8")


def fault_page(rows: Sequence[Row], operations: Sequence[Operation], boundaries: Mapping[str, int]) -> None:
    """Write the faults that were tried; lines of others stay as earlier runs wrote them.

    `boundaries` counts those that each fault can reach, for a run may try some of them alone.
    """
    header, dashes, *tried = table(rows)
    cells = [line.strip("| ").split(" | ") for line in tried]
    lines = {cell[0]: [cell[0], f"{cell[1]} of {boundaries[cell[0]]}", *cell[2:], _short_origin()] for cell in cells}
    known = read_part("reliability.md", "faults")
    for line in known:
        cell = line.strip("| ").split(" | ")
        if line.startswith("| ") and cell[0] != "fault":
            lines.setdefault(cell[0], cell)
    names = {row.fault for row in rows}
    wrong = [line for line in known if line.startswith("- ") and line[2:].partition(" / ")[0] not in names]
    wrong += [f"- {row}" for row in rows if row.problems]
    listed = [f"{each.number}. {short(each.what)} ({each.seconds:.2f} s)" for each in operations]
    write_part(
        "reliability.md",
        "faults",
        [
            "",
            origin(),
            "",
            f"{header} run |",
            f"{dashes}---|",
            *("| " + " | ".join(lines[name]) + " |" for name in sorted(lines, key=_place)),
            "",
            f"A deploy has {len(stops(operations))} boundaries; its remote operations are:",
            "",
            *listed,
            "",
            "Cases that went wrong:",
            "",
            *(wrong or ["None."]),
            "",
        ],
    )


def _place(fault: str) -> int:
    names = [each.name for each in FAULTS]
    return names.index(fault) if fault in names else len(names)


def _short_origin() -> str:
    return f"{_git('rev-parse', '--short=12', 'HEAD')}, {datetime.now(UTC).date().isoformat()}"


def load_page(played: Played, application: str) -> None:
    """Write the load test of an application."""
    told = played.told
    count = len(told.acknowledged)
    lines = [
        f"{application}: {told.line}.",
        f"{count} rows were acknowledged, and all of them are there; {told.connections} connections were opened;",
        f"the generator sent {told.late.p99:g} ms late (p99) and used {told.cpu_seconds:.0f} s of a core.",
    ]
    write_part("reliability.md", "load", ["", origin(), "", *lines, "", *played.rows, ""])


def cut_page(rows: Sequence[Cut], whole: float, seed: int) -> None:
    """Write what became of runs that were killed."""
    lines = ["| killed after | what | while | the next run took | wrong |", "|---|---|---|---|---|"]
    about = f"{origin()} A run that nothing disturbed took {whole:.0f} s; the moments are those of the seed {seed}."
    good = sum(not row.problems for row in rows)
    ends = f"{good} of {len(rows)} runs ended as the one that nothing disturbed."
    write_part("reliability.md", "cuts", ["", about, "", ends, "", *lines, *(row.row() for row in rows), ""])


def engine_page(rows: Sequence[str], rounds: int) -> None:
    """Write what the tool itself costs."""
    about = f"{origin()} Medians of {rounds} rounds in turn; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    write_part(
        "performance.md", "engine", ["", about, "", "| what | takes | beside | limit |", "|---|---|---|---|", *rows, ""]
    )


def time_page(every: Sequence[Series], rounds: int) -> None:
    """Write how long deploys take; the first series is plain Compose."""
    raw = every[0].median
    lines = ["| what | median | spread | times raw | limit |", "|---|---|---|---|---|", *(s.row(raw) for s in every)]
    phases = [line for series in every if series.operations for line in series.phases()]
    about = f"{origin()} {rounds} rounds, the ways in turn; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    write_part(
        "performance.md",
        "times",
        ["", about, "", *lines, "", "Remote operations of the middle run, in s:", "", *phases, ""],
    )


def pipeline_page(found: Mapping[str, Sequence[tuple[Shipped, Shipped]]], limits: Mapping[str, float]) -> list[str]:
    """Write how long the pipeline takes beside the script; give the cases that take longer than they may."""
    lines, missed = (
        ["| what changed | `invoke pipeline` | `scripts/sequential` | times | limit |", "|---|---|---|---|---|"],
        [],
    )
    for name, pairs in found.items():
        ours, plain = (statistics.median(pair[which].seconds for pair in pairs) for which in (0, 1))
        lines.append(f"| {name} | {ours:.1f} s | {plain:.1f} s | {ours / plain:.3f} | {limits[name]:g} |")
        if ours > limits[name] * plain:
            missed.append(f"{name}: {ours:.1f} s beside {plain:.1f} s")
    steps = [line for name, pairs in found.items() for line in _steps(name, *pairs[-1])]
    about = f"{origin()} Load of the machine at the end: {os.getloadavg()[0]:.1f}."
    write_part(
        "performance.md", "pipeline", ["", about, "", *lines, "", "Steps of the last round, in s:", "", *steps, ""]
    )
    return missed


def images_page(
    found: Mapping[str, tuple[Sequence[Built], Sequence[Built]]],
    limits: Mapping[str, float],
    sizes: Mapping[str, float],
    moved: Mapping[str, int],
) -> list[str]:
    """Write how long images take to build, how large they are and what of a change travels; give what takes too long.

    `limits` are in seconds, `sizes` in MB above the base, `moved` in bytes by component.
    """
    lines = ["| what changed | `invoke build` | `docker build`, four times | limit |", "|---|---|---|---|"]
    for name, (ours, plain) in found.items():
        limit = f"{limits[name]:.1f} s" if name in limits else ""
        lines.append(f"| {name} | {_seconds(ours)} | {_seconds(plain)} | {limit} |")
    lines_of = {name: next(iter(found[f"a line of the {name}"][0])).steps for name in moved}
    about = f"{origin()} Medians, with the spread of several; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    rest = [
        *(f"Carried out for a line of the {name}: {_carried_out(steps)}." for name, steps in lines_of.items()),
        "Above their base, unpacked: " + ", ".join(f"{name} {size:g} MB" for name, size in sizes.items()) + ".",
        "A change of a line moved to the server at most, files and all: "
        + ", ".join(f"{name} {moved[name] / 1000:.0f} kB" for name in moved)
        + ".",
    ]
    write_part("performance.md", "images", ["", about, "", *lines, "", *rest, ""])
    medians = {name: statistics.median(one.seconds for one in ours) for name, (ours, _) in found.items()}
    return [f"{name}: {medians[name]:.1f} s" for name, limit in limits.items() if medians[name] > limit]


def _carried_out(steps: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{image}: `{text}`" for image, text in steps)


def _seconds(built: Sequence[Built]) -> str:
    if not built:
        return ""
    times = [one.seconds for one in built]
    spread = f" ({min(times):.1f} - {max(times):.1f})" if len(times) > 1 else ""
    return f"{statistics.median(times):.1f} s{spread}"


def _steps(name: str, *both: Shipped) -> list[str]:
    ways = zip(("`invoke pipeline`", "`scripts/sequential`"), both, strict=True)
    return [
        f"- {name}, {way}: "
        + ", ".join(f"{step} {seconds:.1f}" for step, seconds in one.steps.items() if seconds >= 0.05)
        for way, one in ways
    ]
