from shiplane.errors import DeployBroken, DeployUndone, StepFailed, Unsafe, UsageError
from shiplane.report.errors_text import render_error


def test_cause_fix_and_details_each_have_their_place() -> None:
    error = StepFailed(
        "backend tests\nfailed", "run: .venv/bin/nox -s tests_backend", ["E  \x1b[31mboom\x1b[0m", "", "x"]
    )
    assert render_error(error).splitlines() == [
        "backend tests failed",
        "fix: run: .venv/bin/nox -s tests_backend",
        "see: docs/errors.md#step-failed",
        "  E  boom",
        "",
        "  x",
    ]


def test_what_serves_now_is_said_in_words() -> None:
    assert render_error(DeployUndone("not healthy", "")) == (
        "not healthy (exit 6: the deploy failed and the release before serves again)\nsee: docs/errors.md#deploy-undone"
    )
    assert "(exit 7: the deploy failed and could not be undone)" in render_error(DeployBroken("a", "b"))
    assert "(exit 8: refused as unsafe)" in render_error(Unsafe("a", "b"))
    assert render_error(UsageError("a", "b")) == "a\nfix: b\nsee: docs/errors.md#usage-error"
