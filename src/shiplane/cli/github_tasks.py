"""`github.report-failure`, `github.close-fixed`, `github.deployments`: what GitHub shows beside the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import foreign_output, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from invoke.context import Context

    from shiplane.pipeline.github_api import GithubApi
    from shiplane.report.issue_moves import Commit, Item, Move
    from shiplane.report.tracker import Done, Tracker
    from shiplane.report.whole_run import WholeRun

    Decide = Callable[[App, WholeRun, Tracker], Iterable[Move]]


@command
def report_failure(_c: Context, run: str = "", link: str = "", dry_run: bool = False, json: bool = False) -> None:
    """Open an issue for each step that failed in a run, or comment where one is open; a cancelled run opens none."""
    _keep(_failures, "failed", run, link, dry_run=dry_run, json=json)


@command
def close_fixed(_c: Context, run: str = "", link: str = "", dry_run: bool = False, json: bool = False) -> None:
    """After a green run: close what commits on main fix ("Fix issue #N"), and tell the issues of the branch."""
    _keep(_fixed, "passed", run, link, dry_run=dry_run, json=json)


@command
def deployments(_c: Context, run: str = "", link: str = "", dry_run: bool = False, json: bool = False) -> None:
    """Tell GitHub what a run did to each environment, so that its pages show which release serves where."""
    from shiplane.cli.on_github import may_only_read  # noqa: PLC0415 - not needed for --list
    from shiplane.report.github_deployments import Deployments, told  # noqa: PLC0415

    app = App.here()
    whole = _run(app, run, link)
    found = [] if may_only_read(app.environ) else list(told(whole))
    if found and not dry_run:
        teller = Deployments(_api(app))
        found = [fresh for one in found if (fresh := teller.tell(one))]
    if json:
        show_json([one.to_json() for one in found])
        return
    for one in found:
        show(f"{'would tell' if dry_run else 'told'}: {one.environment}: {one.text} ({one.state})")
    if not found:
        show(f"run {whole.name}: nothing to tell of environments")


def _keep(decide: Decide, status: str, asked: str, link: str, *, dry_run: bool, json: bool) -> None:
    app = App.here()
    whole = _run(app, asked, link)
    why = _why_not(app, whole, status)
    if not why and status == "failed":
        whole = _reviewed(app, whole)
        why = _why_not(app, whole, status)
    if why:
        _tell([], f"run {whole.name} {why}: no issue is changed", json=json)
        return
    tracker = _tracker(app)
    moves = list(decide(app, whole, tracker))
    if dry_run:
        _show_moves(app, moves, json=json)
        return
    done = [each for move in moves for each in tracker.carry_out(move)]
    _tell(done, f"run {whole.name} {whole.status}: no issue had to be changed", json=json)


def _why_not(app: App, whole: WholeRun, status: str) -> str:
    """Say why a run changes no issue; empty where it may."""
    from shiplane.cli.on_github import may_only_read  # noqa: PLC0415 - not needed for --list

    if whole.status != status:
        ended = f"was rejected for {', '.join(whole.rejected)}" if whole.rejected else "was cancelled"
        return {"passed": "passed", "failed": "failed", "cancelled": ended}.get(whole.status, "ran nothing")
    if status == "failed" and whole.gave_way:
        return f"gave way to another ({whole.gave_way})"
    return "is of a pull request that may write nothing" if may_only_read(app.environ) else ""


def _reviewed(app: App, whole: WholeRun) -> WholeRun:
    """Ask GitHub, where a job failed without a word, whether a reviewer did not let it begin."""
    run = app.environ.get("GITHUB_RUN_ID", "")
    if not whole.unbegun or not run.isdecimal():
        return whole
    found = _api(app).look("read who approved the run", f"actions/runs/{run}/approvals") or ()
    rejected = [each["environments"] for each in found if each["state"] == "rejected"]
    return whole.reviewed({str(place["name"]) for places in rejected for place in places})


def _run(app: App, asked: str, link: str) -> WholeRun:
    from shiplane.cli.bundles import learn_secrets  # noqa: PLC0415 - not needed for --list
    from shiplane.cli.on_github import whole_run  # noqa: PLC0415

    learn_secrets(app, "remote")
    learn_secrets(app, "lab")
    return whole_run(app, asked, link)


def _tracker(app: App) -> Tracker:
    from shiplane.report.tracker import Tracker  # noqa: PLC0415 - not needed for --list

    return Tracker(_api(app))


def _api(app: App) -> GithubApi:
    from shiplane.cli.on_github import origin, repository  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline.github_api import GithubApi  # noqa: PLC0415

    place = repository(app.environ, origin(app))
    app.masker.add(place.token)
    return GithubApi(app.world.http(), place)


def _failures(_app: App, whole: WholeRun, tracker: Tracker) -> Iterable[Move]:
    from shiplane.report.issue_moves import on_failure  # noqa: PLC0415 - not needed for --list

    return on_failure(whole, tracker.issues(), tracker.comments)


def _fixed(app: App, whole: WholeRun, tracker: Tracker) -> Iterator[Move]:
    from shiplane.report.issue_moves import on_fixes, on_green  # noqa: PLC0415 - not needed for --list

    issues = tracker.issues()
    closed: set[int] = set()
    if issues and whole.run.event == "push" and whole.run.branch == app.config.main_branch:
        for move in on_fixes(whole, _commits(app, issues), issues, tracker.comments):
            closed.add(move.issue)
            yield move
    left = [issue for issue in issues if issue["number"] not in closed]
    yield from on_green(whole, left, tracker.comments, close=app.config.github.close_when_green)


def _commits(app: App, issues: Sequence[Item]) -> list[Commit]:
    """Give the commits since the oldest of these issues, oldest first."""
    from shiplane.commands import git  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import HistoryMissing  # noqa: PLC0415
    from shiplane.facts.answers import told_by_git  # noqa: PLC0415
    from shiplane.report.issue_moves import Commit  # noqa: PLC0415

    if app.runner.run(git.shallow()).stdout.strip() == "true":
        raise HistoryMissing
    since = min(str(issue["created_at"]) for issue in issues)
    parts = told_by_git(app.runner, git.messages(since), "the commits since").split("\0")
    return [Commit(name, app.masker.mask(text)) for name, text in zip(parts[::2], parts[1::2], strict=False)][::-1]


def _show_moves(app: App, moves: list[Move], *, json: bool) -> None:
    from shiplane.report.issue_moves import to_json  # noqa: PLC0415 - not needed for --list

    told = [to_json(move) for move in moves]
    if json:
        show_json(told)
        return
    if not moves:
        show("would change no issue")
    with foreign_output(app.environ):
        for each in told:
            show(f"would {each['action']} {each['subject']}\n\n{each['body']}")


def _tell(done: list[Done], otherwise: str, *, json: bool) -> None:
    if json:
        show_json([each.to_json() for each in done])
        return
    for each in done:
        show(f"{each.action} #{each.issue}: {each.url}")
    if not done:
        show(otherwise)
