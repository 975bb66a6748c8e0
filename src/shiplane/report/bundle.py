"""One file about a run for a colleague: why it failed, masked logs, versions, what changed, and how to repeat it.

Nothing goes in as it lies on the disk: journal, logs and tests are masked first, into a copy, and all else is drawn
from that copy. Only files that Shiplane wrote itself are looked at, so that no env file, key or screenshot comes along.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from shiplane.pipeline.journal import read
from shiplane.pipeline.tested import CASES
from shiplane.report.junit import render_junit
from shiplane.report.log_excerpt import read_excerpt, size_text
from shiplane.report.markdown import block, code, escaped, render_markdown
from shiplane.report.masking import masked
from shiplane.report.page import PAGE, write_page
from shiplane.report.repeat import repeat_command, repeat_run
from shiplane.report.runs import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from shiplane.report.runs import Past

    Mask = Callable[[str], str]

_LOG_HEAD_BYTES = 1_000_000
_LOG_TAIL_BYTES = 4_000_000
_DIFF_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Hold what a bundle tells beside the run: `diff` is a file, against the commit of the run `since`."""

    versions: Mapping[str, str]
    pyproject: str
    diff: Path | None = None
    since: Past | None = None


def bundle_file(past: Past) -> Path:
    """Give where the bundle of a run stands."""
    return past.folder / f"shiplane-run-{past.name}.tar.gz"


def write_bundle(past: Past, enclosed: Enclosed, mask: Mask, scratch: Path) -> Path:
    """Write the bundle into the run's folder and give its path; `scratch` is an empty folder for the copies."""
    for origin in {step.reused_from for step in past.run.steps if step.reused_from}:
        _copy(past.folder.parent / origin, scratch / origin, mask, logs=False)
    folder, left_out = scratch / past.name, _copy(past.folder, scratch / past.name, mask)
    copy = load(folder)
    write_page(copy)
    _write(folder / "tests.xml", (f"{line}\n" for line in render_junit(copy)))
    _write(folder / "versions.txt", (mask(f"{name}: {told}\n") for name, told in enclosed.versions.items()))
    _write(folder / "configuration.toml", [mask(own_tables(enclosed.pyproject))])
    if enclosed.diff is not None:
        _write(folder / "changes.diff", _masked_lines(enclosed.diff, _DIFF_BYTES, 0, mask))
    _write(folder / "README.md", [_readme(copy, enclosed, left_out)])
    return _pack(folder, bundle_file(past))


def own_tables(pyproject: str) -> str:
    """Give the tables of a pyproject.toml that configure Shiplane, with their comments; empty where there are none."""
    try:
        own = tomlkit.parse(pyproject).get("tool", {}).get("shiplane")
    except TOMLKitError as error:
        return f"# pyproject.toml cannot be read: {error}\n"
    if own is None:
        return ""
    return tomlkit.dumps({"tool": {"shiplane": own}})


def _copy(source: Path, target: Path, mask: Mask, *, logs: bool = True) -> list[str]:
    """Copy journal, logs and tests, every text in them masked; name what was left out, and why."""
    (target / "logs").mkdir(parents=True)
    (target / CASES).mkdir()
    records = (json.dumps(masked(record, mask), ensure_ascii=False) for record in read(source))
    _write(target / "journal.jsonl", (f"{record}\n" for record in records))
    left_out = []
    for file in _own_files(source, f"{CASES}/*.json"):
        _write(target / CASES / file.name, [json.dumps(masked(_json(file), mask), ensure_ascii=False)])
    for file in _own_files(source, "logs/*.log") if logs else ():
        _write(target / "logs" / file.name, _masked_lines(file, _LOG_HEAD_BYTES, _LOG_TAIL_BYTES, mask))
        if file.stat().st_size > _LOG_HEAD_BYTES + _LOG_TAIL_BYTES:
            left_out.append(f"the middle of logs/{file.name}, which has {size_text(file.stat().st_size)}")
    return left_out


def _own_files(folder: Path, pattern: str) -> list[Path]:
    """List files that we wrote: what is a link, or hidden as env files are, did not come from here."""
    found = sorted(folder.glob(pattern))
    return [file for file in found if file.is_file() and not file.is_symlink() and not file.name.startswith(".")]


def _json(file: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _masked_lines(file: Path, head: int, tail: int, mask: Mask) -> Iterable[str]:
    return (f"{mask(line)}\n" for line in read_excerpt(file, head, tail).lines)


def _write(file: Path, pieces: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8", errors="replace") as written:
        written.writelines(pieces)


def _readme(past: Past, enclosed: Enclosed, left_out: list[str]) -> str:
    contents = [
        f"- `{PAGE}`: all of it as a page for a browser",
        "- `journal.jsonl`, `logs/`, `tests.xml`: what was recorded, secrets replaced by `***`",
        "- `versions.txt`, `configuration.toml`: the tools of the machine that made this file, and `[tool.shiplane]`",
        *([f"- `changes.diff`: {_since(past, enclosed)}"] if enclosed.diff else []),
        *(f"- left out: {escaped(each)}" for each in left_out),
    ]
    repeat = block(_repeated(past))
    return (
        f"{render_markdown(past)}\n## Repeat it in the lab\n\n{repeat}\n\n## In this file\n\n"
        + "\n".join(contents)
        + "\n"
    )


def _since(past: Past, enclosed: Enclosed) -> str:
    since = enclosed.since
    before = f"run {escaped(since.name)}, the last that passed ({code(since.run.commit)})" if since else "nothing"
    edits = "; the uncommitted edits of this run are not in it" if "-dirty-" in past.run.release else ""
    return f"what changed since {before}{edits}"


def _repeated(past: Past) -> list[str]:
    run = past.run
    broken = next((step for step in run.steps if step.status in ("failed", "cancelled")), None)
    lines = [
        f"git checkout {run.commit}",
        "./scripts/bootstrap",
        "source .venv/bin/activate",
        repeat_run(run, broken.stage if broken else "", target="lab"),
    ]
    return [*lines, f"# the step alone: {repeat_command(broken, run)}"] if broken else lines


def _pack(folder: Path, file: Path) -> Path:
    """Pack a folder; owner, group and mode tell nothing of this machine."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o755 if member.isdir() else 0o644
        return member

    written = file.with_suffix(".part")
    with tarfile.open(written, "w:gz") as archive:
        archive.add(folder, arcname=file.name.removesuffix(".tar.gz"), filter=plain)
    written.replace(file)
    return file
