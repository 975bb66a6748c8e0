"""`doctor` as a whole: what it asks, what it says, and what --fix does."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import pytest

from checkouts import make_checkout
from samples import CONFIG_TEXT, HARD, REMOTE
from shiplane.lab.layout import PORT_PURPOSES, Layout
from shiplane.runners import process
from shiplane.runners.http import Answer as Answered

if TYPE_CHECKING:
    from checkouts import Answer
    from projects import Project

PROXY = {
    "image": "nginx:1.30",
    "healthcheck": {"test": ["CMD", "true"]},
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
    "ports": [{"published": "8080", "target": 80}],
    "restart": "always",
    "deploy": {"resources": {"limits": {"cpus": 1, "memory": "1", "pids": 1}}},
}
MODEL = {"name": "app-dev", "services": {"proxy": PROXY}}
SS = 'LISTEN 0 5 127.0.0.1:8080 0.0.0.0:* users:(("python3",pid=77,fd=3))'
WELL: list[Answer] = [
    ("docker version", "26.1.5", 0),
    ("docker compose version", "2.26.1", 0),
    ("docker buildx version", "github.com/docker/buildx 0.13.1", 0),
    ("bootstrap --check", "ok       engine\nok       python\nok       npm (frontend)", 0),
    ("docker compose --file .* config", json.dumps(MODEL), 0),
]
HELD = "port 8080 is held by python3 (process 77), so the proxy of the development stack cannot be published there"
MACHINE = ["engine", "compose", "buildx", "packages", "disk", "memory", "clock", "proxy", "authorities", "names"]
CHECKOUT = ["docker-config", "line-ends", "modes", "configuration", "files", "variables", "topology", "ports"]
SHOWN = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII0ps7d+eUclQKMyMs91r5ZzReY3OlEAvTaQseVgaTIF"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEKUmQlsc2zfJ/LAqStC2AjWThl6mfMK4E9BIkgUjF0+"
REMOTE_ONLY = ["addresses", "registry", "vpn", "credentials", "secrets"]
LOCKS = ["lock.staging", "lock.production"]


@pytest.fixture(autouse=True)
def a_machine_of_its_own(project: Project) -> None:
    """Let no proxy, authority or login of the developer's own count."""
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"):
            project.patch.delenv(name)
    project.patch.setenv("HOME", str(project.folder.parent))
    for name in ("PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CA_BUNDLE"):
        project.patch.delenv(name, raising=False)
    dockerfiles = {f"{name}/Dockerfile": "FROM scratch\n" for name in ("backend", "frontend")}
    make_checkout(project.folder, {**dockerfiles, "docker-compose.yml": 'ports: ["${PROXY_PORT:-8080}:80"]\n'})
    project.answers(*WELL)


def test_all_is_well(project: Project) -> None:
    ended = project.invoke("doctor --seconds 60 --json")
    assert [told["id"] for told in ended.json] == [*MACHINE, *CHECKOUT, "keys", "host-keys", *LOCKS]
    assert {(told["ok"], told["cause"], told["fix"]) for told in ended.json} == {(True, "", "")}
    assert (ended.code, ended.err) == (0, "")
    people = project.invoke("doctor --seconds 60")
    assert (people.code, people.err) == (0, "")
    assert people.out.startswith("✓ 22 of 22: engine, compose, buildx")
    assert project.runs == []


def test_a_finding_says_what_why_and_the_fix_and_ends_with_2(project: Project) -> None:
    project.answers(("ss -H", SS, 0), *WELL)
    ended = project.invoke("doctor --seconds 60")
    assert ended.code == 2
    assert ended.out.splitlines()[1:] == [
        f"✗ ports.8080: {HELD}",
        "    fix: end it: kill 77, or set PROXY_PORT to another port in .env",
    ]
    assert ended.err.splitlines() == [
        "a run would fail here: ports.8080",
        "fix: mend them as said above, in that order",
        "see: docs/errors.md#not-ready",
    ]


def test_findings_come_in_the_order_in_which_to_mend(project: Project) -> None:
    project.answers(("ss -H", SS, 0), ("docker version", "Cannot connect", 1), *WELL)
    bad = [told["id"] for told in project.invoke("doctor --seconds 60 --json").json if not told["ok"]]
    assert bad == ["engine", "ports.8080"]


def test_a_broken_configuration_is_a_finding_and_the_machine_is_looked_at_all_the_same(project: Project) -> None:
    make_checkout(project.folder, {"pyproject.toml": CONFIG_TEXT + "\n[tool.shiplane.vpn]\nprovidr = 'none'\n"})
    found = {told["id"]: told for told in project.invoke("doctor --seconds 60 --json").json}
    assert list(found) == [*MACHINE, "docker-config", "line-ends", "modes", "configuration"]
    assert found["configuration"]["cause"] == "tool.shiplane.vpn.providr: unknown key"
    assert found["configuration"]["fix"] == "did you mean 'provider'?"


@pytest.mark.parametrize(("folder", "well"), [("checkout", True), ("link", True), ("gone", False), ("", False)])
def test_the_stack_of_this_checkout_may_hold_its_ports(project: Project, folder: str, *, well: bool) -> None:
    """Also where Compose was called in a folder by another name."""
    link = project.folder.with_name(f"{project.folder.name}-link")
    link.symlink_to(project.folder)
    made_in = {"checkout": project.folder, "link": link, "gone": link.with_name("gone")}.get(folder, "")
    project.answers(("docker ps", f"app-dev-proxy-1\tapp-dev\t{made_in}\t127.0.0.1:8080->80/tcp", 0), *WELL)
    bad = [told["id"] for told in project.invoke("doctor --seconds 60 --json").json if not told["ok"]]
    assert bad == ([] if well else ["ports.8080"])


def test_what_the_configuration_names_has_to_be_there(project: Project) -> None:
    (project.folder / "compose.production.yml").unlink()
    (project.folder / "frontend/Dockerfile").unlink()
    (project.folder / "frontend/package.json").write_text("{}")
    bad = [told["id"] for told in project.invoke("doctor --seconds 60 --json").json if not told["ok"]]
    assert bad == ["configuration", "files.frontend/Dockerfile", "files.compose.production.yml"]


def test_variables_of_compose_files(project: Project) -> None:
    overlay = 'image: "${BACKEND_IMAGE:?} ${RELEASE} ${FOO}"\n'
    make_checkout(project.folder, {"docker-compose.yml": "a: $BAR ${BAZ}\n", "compose.staging.yml": overlay})
    (project.folder / ".env").write_text("BAZ=1\n")
    bad = [told["id"] for told in project.invoke("doctor --seconds 60 --json").json if not told["ok"]]
    assert bad == ["variables.docker-compose.yml.BAR", "variables.compose.staging.yml.FOO"]
    assert project.invoke("doctor --seconds 60", BAR="x", FOO="y").code == 0


def test_fix_mends_what_is_safe_and_looks_again(project: Project) -> None:
    script = project.folder / "scripts/run"
    script.parent.mkdir()
    script.write_bytes(b"#!/bin/sh\r\n")
    script.chmod(0o644)
    stage = ("git ls-files --stage", "100755 aaaa 0\tscripts/run\0", 0)
    project.answers(("ls-files --eol", "i/lf    w/crlf  attr/ \tscripts/run\0", 0), stage, *WELL)
    dry = project.invoke("doctor --seconds 60 --fix --dry-run")
    assert dry.out.startswith("would do: write scripts/run with Unix line ends\nwould do: chmod 755 scripts/run\n")
    assert dry.code == 2
    assert script.read_bytes() == b"#!/bin/sh\r\n"
    ended = project.invoke("doctor --seconds 60 --fix")
    assert ended.out.startswith("done: write scripts/run with Unix line ends\ndone: chmod 755 scripts/run\n")
    assert script.read_bytes() == b"#!/bin/sh\n"
    assert script.stat().st_mode & 0o777 == 0o755
    # The recorded git goes on saying the same of the line ends; the mode was looked at again.
    assert ended.err.startswith("a run would fail here: line-ends.scripts/run\n")


def test_what_cannot_be_mended_is_told_and_the_rest_is_mended(project: Project) -> None:
    check = ("bootstrap --check", "ok       engine\nmissing  npm (frontend): no node_modules", 2)
    eol = ("ls-files --eol", "i/lf    w/crlf  attr/ \tscripts/gone\0", 0)
    project.answers(check, eol, *WELL)
    out = project.invoke("doctor --seconds 60 --fix").out
    assert "done: ./scripts/bootstrap --no-hooks\n" in out
    assert "scripts/gone cannot be changed: No such file or directory (fix: see its owner: ls -l scripts/gone)" in out
    assert project.transcript.count("local$ ./scripts/bootstrap --no-hooks") == 1


def make_lab(project: Project) -> Layout:
    """Let there be the files of a lab."""
    layout = Layout.of(project.folder)
    layout.folder.mkdir(parents=True)
    ports = {purpose: 20000 + number for number, purpose in enumerate(PORT_PURPOSES)}
    layout.state_file.write_text(json.dumps({"name": layout.name, "ports": ports}))
    return layout


def test_the_key_of_a_lab_that_others_can_read(project: Project) -> None:
    file = make_lab(project).key_file
    file.write_text("no key")
    file.chmod(0o644)
    bad = {
        told["id"]: told["cause"] for told in project.invoke("doctor --seconds 60 --json --fix").json if not told["ok"]
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"keys.{file}" not in bad
    assert bad[f"keys.{file}.content"].startswith(f"{file} is no private key that can be used")
    assert {cause.partition(" in ")[0] for told, cause in bad.items() if told.startswith("host-keys")} == {
        "no host key is pinned for [127.0.0.1]:20001",
        "no host key is pinned for [127.0.0.1]:20004",
    }


@pytest.mark.parametrize("started", ["1", "now"])
def test_a_lock_is_removed_unasked_only_where_its_holder_is_gone_for_sure(project: Project, started: str) -> None:
    make_lab(project)
    me = process.own()
    who = {"run": "4", "user": "me", "host": "here", "pid": me.pid, "machine": me.machine}
    who["started"] = me.started if started == "now" else started
    project.answers(*WELL, servers=[("lock show deployments/app-staging", f"held\t{json.dumps(who)}", 0)])
    ended = project.invoke("doctor --seconds 60 --fix")
    assert f"✗ lock.staging: staging is held by run 4 (me@here, process {me.pid}), so" in ended.out
    unlocked = [line for line in project.transcript if line.endswith("invoke unlock --env staging --target lab --yes")]
    assert len(unlocked) == (started == "1")


def test_remote_names_all_that_is_missing_and_shows_no_secret(project: Project) -> None:
    ended = project.invoke("doctor --seconds 60 --json --target remote", **{**REMOTE, "REDIS_PASSWORD": ""})
    found = {told["id"]: told for told in ended.json}
    for name in REMOTE_ONLY:
        assert [told for told in found if told == name or told.startswith(f"{name}.")], name
    assert found["secrets"]["cause"] == "secrets missing for staging and production: REDIS_PASSWORD"
    assert found["credentials"]["fix"] == "set REGISTRY_USER and REGISTRY_PASSWORD, or: docker login ghcr.io"
    assert found["registry"]["cause"] == "ghcr.io does not answer, so no image can be pushed or pulled"
    bad_key = found["keys.SSH_PRIVATE_KEY of staging.content"]
    assert bad_key["cause"].startswith("SSH_PRIVATE_KEY of staging is no private key that can be used")
    assert HARD not in ended.out + ended.err


class Refusing:
    """Play a registry that takes no login but one."""

    def __init__(self, taken: str) -> None:
        self.taken = f"Basic {base64.b64encode(taken.encode()).decode()}"

    def request(self, method: str, url: str, **words: object) -> Answered:
        del method, url
        headers = words.get("headers") or {}
        assert isinstance(headers, dict)
        good = headers.get("Authorization") == self.taken
        return Answered(200 if good else 401, "", {} if good else {"www-authenticate": 'Basic realm="x"'})


@pytest.mark.parametrize(("taken", "found"), [(f"me:{HARD}", []), ("me:another", ["credentials.me"])])
def test_the_login_to_the_registry_is_tried(project: Project, taken: str, found: list[str]) -> None:
    project.world.public = Refusing(taken)
    given = {**REMOTE, "REGISTRY_USER": "me", "REGISTRY_PASSWORD": HARD}
    ended = project.invoke("doctor --seconds 60 --json --target remote", **given)
    told = {one["id"]: one for one in ended.json if one["id"].startswith("credentials") and not one["ok"]}
    assert list(told) == found
    for one in told.values():
        assert one["cause"].startswith("ghcr.io refuses the login of 'me', so images cannot be pushed")
    assert HARD not in ended.out + ended.err


@pytest.mark.parametrize(
    ("shown", "cause"),
    [
        (SHOWN, ""),
        (OTHER, "staging (192.0.2.1:22) does not show the host key that is pinned in "),
        ("", ""),  # one that shows none is told by another check
    ],
)
def test_the_host_key_that_a_server_shows(project: Project, shown: str, cause: str) -> None:
    project.world.reached.shown = {"192.0.2.1": shown} if shown else {}
    given = {**REMOTE, "SSH_KNOWN_HOSTS": f"192.0.2.1 {SHOWN}"}
    ended = project.invoke("doctor --seconds 60 --json --target remote", **given)
    told = [one["cause"] for one in ended.json if one["id"].startswith("host-keys") and not one["ok"]]
    assert len(told) == bool(cause)
    assert all(one.startswith(cause) for one in told)


def test_behind_a_vpn_that_is_not_joined_no_server_is_asked(project: Project) -> None:
    config = project.folder / "pyproject.toml"
    config.write_text(
        config.read_text().replace("[tool.shiplane]\n", '[tool.shiplane]\nvpn.provider = "tailscale"\n', 1)
    )
    project.world.reached.shown = {"192.0.2.1": OTHER}
    project.world.reached.silent = {"192.0.2.1"}
    given = {**REMOTE, "SSH_KNOWN_HOSTS": f"192.0.2.1 {SHOWN}", "PATH": ""}
    found = {one["id"]: one for one in project.invoke("doctor --seconds 60 --json --target remote", **given).json}
    assert [found[name]["ok"] for name in ("vpn", "host-keys", "servers")] == [False, True, True]


def test_a_server_a_name_and_a_proxy_that_do_not_answer(project: Project) -> None:
    project.world.reached.silent = {"192.0.2.1", "example.com", "proxy.test"}
    proxy = {"HTTPS_PROXY": "http://me:secret-of-mine@proxy.test:3128"}
    ended = project.invoke("doctor --seconds 60 --json --target remote", **REMOTE, **proxy)
    bad = {told["id"]: told["cause"] for told in ended.json if not told["ok"]}
    assert bad["servers"] == "192.0.2.1:22 does not answer: Connection refused"
    assert bad["addresses.example.com"].endswith("so production cannot be verified after a deploy")
    assert "proxy.test:3128 does not answer" in bad["proxy.HTTPS_PROXY"]
    assert "secret-of-mine" not in ended.out + ended.err


def test_an_unknown_target(project: Project) -> None:
    ended = project.invoke("doctor --seconds 60 --target labb")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "unknown target 'labb'")


def test_the_rules_of_the_stacks(project: Project) -> None:
    bad = {"name": "app-staging", "services": {"proxy": {**PROXY, "image": "nginx:latest"}}}
    make_checkout(project.folder, {"compose.staging.yml": "services:\n  proxy:\n    image: nginx:latest\n"})
    project.answers(("--file compose.staging.yml .* config", json.dumps(bad), 0), *WELL)
    [told] = [each for each in project.invoke("doctor --seconds 60 --json").json if not each["ok"]]
    assert told == {
        "id": "topology.image.proxy.compose.staging.yml:3",
        "ok": False,
        "cause": (
            "compose.staging.yml:3: proxy runs nginx:latest, which is another one tomorrow, so nobody knows what runs"
        ),
        "fix": "name a version that a release pins: image: ${DB_IMAGE:-postgres:17}",
    }
