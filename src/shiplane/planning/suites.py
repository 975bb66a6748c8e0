"""The application's test suites: what each is made of, and which of them an edit may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import UnknownName
from shiplane.planning.inputs import BROWSER_SUITES, REPORTS
from shiplane.planning.keys import matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.model import Inputs
    from shiplane.planning.inputs import Declared

ALL = "all"
UNIT = "unit"
SUITES = (UNIT, *BROWSER_SUITES)
_TESTED = ("backend", "frontend")
_BROWSER_ROOT = "testing/tests"


@dataclass(frozen=True, slots=True)
class Part:
    """Name what runs as one: a component's own tests, which make up the suite `unit`, or a suite of browser tests.

    `root` is the folder that file names in its reports start from.
    """

    name: str
    suite: str
    root: str
    inputs: Inputs

    @property
    def in_browser(self) -> bool:
        """Tell whether it runs against the whole test environment."""
        return self.suite != UNIT

    @property
    def reports(self) -> str:
        """Give the folder of its reports in the checkout."""
        return f"{REPORTS}/{self.name}"

    @property
    def title(self) -> str:
        """Name it for people: `unit (backend)`, `e2e`."""
        return self.name if self.in_browser else f"{self.suite} ({self.name})"


def parts(declared: Declared, names: Sequence[str]) -> tuple[Part, ...]:
    """Give the parts of the suites named, in their order, `all` being every one; raises `UnknownName`."""
    for name in names:
        if name not in (ALL, *SUITES):
            raise UnknownName("suite", name, (ALL, *SUITES))
    wanted = SUITES if ALL in names or not names else tuple(one for one in SUITES if one in names)
    return tuple(part for suite in wanted for part in _of(suite, declared))


def _of(suite: str, declared: Declared) -> Iterable[Part]:
    if suite != UNIT:
        return (Part(suite, suite, _BROWSER_ROOT, declared.suite(suite)),)
    components = (one for one in declared.config.components if one.name in _TESTED)
    return (Part(one.name, UNIT, one.context, declared.tests(one.name)) for one in components)


def affected(chosen: Iterable[Part], changed: Iterable[str]) -> tuple[Part, ...]:
    """Give the parts whose inputs one of the files (paths in the checkout) is."""
    names = tuple(changed)
    return tuple(part for part in chosen if any(_reads(part.inputs, name) for name in names))


def _reads(inputs: Inputs, name: str) -> bool:
    return bool(matcher(inputs.files).fullmatch(name)) and not matcher(inputs.without).fullmatch(name)
