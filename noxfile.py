"""Checks in isolation: nothing here touches a remote. What each session does is in `shiplane.checks`."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "lint"]
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False


def _run(session: nox.Session, *names: str) -> None:
    """Hand over to Shiplane in the project's environment, which is made where it is not there yet."""
    from pathlib import Path  # noqa: PLC0415 - nox loads this file for every command

    python = Path(__file__).with_name(".venv") / "bin" / "python"
    if not python.exists():
        session.run("./scripts/bootstrap", external=True)
    for name in names:
        # An interrupted session removes its containers: Nox's own patience is half a second.
        patience = {"interrupt_timeout": 30.0, "terminate_timeout": 10.0}
        session.run(str(python), "-m", "shiplane.cli.session", name, *session.posargs, external=True, **patience)


@nox.session
def tests(session: nox.Session) -> None:
    """Backend and frontend tests."""
    _run(session, "tests_backend", "tests_frontend")


@nox.session
def tests_backend(session: nox.Session) -> None:
    """Backend: pytest with coverage in the development image, on PostgreSQL and Redis."""
    _run(session, "tests_backend")


@nox.session
def tests_frontend(session: nox.Session) -> None:
    """Frontend: vitest in the development image."""
    _run(session, "tests_frontend")


@nox.session
def lint(session: nox.Session) -> None:
    """Code quality: black, eslint, ruff, mypy, shell, YAML and more; `-- frontend`, `-- backend`, `-- project`."""
    _run(session, "lint")


@nox.session
def images(session: nox.Session) -> None:
    """Development and production images; `-- development`, `-- production`, `--no-cache`, `--verify-reproducible`."""
    _run(session, "images")


@nox.session
def e2e(session: nox.Session) -> None:
    """Playwright against the test environment, which is started for it."""
    _run(session, "e2e")


@nox.session
def shiplane(session: nox.Session) -> None:
    """Shiplane's own quick tests; `-- tests` for all of them."""
    _run(session, "shiplane")


@nox.session
def docs(session: nox.Session) -> None:
    """Documentation as a site, strict; `-- --browser` opens each page and asks axe what keeps people out."""
    _run(session, "docs")


@nox.session
def proof(session: nox.Session) -> None:
    """Long: many examples, twenty deploys under load, every fault at every boundary, every page, images twice."""
    _run(session, "proof")


@nox.session
def bench(session: nox.Session) -> None:
    """Figures: the tool itself, builds and deploys beside Docker's own, the pipeline beside plain bash."""
    _run(session, "bench")


@nox.session
def clean(session: nox.Session) -> None:
    """Remove what interrupted or killed checks and test environments left behind."""
    _run(session, "clean")
