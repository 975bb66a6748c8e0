from __future__ import annotations

from shiplane.commands import job as jobs
from shiplane.model import Command, Secret

JOB = jobs.Job("id7", "pull it", 60.0, (Command(("docker", "login"), stdin=Secret("P", "p)$'\"")),))


def test_a_job_travels_by_standard_input_and_says_its_length() -> None:
    command = jobs.start("deployments/app", JOB)
    text = (command.input_text() or "").partition('shift; main "$@"; exit\n')[2]
    assert command.argv == (
        "bash",
        "-s",
        "job",
        "start",
        "deployments/app",
        "id7",
        "pull it",
        "60",
        "180",
        str(len(text)),
    )
    assert text.startswith("commands() {\n# docker login < <P>\necho '@@ commands 0'\n")
    assert "p)$" not in " ".join(command.argv) + command.masked()
    assert "undo() {" not in text
    assert command.timeout == JOB.longest == 270.0


def test_a_job_with_an_undo_holds_it() -> None:
    job = jobs.Job("i", "t", 1.0, (), undo=(Command(("true",)),), beat=(Command(("false",)),))
    text = jobs.start("f", job).input_text() or ""
    assert "undo() {\n# true\necho '@@ undo 0'" in text
    assert "beat() {\n# false\n" in text


def test_a_job_is_followed_and_stopped_by_its_id() -> None:
    assert jobs.follow("f", JOB).argv == ("bash", "-s", "job", "follow", "f", "id7")
    assert jobs.stop("f", JOB).argv == ("bash", "-s", "job", "stop", "f", "id7")
