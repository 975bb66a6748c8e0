import pytest

from shiplane.report import text


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (34.14, "34.1 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 00 s"),
        (125.4, "2 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_never_show_sixty_seconds(seconds: float, written: str) -> None:
    assert text.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "5 s"), (21, "25 s"), (55, "55 s"), (56, "1 min"), (100, "1 min 30 s"), (400, "7 min"), (4210, "1 h 10 min")],
)
def test_estimates_are_no_finer_than_they_are(seconds: float, written: str) -> None:
    assert text.about(seconds) == written


@pytest.mark.parametrize(("seconds", "written"), [(2700, "45 min"), (90, "1 min 30 s"), (3600, "1 h"), (0, "0 s")])
def test_limits_leave_out_zeros(seconds: float, written: str) -> None:
    assert text.limit(seconds) == written


@pytest.mark.parametrize(("seconds", "written"), [(12.9, "00:12"), (3732, "1:02:12"), (-3, "00:00")])
def test_clock(seconds: float, written: str) -> None:
    assert text.clock(seconds) == written


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("\x1b[1;32mPASSED\x1b[0m ü", "PASSED ü"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x07", "link"),
        ("10%\r20%\r30%\r", "30%"),
        ("a\tb\x00\x07\x9b\u202e\ud800", "a   b"),
        ("\x1b(Bplain\x1b7", "plain"),
        ("x" * 5000, "x" * 2000),
    ],
)
def test_a_line_of_output_cannot_move_the_cursor(line: str, left: str) -> None:
    assert text.clean(line) == left


@pytest.mark.parametrize(
    ("stamp", "written"),
    [
        ("2026-01-31T12:00:59.123Z", "2026-01-31 12:00 UTC"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31 10:00 UTC"),
        (None, "-"),
        ("yesterday", "yesterday"),
    ],
)
def test_moments_are_in_utc(stamp: str | None, written: str) -> None:
    assert text.moment(stamp) == written


def test_digests_and_commits_are_short() -> None:
    assert text.short_digest("sha256:" + "ab12" * 16) == "sha256:ab12ab12ab12"
    assert text.short_digest("-") == "-"
    assert text.short_commit("664a230c1f2e9b7d") == "664a230c1f2e"


def test_columns_are_aligned() -> None:
    assert text.columns([("a", "1", "x"), ("long", "10", "")], indent=" ", right=(1,)) == [" a      1  x", " long  10"]
    assert text.shortened("abcdef", 4) == "abc…"
    assert text.one_line("a \n\n b\x1b[0m\n") == "a b"
