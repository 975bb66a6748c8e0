"""Output for people and for machines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def show(text: str) -> None:
    """Print text."""
    print(text, flush=True)  # noqa: T201 - this is the terminal's end


def coloured(environ: Mapping[str, str]) -> bool:
    """Tell whether to print colours: on a terminal alone, and not where nobody wants them."""
    return sys.stdout.isatty() and not environ.get("NO_COLOR")


def nowhere(_text: str) -> None:
    """Print nothing, where JSON is printed."""


def show_json(value: Any, indent: int | None = 2) -> None:  # noqa: ANN401 - JSON
    """Print one JSON value; on one line where nothing is indented."""
    show(json.dumps(value, indent=indent, ensure_ascii=False))


@contextmanager
def foreign_output(environ: Mapping[str, str]) -> Iterator[None]:
    """Print what other programs say while the block runs; in GitHub Actions no line of theirs is an order."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    from shiplane.report.github import Orders  # noqa: PLC0415 - only workflows need it

    orders = Orders(show)
    orders.off()
    try:
        yield
    finally:
        orders.on()


def finish(code: int) -> None:
    """End with an exit code; 0 goes on."""
    flush()
    if code:
        raise SystemExit(code)


def listed(values: list[str] | None) -> tuple[str, ...]:
    """Give what an option was given, several times or separated by commas."""
    return tuple(part for value in values or () for part in (one.strip() for one in value.split(",")) if part)


def after_dashes(argv: list[str]) -> tuple[str, ...]:
    """Give the words after `--` as they were typed; Invoke joins them to one text."""
    return tuple(argv[argv.index("--") + 1 :]) if "--" in argv else ()


def flush() -> None:
    """Send what was printed; a terminal that is gone or was never there does not change how a command ends."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
