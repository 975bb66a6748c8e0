from __future__ import annotations

import dataclasses

import pytest

from samples import CONFIG, make_facts
from shiplane.errors import UnknownName
from shiplane.planning.inputs import Declared
from shiplane.planning.suites import Part, affected, parts

DECLARED = Declared(CONFIG, make_facts())
ALL = parts(DECLARED, ())


def names(chosen: tuple[Part, ...]) -> list[str]:
    return [part.name for part in chosen]


def test_all_suites_are_these_parts() -> None:
    assert names(ALL) == ["backend", "frontend", "integration", "e2e", "visual", "performance"]
    assert [part.title for part in ALL[:3]] == ["unit (backend)", "unit (frontend)", "integration"]
    assert {part.root for part in ALL} == {"backend", "frontend", "testing/tests"}
    assert ALL[3].reports == ".shiplane/reports/e2e"
    assert parts(DECLARED, ("e2e", "all")) == ALL


def test_suites_run_in_their_own_order() -> None:
    assert names(parts(DECLARED, ("e2e", "unit"))) == ["backend", "frontend", "e2e"]
    with pytest.raises(UnknownName) as raised:
        parts(DECLARED, ("unit", "visuals"))
    assert raised.value.fix.startswith("did you mean 'visual'? use one of: all, e2e, ")


def test_a_project_without_a_frontend_has_no_tests_of_it() -> None:
    alone = dataclasses.replace(CONFIG, components=CONFIG.components[:1])
    assert names(parts(dataclasses.replace(DECLARED, config=alone), ("unit",))) == ["backend"]


BROWSER = ["integration", "e2e", "visual", "performance"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("backend/board/models.py", ["backend", *BROWSER]),
        ("frontend/src/app.tsx", ["frontend", *BROWSER]),
        ("testing/tests/visual/pictures.spec.ts", ["visual"]),
        ("testing/tests/visual/baseline/board.png", ["visual"]),
        ("testing/support/board.ts", BROWSER),
        ("proxy/templates/default.conf.template", BROWSER),
        ("compose.test.yml", ["backend", "frontend", *BROWSER]),
        ("compose.staging.yml", []),
        ("docs/testing.md", []),
        ("src/shiplane/errors.py", []),
        ("backends/x.py", []),
    ],
)
def test_an_edit_leads_to_the_suites_that_read_the_file(changed: str, told: list[str]) -> None:
    assert names(affected(ALL, ["README.md", changed])) == told
