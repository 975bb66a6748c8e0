from __future__ import annotations

from shiplane.development.start import Started
from shiplane.development.watch import Event
from shiplane.report import development_text as text


def test_a_start_with_nothing_to_tell() -> None:
    assert text.render_started(Started({"started": [], "as they were": []}, {}), "") == "nothing runs"


def test_a_start_tells_what_became_of_what_and_how_to_log_in() -> None:
    started = Started({"started": ["db", "redis"], "made anew": ["backend"], "as they were": []}, {"db": "127.0.0.1:1"})
    assert text.render_started(started, "as admin").splitlines() == [
        "started: db, redis; made anew: backend",
        "db  127.0.0.1:1",
        "log in: as admin",
    ]


def test_a_long_drift_is_cut() -> None:
    drift = {"web": [f"package-{number} 1 is not in the image" for number in range(7)], "backend": [], "other": None}
    service = {"state": "running", "health": None, "exit_code": None, "version": "1", "cpu": None, "memory": None}
    status = {"services": {"web": {**service, "ports": []}}, "addresses": {}, "drift": drift, "cut_off": {}}
    lines = text.render_stack(status).splitlines()
    assert lines[1].split() == ["✓", "web", "running", "-", "1", "-", "-", "-"]
    assert lines[-2].startswith("the image of web is behind its lock: package-0 1 is not in the image; ")
    assert lines[-2].endswith("package-4 1 is not in the image, and 2 more")
    assert lines[-1] == "build it: invoke dev.up"


def test_restores_that_were_cut_off_are_told_each_with_what_does_it_again() -> None:
    left = {"database": "one", "media": "my shop", "static": "one"}
    assert text.render_cut_off(left) == [
        "the restore of one was cut off: database, static may be partly what was there before",
        "do it again: invoke dev.restore one --part database --part static",
        "the restore of my shop was cut off: media may be partly what was there before",
        "do it again: invoke dev.restore 'my shop' --part media",
    ]


def test_events_are_marked_where_a_person_should_look() -> None:
    assert text.render_event(Event("db", "is unhealthy", alert=True)) == "✗ db is unhealthy"
    assert text.render_event(Event("db", "started", alert=False)) == "· db started"


def test_no_data() -> None:
    assert text.render_volumes({}) == "no data: nothing was started yet"
