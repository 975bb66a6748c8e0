from __future__ import annotations

from typing import Any

from shiplane.report.audit_text import render_audit

COMMIT = "664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766"


def entry(**words: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "at": "2026-11-24T01:00:50.000Z",
        "who": "ada@laptop",
        "run": "1f2e3d4c-12",
        "action": "deploy",
        "outcome": "deployed",
        "seconds": 34.12,
        "from_release": "0123456789ab",
        "from_commit": "0123456789ab" + "0" * 28,
        "release": COMMIT[:12],
        "commit": COMMIT,
        "detail": "",
        **words,
    }


def test_an_audit() -> None:
    entries = [
        entry(action="exec", outcome="", seconds=None, detail="psql in db"),
        entry(action="rollback", release="1.0.0", seconds=125.0),
        entry(outcome="undone", from_release=None),
    ]
    assert render_audit(entries).splitlines() == [
        "2026-11-24 01:00  exec      psql in db",
        "                  on 664a230c1f2e · ada@laptop · run 1f2e3d4c-12",
        "2026-11-24 01:00  rollback  1.0.0         deployed  2 min 05 s",
        "                  from 0123456789ab · commit 664a230c1f2e · ada@laptop",
        "                  run 1f2e3d4c-12",
        "2026-11-24 01:00  deploy    664a230c1f2e  undone        34.1 s",
        "                  first · ada@laptop · run 1f2e3d4c-12",
    ]
    assert render_audit([]) == "nothing was done here yet"


def test_an_audit_fits_into_eighty_columns() -> None:
    long = entry(
        action="rollback",
        release=f"{COMMIT[:12]}-dirty-0a1b2c3d",
        who="somebody-with-a-long-name@a-machine-with-a-longer-name.example.com",
        run="github-123456789012",
        seconds=1234.0,
    )
    entries = [long, entry(action="exec", outcome="", detail="x" * 60)]
    lines = render_audit(entries).splitlines()
    assert max(map(len, lines)) <= 80
    assert "deployed  20 min 34 s" in lines[0]


def test_an_audit_does_not_move_the_cursor() -> None:
    told = render_audit([entry(who="\x1b[2Jada\r", release="a\nb", outcome=None, action=None)])
    assert told.isprintable() or all(line.isprintable() for line in told.splitlines())
