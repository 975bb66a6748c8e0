"""Whether the development stack answers as it should: its services, and what comes through the proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.commands import development as commands
from shiplane.development.start import addresses
from shiplane.doctor import Told
from shiplane.errors import NotRunning, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shiplane.development.rows import Row
    from shiplane.development.stack import Stack
    from shiplane.runners.http import Answer, Http

ENVIRONMENT = "development"
HEADERS = ("content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options")
_OK = 200
_TRIES = 60
_PAUSE_SECONDS = 1.0
_SHOWN = 120
_LOGS = "see why: invoke dev.logs --service {}"


def look(stack: Stack, http: Http) -> list[Told]:
    """Ask everything once; raises `NotRunning` where nothing is published."""
    found = stack.rows()
    reached = addresses(stack, found)
    if "application" not in reached:
        raise NotRunning(stack.config.proxy)
    page, status = _ask(http, f"{reached['application']}/"), _ask(http, reached["status"])
    return [*_services(stack, found), _page(page), _headers(page), _status(status), _environment(status)]


def _services(stack: Stack, found: Sequence[Row]) -> Iterator[Told]:
    """Tell of each service, those first that others wait for."""
    known = {row.service: row for row in found}
    for name in _in_order(stack, known):
        row = known[name]
        fix = _LOGS.format(name)
        if row.well and not row.health:
            yield Told(
                f"service.{name}",
                ok=False,
                cause=f"{name} has no health check",
                fix="give it one in docker-compose.yml",
            )
        else:
            yield Told(
                f"service.{name}",
                ok=row.well,
                cause="" if row.well else f"{name} is {row.health or row.state}",
                fix=fix,
            )


def _in_order(stack: Stack, known: dict[str, Row]) -> list[str]:
    ordered: dict[str, None] = {}

    def place(name: str) -> None:
        for other in stack.services.get(name, {}).get("depends_on") or {}:
            place(other)
        ordered.setdefault(name)

    for name in known:
        place(name)
    return [name for name in ordered if name in known]


def _ask(http: Http, url: str) -> Answer | str:
    try:
        return http.request("GET", url, headers={"accept": "text/html, application/json"})
    except Unreachable as error:
        return error.cause


def _page(answer: Answer | str) -> Told:
    cause = _not_ok(answer)
    if not cause and not isinstance(answer, str) and "<html" not in answer.text.lower():
        cause = "the application answers, but with no page"
    return Told("page", ok=not cause, cause=cause, fix=_LOGS.format("frontend"))


def _headers(answer: Answer | str) -> Told:
    missing = [] if isinstance(answer, str) else [name for name in HEADERS if name not in answer.headers]
    cause = f"the proxy sends no {', '.join(missing)}" if missing else ""
    return Told(
        "headers", ok=not missing, cause=cause, fix="see proxy/templates, and: invoke dev.restart --service proxy"
    )


def _status(answer: Answer | str) -> Told:
    cause = _not_ok(answer)
    return Told("status", ok=not cause, cause=cause, fix=_LOGS.format("backend"))


def _environment(answer: Answer | str) -> Told:
    data: Any = None if isinstance(answer, str) else answer.json()
    named = data.get("environment") if isinstance(data, dict) else None
    cause = "" if named == ENVIRONMENT else f"the application says that its environment is {named!r}"
    return Told("environment", ok=not cause, cause=cause, fix="see what answers there: invoke dev.status")


def _not_ok(answer: Answer | str) -> str:
    if isinstance(answer, str):
        return answer
    said = " ".join(answer.text.split())[:_SHOWN]
    return "" if answer.status == _OK else f"status {answer.status}: {said}"


def drill(stack: Stack, http: Http, sleep: Callable[[float], None]) -> list[Told]:
    """Stop the database, see the application report it, start it again and see the application recover."""
    service = stack.config.backup.service
    stack.require(service)
    url = addresses(stack, stack.rows()).get("status", "")
    if not url:
        raise NotRunning(stack.config.proxy)
    try:
        stack.do(commands.stop((service,)), f"{service} did not stop", "see the lines above")
        noticed = _wait(http, url, sleep, well=False)
    finally:
        stack.do(commands.up((service,), build=False), f"{service} did not start again", _LOGS.format(service))
    recovered = _wait(http, url, sleep, well=True)
    return [
        Told(
            "noticed",
            ok=noticed,
            cause="" if noticed else f"{url} answers 200 without {service}",
            fix="see its health check",
        ),
        Told("recovered", ok=recovered, cause="" if recovered else f"{url} stays unwell", fix=_LOGS.format("backend")),
    ]


def _wait(http: Http, url: str, sleep: Callable[[float], None], *, well: bool) -> bool:
    """Ask until the answer is as it is expected; tell whether that came in time."""
    for _ in range(_TRIES):
        if (not _not_ok(_ask(http, url))) is well:
            return True
        sleep(_PAUSE_SECONDS)
    return False
