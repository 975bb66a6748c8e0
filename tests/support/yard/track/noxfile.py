"""The sessions of the small application: images are built as always, its tests take a second in a container."""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False
HERE = Path(__file__).parent
IMAGE = "python:3.13-slim"


def _shiplane(session: nox.Session, name: str) -> None:
    patience = {"interrupt_timeout": 30.0, "terminate_timeout": 10.0}
    argv = (".venv/bin/python", "-m", "shiplane.cli.session", name, *session.posargs)
    session.run(*argv, external=True, **patience)


def _tested(session: nox.Session, name: str) -> None:
    """Run tests that leave their container behind where they are killed, and a report where they pass."""
    from shiplane.model.identity import checkout_id  # noqa: PLC0415 - nox loads this file for every command

    container = f"app-test-{checkout_id(HERE)}-{name}-tests"
    log = HERE / ".shiplane" / "tested.txt"
    session.run("docker", "run", "--detach", "--init", "--name", container, IMAGE, "sleep", "600", external=True)
    try:
        session.run("docker", "exec", container, "sleep", "1", external=True)
        hold = HERE / ".shiplane" / f"hold-{name}"
        if hold.exists():
            # What the file holds is done when the tests are asked to end: nothing, where it is empty.
            wait = 'trap "$1" TERM; : >"$0.held"; while [ -e "$0" ]; do sleep 0.1; done; rm "$0.held"'
            session.run("sh", "-c", wait, str(hold), hold.read_text(), external=True)
    finally:
        session.run("docker", "rm", "--force", container, external=True)
    reports = HERE / ".shiplane" / "reports" / name
    reports.mkdir(parents=True, exist_ok=True)
    kind = (HERE / "backend" / "kind").read_text().strip()
    (reports / "report.txt").write_text(f"{kind}\n")
    with log.open("a") as file:
        file.write(f"{name} {kind}\n")


@nox.session
def clean(session: nox.Session) -> None:
    """Remove what an interrupted check left behind."""
    _shiplane(session, "clean")


@nox.session
def images(session: nox.Session) -> None:
    """Build the images."""
    _shiplane(session, "images")


@nox.session
def tests_backend(session: nox.Session) -> None:
    """Test the backend."""
    _tested(session, "backend")


@nox.session
def tests_frontend(session: nox.Session) -> None:
    """Test the frontend."""
    _tested(session, "frontend")


@nox.session
def lint(session: nox.Session) -> None:
    """Look at nothing."""
    session.run("sleep", "0.2", external=True)
