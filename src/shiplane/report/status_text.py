"""Tables of the states that commands print, from the same objects as their `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.text import SIGNS, columns, moment, one_line, short_commit, short_digest, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.deploy.services import ServiceAction

_SERVICES = ("", "service", "state", "health", "replicas", "restarts", "runs", "digest")
_RELEASES = ("", "release", "commit", "deployed")
_BACKUPS = ("backup", "made", "size", "release before", "migrations after it")
_SERVERS = ("server", "environment", "address", "user", "key file")
_COUNTS = (4, 5)


def render_status(status: Mapping[str, Any]) -> str:
    """Write what runs on an environment (`invoke status`)."""
    place = f"{status['environment']} · {status.get('url') or 'no address'}"
    lines = [place, _serving(status), *_unusual(status)]
    services = status.get("services") or {}
    if services:
        lines += ["", *columns([_SERVICES, *(_service(name, services[name]) for name in services)], right=_COUNTS)]
    return "\n".join(lines)


def _maintenance(status: Mapping[str, Any]) -> list[str]:
    said = status.get("maintenance")
    if said is None:
        return []
    since = f" since {moment(said['since'])}, by {said.get('who', '-')}" if said.get("since") else ""
    return [f"closed for maintenance{since}; open it: invoke maintenance.off --env {status['environment']}"]


def _serving(status: Mapping[str, Any]) -> str:
    if not status.get("release"):
        return "nothing is deployed"
    commit, since = short_commit(status.get("commit") or "-"), moment(status.get("deployed_at"))
    return f"release {status['release']} · commit {commit} · deployed {since}"


def _unusual(status: Mapping[str, Any]) -> list[str]:
    told = _maintenance(status)
    attempt = status.get("attempt")
    if attempt:
        ended = f"ended with {attempt['code']}" if attempt["code"] else "goes on, or was cut off"
        told.append(f"unfinished: {one_line(attempt['title'])!r} {ended}; the next deploy goes on from there")
    damaged = status.get("damaged") or []
    return [*told, *(f"damaged: {name} has no manifest that can be read; deploying it mends it" for name in damaged)]


def _service(name: str, service: Mapping[str, Any]) -> tuple[str, ...]:
    replicas = service.get("replicas", 0)
    well = service.get("well", replicas)
    state, health = str(service.get("state") or "-"), str(service.get("health") or "-")
    return (
        SIGNS["passed" if replicas and well == replicas else "failed"],
        name,
        state,
        health,
        str(replicas) if well == replicas else f"{well} of {replicas}",
        str(service.get("restarts", 0)),
        _runs(service),
        # The algorithm is the same for all and would push the rest out of the window.
        short_digest(service.get("digest") or "-").removeprefix("sha256:"),
    )


def _runs(service: Mapping[str, Any]) -> str:
    """Name the releases that a service runs, or the image that is none of ours, without its registry."""
    image = str(service.get("image") or "-").partition("@")[0].rpartition("/")[2]
    return ", ".join(service.get("releases") or [image])


def render_decisions(environment: str, decisions: Sequence[ServiceAction]) -> str:
    """Write what a deploy would do with each service (`invoke deploy --dry-run`)."""
    if not decisions:
        return f"\n{environment} cannot say what would happen to each service"
    rows = [(decision.service, decision.verb, decision.why) for decision in decisions]
    return "\n".join(["", f"on {environment}, as it is now:", *columns(rows, indent="  ")])


def render_releases(releases: Sequence[Mapping[str, Any]]) -> str:
    """Write what an environment could be rolled back to, newest first (`invoke releases`)."""
    if not releases:
        return "no releases: nothing was deployed here yet"
    rows = [
        ("→" if each.get("current") else "", each["release"], short_commit(each["commit"]), moment(each["deployed_at"]))
        for each in releases
    ]
    return "\n".join(
        [*columns([_RELEASES, *rows]), "", "→ serves now; back to another: invoke rollback --env E --to R"]
    )


def render_backups(backups: Sequence[Mapping[str, Any]]) -> str:
    """Write the backups of an environment's database, newest first (`invoke backups`)."""
    if not backups:
        return "no backups: no migration ran on data here yet"
    rows = [
        (
            each["name"],
            moment(each["made_at"]),
            size(each["size"]),
            each["before"] or "-",
            ", ".join(each["migrations"]) or "-",
        )
        for each in backups
    ]
    back = "back to the release before, with its database: invoke rollback --env E --to R --restore-database"
    return "\n".join([*columns([_BACKUPS, *rows], right=(2,)), "", back])


def render_lab(lab: Mapping[str, Any]) -> str:
    """Write what there is of the lab (`invoke lab.status`)."""
    servers, environments = lab.get("servers") or [], lab.get("environments") or {}
    if not lab.get("registry") and not servers:
        return "the lab is not up; start it: invoke lab.up"
    lines = [f"registry  {lab.get('registry') or 'not up'}", *_stand_ins(lab.get("stand_in_images"))]
    if servers:
        lines += ["", *columns([_SERVERS, *map(_server, servers)])]
    if environments:
        lines += ["", *columns([(name, str(url)) for name, url in environments.items()])]
    if environments and lab.get("ca_file"):
        lines += [f"browsers and curl --cacert trust them by {lab['ca_file']}"]
    return "\n".join(lines)


def _stand_ins(images: Any) -> list[str]:  # noqa: ANN401 - JSON: true, a list of names, or names with what they hold
    if not images:
        return []
    if isinstance(images, dict):
        rows = columns([(name, str(what)) for name, what in sorted(images.items())], indent="  ")
        return ["base images are stand-ins, for the lab only:", *rows]
    named = "" if images is True else f": {', '.join(map(str, images))}"
    return [f"base images are stand-ins, for the lab only{named}"]


def _server(server: Mapping[str, Any]) -> tuple[str, ...]:
    address = f"{server['host']}:{server['port']}"
    return (server["name"], server["environment"], address, server["user"], server["key_file"])


def render_versions(versions: Mapping[str, Any]) -> str:
    """Write the components' versions (`version.show`), with the file that holds each where it is given."""
    if not versions:
        return "no components are configured"
    rows = [
        (name, str(each.get("version", "-")), str(each.get("file", "")))
        if isinstance(each, dict)
        else (name, str(each), "")
        for name, each in versions.items()
    ]
    return "\n".join(columns(rows))


def render_checks(checks: Sequence[Mapping[str, Any]]) -> str:
    """Write what a server has and lacks (`invoke server.prepare`), with the fix below each that is not well."""
    width = max(len(check["id"]) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{'ok' if check['ok'] else 'no'}  {check['id']:{width}}  {check['cause']}".rstrip())
        lines += [] if check["ok"] else [f"    fix: {check['fix']}"]
    return "\n".join(lines)
