"""The one place where errors become messages and exit codes."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

from shiplane.cli.text import flush
from shiplane.errors import Interrupted, ShiplaneError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def told(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command: an expected failure is told in a few lines and ends the process with its code."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ShiplaneError as error:
            fail(error)
        except KeyboardInterrupt:
            fail(Interrupted())
        except BrokenPipeError:
            # The reader of our output went away (`| head`): nobody is left to be told.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None

    return wrapper


def fail(error: ShiplaneError) -> NoReturn:
    """Tell an error on standard error and end with its exit code."""
    from shiplane.report.errors_text import render_error  # noqa: PLC0415 - only failures need it

    flush()
    text = render_error(error)
    from shiplane.commands.nox import RUN_VARIABLE  # noqa: PLC0415 - only failures need it

    # Its details are what other programs said: in a workflow no line of theirs may be an order.
    if os.environ.get("GITHUB_ACTIONS") == "true" and RUN_VARIABLE not in os.environ:
        from shiplane.report.github import quoted  # noqa: PLC0415 - only workflows need it

        text = quoted(text)
    print(text, file=sys.stderr)  # noqa: T201 - this is the terminal's end
    raise SystemExit(error.exit_code)
