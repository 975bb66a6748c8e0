from __future__ import annotations

from shiplane.doctor import variables
from shiplane.doctor.variables import Use

TEXT = """\
# ${IN_A_COMMENT}
image: ${IMAGE}
command: echo $$HOME $PLAIN ${WITH:-default} ${EMPTY-} ${MORE:+set} ${A:-${NESTED}}
password: ${DB_PASSWORD:?the deploy writes it} ${IMAGE}
"""


def test_what_has_no_default_is_found_with_its_line() -> None:
    assert list(variables.uses("compose.yml", TEXT)) == [
        Use("IMAGE", "compose.yml", 2, required=False),
        Use("PLAIN", "compose.yml", 3, required=False),
        Use("NESTED", "compose.yml", 3, required=False),
        Use("DB_PASSWORD", "compose.yml", 4, required=True),
        Use("IMAGE", "compose.yml", 4, required=False),
    ]


def test_what_nothing_sets_is_told_once_a_file() -> None:
    found = variables.judge(variables.uses("compose.yml", TEXT), {"compose.yml": {"PLAIN", "NESTED"}})
    assert [(one.name, one.cause) for one in found] == [
        ("compose.yml.IMAGE", "compose.yml:2 uses IMAGE, which nothing sets, so it is empty there"),
        ("compose.yml.DB_PASSWORD", "compose.yml:4 uses DB_PASSWORD, which nothing sets, so Compose refuses the file"),
    ]
