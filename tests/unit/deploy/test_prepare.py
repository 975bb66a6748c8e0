from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.prepare import Preparation
from shiplane.deploy.readiness import Check, Seen, checks
from shiplane.errors import Unreachable
from shiplane.runners.base import Completed

if TYPE_CHECKING:
    from shiplane.model import Command, Site

KEY = "ssh-ed25519 AAAAC3Nz"
HOME = "/home/deploy"
WELL = [
    "time\t1000.5",
    "who\troot",
    "root\tyes",
    "engine\t26.1.5+dfsg1",
    "compose\t2.24.4",
    "containers\t0",
    "driver\tjson-file",
    'settings\t{"log-opts": {"max-size": "10m"}}',
    "sessions\t10",
    "disk\t/\t3000000000",
    "user\t/bin/bash",
    "groups\tdeploy docker",
    f"path\t755 deploy {HOME}",
    f"path\t700 deploy {HOME}/.ssh",
    f"path\t600 deploy {HOME}/.ssh/authorized_keys",
    f"path\t700 deploy {HOME}/deployments",
    f"path\t700 deploy {HOME}/deployments/app-staging",
    f"authorized\t{KEY} me@laptop",
]


def lines(*changes: str, without: str = "\0") -> str:
    """Give what a server says, with its lines of the changes' kinds replaced."""
    kinds = {change.split("\t")[0] for change in changes}
    kept = [line for line in WELL if line.split("\t")[0] not in kinds and without not in line]
    return "\n".join([*kept, *changes])


def judged(site: Site, text: str, key: str = KEY) -> dict[str, str]:
    """Give the causes of what is not well."""
    return {check.id: check.cause for check in checks(Seen.read(text, 1000, 1001), site, key) if not check.ok}


def test_a_server_that_has_all(site: Site) -> None:
    assert judged(site, lines()) == {}
    order = [check.id for check in checks(Seen.read(lines(), 1000, 1001), site, KEY)]
    assert order == [
        "tools",
        "user",
        "authorized-key",
        "docker-group",
        "engine",
        "compose",
        "folders",
        "max-sessions",
        "log-rotation",
        "disk",
        "clock",
    ]


@pytest.mark.parametrize(
    ("text", "name", "cause"),
    [
        (lines("engine\t24.0.9"), "engine", "the engine is 24.0.9, 25.0 is the least"),
        (lines("engine\tbash: docker: command not found"), "engine", "the engine does not answer: bash: docker"),
        (lines("engine\t"), "engine", "the engine does not answer: it says nothing"),
        (lines("compose\tv2.24.3"), "compose", "Compose is v2.24.3, 2.24.4 is the least"),
        (lines("compose\t1.29.2"), "compose", "Compose is 1.29.2, 2.24.4 is the least"),
        (lines("groups\tdeploy dockers"), "docker-group", "'deploy' is not in the group docker"),
        (lines("user\t/usr/sbin/nologin"), "user", "the shell of 'deploy' is /usr/sbin/nologin"),
        (lines("authorized\tssh-ed25519 OTHER"), "authorized-key", "the key is not among the authorized keys"),
        (lines(without=".ssh/auth") + f"\npath\t664 deploy {HOME}/.ssh/authorized_keys", "authorized-key", "mode 664"),
        (lines(without="app-staging"), "folders", "~/deployments/app-staging is not there"),
        (lines(without="deployments"), "folders", "~/deployments/app-staging is not there"),
        (lines(without="deployments") + f"\npath\t755 deploy {HOME}/deployments"
         + f"\npath\t700 deploy {HOME}/deployments/app-staging", "folders", "/home/deploy/deployments has mode 755"),
        (lines(without="app-staging") + f"\npath\t700 root {HOME}/deployments/app-staging", "folders", "to root"),
        (lines("sessions\t4"), "max-sessions", "sshd opens 4 sessions in one connection, 10 are needed"),
        (lines(without="max-size"), "log-rotation", "the engine lets the logs of containers grow without end"),
        (lines("disk\t/\t9000000000", "disk\t/var/lib/docker\t1000000000"), "disk", "0.9 GiB free on /var/lib/docker"),
        (lines("time\t1060"), "clock", "the clock is 59 s ahead of ours"),
        (lines("time\t900"), "clock", "the clock is 100 s behind ours"),
    ],
)  # fmt: skip
def test_what_a_server_lacks(site: Site, text: str, name: str, cause: str) -> None:
    found = judged(site, text)
    assert list(found) == [name]
    assert cause in found[name]


def test_a_machine_without_the_user(site: Site) -> None:
    text = "\n".join(line for line in lines().splitlines() if not line.startswith(("user", "groups", "path", "auth")))
    assert judged(site, text) == {"user": "there is no user 'deploy'"}


def test_without_its_tools_nothing_else_is_asked(site: Site) -> None:
    assert checks(Seen.read("time\t1\nwho\troot\nmissing\tflock\nmissing\ttar", 1, 1), site) == [
        Check(
            "tools",
            ok=False,
            cause="missing there: flock, tar",
            fix="as root: apt-get install bash util-linux coreutils findutils gawk grep sed tar",
        )
    ]


def test_seen_by_the_deploy_user_itself(site: Site) -> None:
    refused = "permission denied while trying to connect to the Docker daemon socket"
    own = lines("who\tdeploy", f"engine\t{refused}", "groups\tdeploy", "containers\t0", "driver\t", without="root\t")
    assert judged(site, own, "") == {
        "docker-group": "'deploy' may not use the engine",
        "engine": "the engine may not be asked",
    }
    assert {c.id: c.fix for c in checks(Seen.read(own, 1000, 1001), site)}["engine"] == "mend docker-group first"


def test_an_engine_that_runs_something_is_left_as_it_is(site: Site) -> None:
    assert judged(site, lines("containers\t3", without="max-size")) == {}


def test_an_uncertain_clock_is_not_blamed() -> None:
    assert Seen.read("time\t1030", 1000, 1060).skew == 0


class Server:
    """Lack some things until they are made; what it cannot make it says."""

    def __init__(self, *lacking: str, cannot: str = "", reachable: bool = True) -> None:
        self.lacking, self.cannot, self.reachable = list(lacking), cannot, reachable
        self.asked: list[Command] = []

    def run(self, command: Command, **_words: object) -> Completed:
        self.asked.append(command)
        if not self.reachable:
            raise Unreachable("staging refuses the key", "add the key")
        text = ""
        if "check" in command.argv:
            gone = {"compose": "compose\tnone", "user": "user\t", "max-sessions": "sessions\t3"}
            text = lines("time\t5", *(gone[name] for name in self.lacking))
        elif "make" in command.argv:
            names = command.argv[command.argv.index("make") + 3 :]
            made = [name for name in names if name != self.cannot]
            self.lacking = [name for name in self.lacking if name not in made]
            text = "\n".join([f"made\t{n}" for n in made] + [f"cannot\t{n}\ttoo old" for n in names if n not in made])
        return Completed(0, text, text, 0.0)

    @property
    def made(self) -> list[tuple[str, ...]]:
        return [command.argv for command in self.asked if "make" in command.argv]


def preparation(site: Site, deploy: Server, admin: Server | None = None) -> Preparation:
    return Preparation(site, lambda: deploy, lambda: 5.0, admin, KEY)


def test_all_that_can_be_made_is_made_and_then_nothing(site: Site) -> None:
    root = Server("user", "compose", "max-sessions")
    prepared = preparation(site, Server(), root)
    made, found = prepared.mend(*prepared.look())
    assert made == ("user", "compose", "max-sessions")
    assert all(check.ok for check in found)
    assert root.made == [("bash", "-s", "prepare", "make", "deploy", site.folder, "user", "compose", "max-sessions")]
    assert root.asked[2].stdin is not None
    assert str(root.asked[2].stdin).endswith(f"{KEY}\n")
    assert prepared.mend(found, "yes") == ((), found)


def test_what_cannot_be_made_is_told_and_not_tried_again(site: Site) -> None:
    root = Server("compose", "max-sessions", cannot="compose")
    prepared = preparation(site, Server(), root)
    made, found = prepared.mend(*prepared.look())
    assert made == ("max-sessions",)
    assert [check.cause for check in found if not check.ok] == ["Compose does not answer: none (too old)"]
    assert len(root.made) == 1


def test_a_user_who_may_sudo_does_so(site: Site) -> None:
    deploy = Server("max-sessions")
    prepared = preparation(site, deploy)
    prepared.mend(prepared.look()[0], "sudo")
    assert deploy.made[0][:6] == ("sudo", "-n", "bash", "-s", "prepare", "make")


def test_an_administrator_who_may_sudo_looks_so_too(site: Site) -> None:
    class Ops(Server):
        def run(self, command: Command, **words: object) -> Completed:
            done = super().run(command, **words)
            own = done.stdout.replace("root\tyes", "root\tsudo").replace("who\troot", "who\tops")
            return done if command.argv[0] == "sudo" else Completed(0, own, own, 0.0)

    ops = Ops("max-sessions")
    prepared = preparation(site, Server(), ops)
    found, root = prepared.look()
    assert ([check.id for check in found if not check.ok], root) == (["max-sessions"], "sudo")
    assert [command.argv[0] for command in ops.asked if "check" in command.argv] == ["bash", "sudo"]


def test_without_root_only_one_s_own_is_made(site: Site) -> None:
    found = [Check("compose", ok=False), Check("folders", ok=False), Check("disk", ok=False)]
    prepared = preparation(site, Server())
    assert prepared.makeable(found, "") == ("folders",)
    assert prepared.makeable(found, "yes") == ("compose", "folders")


def test_a_server_that_is_not_reached_says_only_that(site: Site) -> None:
    found, root = preparation(site, Server(reachable=False)).look()
    assert (found, root) == ([Check("reach", ok=False, cause="staging refuses the key", fix="add the key")], "")
    found, root = preparation(site, Server(reachable=False), Server()).look()
    assert ([check.id for check in found if not check.ok], root) == (["reach"], "yes")


def test_a_script_that_fails(site: Site) -> None:
    class Broken(Server):
        def run(self, command: Command, **_words: object) -> Completed:
            return Completed(0 if command.argv[0] == "sh" else 127, "", "bash: no", 0.0)

    prepared = preparation(site, Broken())
    with pytest.raises(Unreachable, match="staging does not tell what it has"):
        prepared.look()
    with pytest.raises(Unreachable, match="staging could not be prepared"):
        prepared.make(("folders",), "")


def test_names_and_folders_stand_in_the_fixes(site: Site) -> None:
    other = replace(site, host=replace(site.host, user="ship"))
    fixes = {c.id: c.fix for c in checks(Seen.read(lines("groups\tship", without="deployments"), 1000, 1001), other)}
    assert fixes["docker-group"] == "as root: usermod --append --groups docker ship"
    assert (
        fixes["folders"] == "as ship: mkdir -p deployments/app-staging && chmod 700 deployments deployments/app-staging"
    )


def test_a_key_that_is_glued_to_the_line_before_is_none(site: Site) -> None:
    said = "the key is not among the authorized keys of 'deploy'"
    for line in (f"{KEY[:-1]} me", f"ssh-rsa AAAAB3 admin@laptop{KEY} me", f"ssh-rsa AAAAB3{KEY} me", "ssh-ed25519"):
        assert judged(site, lines(f"authorized\t{line}")) == {"authorized-key": said}
    assert judged(site, lines(f'authorized\tno-pty,command="a b" {KEY} me')) == {}


def test_the_shell_of_a_user_who_is_there_is_changed(site: Site) -> None:
    found = checks(Seen.read(lines("user\t/bin/sh"), 1000, 1001), site, KEY)
    (user,) = (check for check in found if check.id == "user")
    assert user.cause == "the shell of 'deploy' is /bin/sh"
    assert user.fix == "as root: usermod --shell /bin/bash deploy"
