"""Two environments and two applications on one server: what happens to one leaves the others untouched."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.commands.compose import project
from shiplane.deploy.bundle import bundle
from shiplane.deploy.context import Context
from shiplane.deploy.lock import Holder, Lock
from shiplane.deploy.rollout import Deployer
from shiplane.errors import DeployUndone, Locked
from shiplane.model import Release, Secret, Site
from shiplane.runners.base import Cancel
from shiplane.runners.http import HttpRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place

# As two applications have it that began with the same template: by hand, too, each is to find its own.
OVERLAY = b"name: app-staging\nservices: {}\n"


class Neighbour:
    """Deploy one application's environment beside others."""

    def __init__(self, place: Place, app: str, environment: str, port: int, url: str) -> None:
        self.place = place
        overlay, folder = f"compose.{environment}.yml", f"deployments/{app}-{environment}"
        self.site = Site(environment, place.host, folder, url, overlay, "127.0.0.1", port)
        self.secrets = {name: Secret(name, f"{name} {app} {environment}") for name in place.secrets}

    def deploy(self, kind: str, name: str = "") -> None:
        site, image = self.site, self.place.images[kind]
        release = Release(name or kind, "c" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("web", image),))  # noqa: FBT003
        compose = self.place.compose.replace(b".env.staging", f".env.{site.environment}".encode())
        files = {"docker-compose.yml": compose, site.overlay: OVERLAY, "proxy/nginx.conf": self.place.proxy}
        self.deployer().deploy(release, bundle(site, release, files, "DB_NAME=app\n", self.secrets), self.place.login)

    def deployer(self) -> Deployer:
        place, report = self.place, self.place.reports.append
        words = (place.runner, HttpRunner(), self.site, place.masker, "r1", "me@here", report, Cancel())
        return Deployer(Context(*words, options=replace(place.options, kept=1)))

    def lock(self) -> Lock:
        return Lock(self.place.looker, self.site, self.place.reports.append, Cancel())

    def seen(self) -> str:
        """Give all that this environment has: containers, networks, volumes, files, and what it answers."""
        mine = f"--filter label=com.docker.compose.project={project(self.site)}"
        things = (
            f"docker ps -aq --no-trunc {mine}",
            f"docker network ls -q {mine}",
            f"docker volume ls -q {mine}",
            f"find {self.site.folder} -printf '%p %l %m %s %T@\\n' | grep -v /.lock",
            f"docker exec {project(self.site)}-db-1 cat /data/mark 2>&1",
        )
        served = HttpRunner().request("GET", self.site.url, timeout=5.0).json()
        return json.dumps([served, *(self.place.ask(f"{thing} | sort") for thing in things)])


@contextmanager
def reached(place: Place, there: int) -> Iterator[str]:
    """Reach a port of the server that the lab does not publish, by ssh's own forwarding."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        here = free.getsockname()[1]
    host = place.host
    trust = ("-o", f'UserKnownHostsFile="{host.known_hosts}"', "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes")
    way = ("-L", f"127.0.0.1:{here}:127.0.0.1:{there}", "-i", host.key_file, "-p", str(host.port))
    ssh = subprocess.Popen(("ssh", "-F", "none", "-N", *trust, *way, f"{host.user}@{host.address}"))
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", here)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{here}"
    finally:
        ssh.terminate()
        ssh.wait(10)


@pytest.fixture(scope="module")
def neighbours(staging: Place) -> Iterator[tuple[Neighbour, ...]]:
    wanted = (("shop", "staging", 8081), ("shop", "production", 8082), ("blog", "staging", 8083))
    with reached(staging, 8081) as one, reached(staging, 8082) as two, reached(staging, 8083) as three:
        made = tuple(Neighbour(staging, *words, url) for words, url in zip(wanted, (one, two, three), strict=True))
        try:
            for neighbour in made:
                neighbour.deploy("one")
            yield made
        finally:
            for neighbour in made:
                mine = f"--filter label=com.docker.compose.project={project(neighbour.site)}"
                staging.ask(
                    f"docker rm -fv $(docker ps -aq {mine}); docker network rm $(docker network ls -q {mine});"
                    f"docker volume rm $(docker volume ls -q {mine}); rm -rf {neighbour.site.folder}"
                )


def test_each_has_its_own(neighbours: tuple[Neighbour, ...]) -> None:
    ask, names = neighbours[0].place.ask, [project(neighbour.site) for neighbour in neighbours]
    for neighbour in neighbours:
        ask(f"docker exec {project(neighbour.site)}-db-1 sh -c 'echo {project(neighbour.site)} >/data/mark'")
    for name in names:
        assert ask(f"docker exec {name}-db-1 cat /data/mark") == name
    for what in ("network", "volume"):
        owners = ask(
            f"docker {what} ls --format '{{{{.Label \"com.docker.compose.project\"}}}} {{{{.Name}}}}' | sort -u"
        )
        mine = [line.split() for line in owners.splitlines() if line.split()[0] in names]
        assert all(thing.startswith(f"{owner}_") for owner, thing in mine)
        assert {owner for owner, _ in mine} == set(names)
    for neighbour in neighbours:
        # By hand as well, although the files of all name the same project.
        compose = f"cd {neighbour.site.folder} && docker compose -f docker-compose.yml -f {neighbour.site.overlay}"
        listed = ask(f"{compose} ps --format '{{{{.Name}}}}'").split()
        assert f"{project(neighbour.site)}-web-1" in listed
        assert all(name.startswith(f"{project(neighbour.site)}-") for name in listed)


def others(all_of_them: tuple[Neighbour, ...], one: Neighbour) -> list[str]:
    return [neighbour.seen() for neighbour in all_of_them if neighbour is not one]


def test_what_happens_to_one_touches_no_other(neighbours: tuple[Neighbour, ...]) -> None:
    _, one, _ = neighbours
    before = others(neighbours, one)
    one.deploy("two")
    assert others(neighbours, one) == before
    with pytest.raises(DeployUndone, match="two serves"):
        one.deploy("unhealthy")
    assert others(neighbours, one) == before
    one.deployer().rollback()
    assert others(neighbours, one) == before
    # Of the releases one is kept, beside what serves and what served before.
    for kind, name in (("two", "a"), ("one", "b")):
        one.deploy(kind, name)
    assert one.place.ask(f"ls {one.site.folder}/releases").split() == ["a", "b"]
    assert others(neighbours, one) == before


def test_a_port_that_a_neighbour_has_is_told_and_all_is_cleared_away(neighbours: tuple[Neighbour, ...]) -> None:
    before = others(neighbours, neighbours[1])
    newcomer = Neighbour(neighbours[0].place, "blog", "production", 8081, neighbours[0].site.url)
    with pytest.raises(DeployUndone, match=r"port 8081 of .* is taken by another .*; nothing served before") as caught:
        newcomer.deploy("one")
    assert caught.value.fix.endswith("set another proxy_port in [tool.shiplane.environments.production]")
    ask, name = newcomer.place.ask, project(newcomer.site)
    for what in ("ps -a", "network ls", "volume ls"):
        assert ask(f"docker {what} -q --filter label=com.docker.compose.project={name}") == ""
    ask(f"rm -rf {newcomer.site.folder}")
    assert others(neighbours, neighbours[1]) == before


def test_a_deploy_takes_at_most_12_round_trips(neighbours: tuple[Neighbour, ...]) -> None:
    one, runner = neighbours[2], neighbours[2].place.runner
    sent = len(runner.sent)
    with Lock(runner, one.site, one.place.reports.append, Cancel()).hold(Holder("r1", "me", "here", 1)):
        one.deploy("two")
    trips = [line for line in runner.sent[sent:] if "lock renew" not in line]
    assert len(trips) <= 12, trips
    assert ("lock take" in trips[0], "lock drop" in trips[-1]) == (True, True)


def test_each_has_a_lock_of_its_own(neighbours: tuple[Neighbour, ...]) -> None:
    one, two, _ = neighbours
    with one.lock().hold(Holder("r1", "me", "here", 1)), two.lock().hold(Holder("r2", "me", "here", 2)):
        assert str(one.lock().holder()).startswith("run r1 ")
        assert str(two.lock().holder()).startswith("run r2 ")
        with pytest.raises(Locked):
            one.lock().confirm(Holder("r2", "me", "here", 2))
