from __future__ import annotations

import dataclasses
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certificates import issue
from samples import CONFIG, HARD
from shiplane.cli import targets
from shiplane.cli.targets import LabTarget, RemoteTarget
from shiplane.commands.login import RegistryLogin
from shiplane.config import SecretSources, Vpn
from shiplane.deploy.phases import pull
from shiplane.errors import CertificateUnfit, ConfigError, LabDown, SecretsMissing, UnknownName, UsageError
from shiplane.facts.secret_sources import Sources
from shiplane.lab.layout import PORT_PURPOSES, Layout
from shiplane.lab.state import Record
from shiplane.model import Secret
from shiplane.planning import Naming
from shiplane.runners.recording import RecordingRunner
from shiplane.runners.ssh_config import SshSettings

if TYPE_CHECKING:
    from pathlib import Path

FULL = {
    "SERVER_HOST": "192.0.2.1",
    "SERVER_USER": "deploy",
    "SSH_PRIVATE_KEY": "the key",
    "SSH_KNOWN_HOSTS": "192.0.2.1 ssh-ed25519 AAAA",
    "DB_PASSWORD": HARD,
    "REDIS_PASSWORD": "redis",
}
VPN = dataclasses.replace(CONFIG, vpn=Vpn("tailscale"))


def without(*names: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in FULL.items() if name not in names} | more


def test_targets_by_name(tmp_path: Path) -> None:
    assert isinstance(targets.make("lab", tmp_path, CONFIG, {}), LabTarget)
    assert isinstance(targets.make("remote", tmp_path, CONFIG, {}), RemoteTarget)
    with pytest.raises(UnknownName, match="unknown target 'remot'") as caught:
        targets.make("remot", tmp_path, CONFIG, {})
    assert caught.value.fix == "did you mean 'remote'? use one of: lab, remote"


def test_what_a_target_takes() -> None:
    assert (LabTarget.allows_edits, LabTarget.allows_stand_ins) == (True, True)
    assert (RemoteTarget.allows_edits, RemoteTarget.allows_stand_ins) == (False, False)


@pytest.mark.parametrize(
    ("environ", "naming"),
    [
        ({"REPOSITORY_OWNER": "Acme"}, Naming("ghcr.io", "acme", "app")),
        ({"GITHUB_REPOSITORY_OWNER": "Acme"}, Naming("ghcr.io", "acme", "app")),
        ({"REPOSITORY_OWNER": "a", "GITHUB_REPOSITORY_OWNER": "b"}, Naming("ghcr.io", "a", "app")),
        ({"REPOSITORY_OWNER": "a", "CONTAINER_REGISTRY": "r.test"}, Naming("r.test", "a", "app")),
    ],
)
def test_names_of_images_on_a_remote_registry(tmp_path: Path, environ: dict[str, str], naming: Naming) -> None:
    assert RemoteTarget(tmp_path, CONFIG, environ).naming() == naming


def test_the_owner_may_stand_in_the_configuration(tmp_path: Path) -> None:
    assert RemoteTarget(tmp_path, dataclasses.replace(CONFIG, owner="Me"), {}).naming().owner == "me"
    with pytest.raises(ConfigError, match=r"tool\.shiplane\.owner: is needed for the target remote") as caught:
        RemoteTarget(tmp_path, CONFIG, {}).naming()
    assert caught.value.fix == 'add owner = "your-organisation", or set REPOSITORY_OWNER'


@pytest.mark.parametrize(
    ("environ", "user"),
    [
        ({"REGISTRY_PASSWORD": HARD, "REGISTRY_USER": "me"}, "me"),
        ({"GITHUB_TOKEN": HARD, "GITHUB_ACTOR": "octocat"}, "octocat"),
        ({"REGISTRY_PASSWORD": HARD, "GITHUB_TOKEN": "other"}, "acme"),
    ],
)
def test_the_login(tmp_path: Path, environ: dict[str, str], user: str) -> None:
    login = RemoteTarget(tmp_path, CONFIG, {"REPOSITORY_OWNER": "acme", **environ}).login()
    assert login == RegistryLogin("ghcr.io", user, Secret("REGISTRY_PASSWORD", HARD))
    assert HARD not in repr(login)


@pytest.mark.parametrize(
    ("registry", "server", "sent"),
    [
        ("ghcr.io", "https://github.com", True),
        ("ghcr.io", "", True),
        ("containers.git.acme.test", "https://git.acme.test", True),
        ("docker.git.acme.test", "https://git.acme.test:8443/", True),
        ("registry.acme.test", "https://git.acme.test", False),
        ("containers.git.acme.test", "https://github.com", False),
        ("ghcr.io.acme.test", "", False),
        ("ghcr.io:8443", "", False),
        ("127.0.0.1:5500", "", False),
    ],
)
def test_the_token_of_github_goes_to_its_own_registry_alone(
    tmp_path: Path, registry: str, server: str, *, sent: bool
) -> None:
    environ = {"REPOSITORY_OWNER": "acme", "GITHUB_TOKEN": HARD, "GITHUB_SERVER_URL": server}
    asked: list[str] = []

    def own(name: str) -> None:
        asked.append(name)

    target = RemoteTarget(tmp_path, CONFIG, {**environ, "CONTAINER_REGISTRY": registry}, own=own)
    logins = (target.login(), target.server_login(), target.planned_login())
    expected = RegistryLogin(registry, "acme", Secret("REGISTRY_PASSWORD", HARD))
    assert [login is not None for login in logins] == [sent] * 3
    assert logins[0] == (expected if sent else None)
    # What this machine's Docker client holds counts instead.
    assert asked == ([] if sent or target.carried else [registry])


def test_without_a_password_this_machine_s_own_login_is_used(tmp_path: Path) -> None:
    assert RemoteTarget(tmp_path, CONFIG, {"REPOSITORY_OWNER": "acme"}).login() is None


PULL = {"REGISTRY_PULL_USER": "reader", "REGISTRY_PULL_PASSWORD": HARD}
OURS = {"REGISTRY_USER": "me", "REGISTRY_PASSWORD": "may write"}
OWN = RegistryLogin("ghcr.io", "own", Secret("REGISTRY_PASSWORD", "of the keyring"))


@pytest.mark.parametrize(
    ("environ", "user"),
    [({**OURS, **PULL}, "reader"), (OURS, "me"), ({}, "own"), ({"REGISTRY_PULL_PASSWORD": HARD}, "acme")],
)
def test_what_servers_pull_with(tmp_path: Path, environ: dict[str, str], user: str) -> None:
    asked: list[str] = []

    def own(registry: str) -> RegistryLogin:
        asked.append(registry)
        return OWN

    target = RemoteTarget(tmp_path, CONFIG, {"REPOSITORY_OWNER": "acme", **environ}, own=own)
    login = target.server_login()
    assert login is not None
    assert (login.user, login.kept) == (user, False)
    assert target.server_login() == login
    # A keyring is asked once, and where nothing else is known.
    assert asked == ([] if environ else ["ghcr.io"])


def test_a_login_that_servers_keep_is_one_that_may_only_read(tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, server_login="kept")
    login = RemoteTarget(tmp_path, config, {**FULL, **OURS, **PULL, "REPOSITORY_OWNER": "acme"}).server_login()
    assert login == RegistryLogin("ghcr.io", "reader", Secret("REGISTRY_PULL_PASSWORD", HARD), kept=True)
    without = RemoteTarget(tmp_path, config, {**FULL, **OURS, "REPOSITORY_OWNER": "acme"})
    # Who goes back uses the one that is there.
    kept = without.server_login()
    assert kept is not None
    assert (kept.kept, kept.password.value) == (True, "")
    with pytest.raises(SecretsMissing, match="secrets missing for staging: REGISTRY_PULL_PASSWORD"):
        without.require(("staging",))


@pytest.mark.parametrize(
    ("registry", "port"),
    [("127.0.0.1:5500", 5500), ("localhost:5500", 5500), ("ghcr.io", 0), ("registry.test:5000", 0), ("127.0.0.1", 0)],
)
def test_a_registry_of_this_machine_is_carried_to_servers(tmp_path: Path, registry: str, port: int) -> None:
    environ = {"REPOSITORY_OWNER": "acme", "GITHUB_TOKEN": "of github"}
    target = RemoteTarget(tmp_path, dataclasses.replace(CONFIG, registry=registry), environ, own=lambda _name: OWN)
    assert target.carried == port
    # It knows no users, unless somebody says so.
    assert target.server_login() == (None if port else target.login() or OWN)
    assert RemoteTarget(tmp_path, CONFIG, {**environ, "CONTAINER_REGISTRY": registry}).carried == port
    assert RemoteTarget(tmp_path, CONFIG, {**environ, **OURS, "CONTAINER_REGISTRY": registry}).login() is not None


def test_a_registry_that_servers_reach_by_themselves_is_not_carried(tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, registry="127.0.0.1:5500", registry_through_ssh=False)
    environ = {"REPOSITORY_OWNER": "acme", "GITHUB_TOKEN": "of github"}
    target = RemoteTarget(tmp_path, config, environ, own=lambda _name: OWN)
    assert (target.carried, target.login(), target.server_login()) == (0, None, None)


def test_where_images_of_others_are_to_be_had(tmp_path: Path) -> None:
    assert RemoteTarget(tmp_path, CONFIG, {}).sources("postgres:17") == ("postgres:17",)
    mirrored = RemoteTarget(tmp_path, dataclasses.replace(CONFIG, hub_mirror="hub.test"), {})
    assert mirrored.sources("postgres:17") == ("hub.test/library/postgres:17", "postgres:17")
    assert mirrored.sources("ghcr.io/acme/db:1") == ("ghcr.io/acme/db:1",)


def test_every_missing_secret_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SecretsMissing) as caught:
        RemoteTarget(tmp_path, CONFIG, {}).require(("staging",))
    assert caught.value.cause == f"secrets missing for staging: {', '.join(sorted(FULL))}"


def test_the_secrets_of_all_environments_are_named_at_once(tmp_path: Path) -> None:
    environ = without("DB_PASSWORD", "REDIS_PASSWORD", STAGING_DB_PASSWORD="x")
    with pytest.raises(SecretsMissing) as caught:
        RemoteTarget(tmp_path, CONFIG, environ).require(("staging", "production", "staging"))
    named = "PRODUCTION_DB_PASSWORD, REDIS_PASSWORD"
    assert caught.value.cause == f"secrets missing for staging and production: {named}"


@pytest.mark.parametrize("environments", [(), ("staging",), ("staging", "production")])
def test_nothing_is_missing(tmp_path: Path, environments: tuple[str, ...]) -> None:
    RemoteTarget(tmp_path, CONFIG, FULL).require(environments)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_secret_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SecretsMissing, match=r"for staging: DB_PASSWORD$"):
        RemoteTarget(tmp_path, CONFIG, FULL | {"DB_PASSWORD": ""}).require(("staging",))


def test_a_vpn_asks_for_its_own_secrets(tmp_path: Path) -> None:
    with pytest.raises(SecretsMissing, match=r"for staging: TS_OAUTH_CLIENT_ID, TS_OAUTH_SECRET$"):
        RemoteTarget(tmp_path, VPN, FULL).require(("staging",))
    target = RemoteTarget(tmp_path, VPN, FULL | {"TS_OAUTH_CLIENT_ID": "id", "STAGING_TS_OAUTH_SECRET": HARD})
    assert target.vpn_secret("staging") == Secret("TS_OAUTH_SECRET", HARD)
    assert "TS_OAUTH_SECRET" not in target.secrets("staging")


def test_what_is_on_a_server_already_is_not_needed_to_reach_it(tmp_path: Path) -> None:
    spoilt = {"TLS_CERTIFICATE": "/nowhere/chain.pem", "TLS_KEY": "no key"}
    environ = without("DB_PASSWORD", "REDIS_PASSWORD", TS_OAUTH_CLIENT_ID="id", TS_OAUTH_SECRET=HARD, **spoilt)
    target = RemoteTarget(tmp_path, VPN, environ)
    target.require(("staging",), secrets=False)
    assert target.vpn_secret("staging") == Secret("TS_OAUTH_SECRET", HARD)
    with pytest.raises(SecretsMissing, match=r"for staging: DB_PASSWORD, REDIS_PASSWORD$"):
        target.require(("staging",))
    with pytest.raises(SecretsMissing, match=r"for staging: SERVER_HOST, TS_OAUTH_SECRET$"):
        RemoteTarget(tmp_path, VPN, environ | {"SERVER_HOST": "", "TS_OAUTH_SECRET": ""}).require(
            ("staging",), secrets=False
        )


def test_a_plan_asks_no_source_of_secrets(tmp_path: Path) -> None:
    runner = RecordingRunner([("op", "it needs your finger", 1)])
    sources = Sources(runner, tmp_path, SecretSources(command=("op", "inject"), file="gone.env"))
    target = RemoteTarget(tmp_path, CONFIG, {"REPOSITORY_OWNER": "acme"}, sources=sources)
    assert target.planned_login() == RegistryLogin("ghcr.io", "REGISTRY_USER", Secret("REGISTRY_PASSWORD", ""))
    assert target.serves_https("staging")
    assert runner.commands == []
    known = {"REPOSITORY_OWNER": "acme", "REGISTRY_PASSWORD": HARD, "REGISTRY_USER": "me"}
    login = RemoteTarget(tmp_path, CONFIG, known, sources=sources).planned_login()
    assert login == RegistryLogin("ghcr.io", "me", Secret("REGISTRY_PASSWORD", ""))
    assert RemoteTarget(tmp_path, CONFIG, {"REPOSITORY_OWNER": "acme"}).planned_login() is None


@pytest.mark.parametrize("given", [HARD, ""])
def test_a_plan_tells_that_a_kept_login_is_renewed_without_holding_it(tmp_path: Path, given: str) -> None:
    environ = {"REPOSITORY_OWNER": "acme", "REGISTRY_PULL_USER": "robot", "REGISTRY_PULL_PASSWORD": given}
    target = RemoteTarget(tmp_path, dataclasses.replace(CONFIG, server_login="kept"), environ)
    login = target.planned_login()
    assert login is not None
    assert HARD not in login.password.value
    site = RemoteTarget(tmp_path, CONFIG, FULL).site("staging")
    told = [command.masked() for command in pull(site, "r1", login).commands]
    wanted = [command.masked() for command in pull(site, "r1", target.server_login()).commands]
    assert told == wanted
    assert any("--password-stdin" in line for line in told) == bool(given)


def test_an_unknown_environment(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        RemoteTarget(tmp_path, CONFIG, FULL).require(("stagin",))
    with pytest.raises(UnknownName):
        LabTarget(tmp_path, CONFIG, {}).require(("stagin",))


def test_an_environment_s_own_secret_wins(tmp_path: Path) -> None:
    target = RemoteTarget(tmp_path, CONFIG, FULL | {"PRODUCTION_DB_PASSWORD": "own", "BOARD_TOKEN": "t"})
    assert {name: secret.value for name, secret in target.secrets("production").items()} == {
        "DB_PASSWORD": "own",
        "REDIS_PASSWORD": "redis",
        "BOARD_TOKEN": "t",
    }
    assert target.secrets("staging")["DB_PASSWORD"] == Secret("DB_PASSWORD", HARD)


def test_a_server_s_keys_are_written_for_the_owner_alone(tmp_path: Path) -> None:
    site = RemoteTarget(tmp_path, CONFIG, FULL).site("staging")
    host = site.host
    assert (host.name, host.address, host.port, host.user) == ("staging", "192.0.2.1", 22, "deploy")
    assert (site.folder, site.url) == ("deployments/app-staging", "https://staging.example.com")
    assert (site.overlay, site.proxy_bind, site.proxy_port) == ("compose.staging.yml", "0.0.0.0", 80)  # noqa: S104
    for path, text in ((host.key_file, "the key\n"), (host.known_hosts, "192.0.2.1 ssh-ed25519 AAAA\n")):
        file = tmp_path / path
        assert file.read_text() == text
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_key_may_be_named_by_its_file(tmp_path: Path) -> None:
    key = tmp_path / "id"
    key.write_text("mine")
    site = RemoteTarget(tmp_path, CONFIG, FULL | {"SSH_PRIVATE_KEY": str(key)}).site("staging")
    assert site.host.key_file == str(key)


def test_a_certificate_is_looked_at_before_anything_runs(tmp_path: Path) -> None:
    good = issue("staging.example.com", begins=datetime.now(UTC) - timedelta(days=1))
    file = tmp_path / "key of staging.pem"
    file.write_text(good.key_pem)
    environ = FULL | {"STAGING_TLS_CERTIFICATE": good.pem, "STAGING_TLS_KEY": str(file)}
    target = RemoteTarget(tmp_path, CONFIG, environ)
    target.require(("staging", "production"))
    assert (target.serves_https("staging"), target.serves_https("production")) == (True, False)
    assert target.secrets("staging")["TLS_KEY"].value == good.key_pem
    assert "TLS_KEY" not in target.secrets("production")
    for environment, more, cause in (
        ("staging", {"STAGING_TLS_KEY": issue("x").key_pem}, "TLS_KEY is not the key of TLS_CERTIFICATE"),
        ("staging", {"STAGING_TLS_KEY": ""}, "TLS_CERTIFICATE is set and TLS_KEY is not"),
        ("production", {"TLS_CERTIFICATE": good.pem, "TLS_KEY": good.key_pem}, "and not example.com"),
    ):
        with pytest.raises(CertificateUnfit, match=cause):
            RemoteTarget(tmp_path, CONFIG, environ | more).require((environment,))
    file.unlink()
    with pytest.raises(UsageError, match=r"TLS_KEY of staging names .*, which is no file"):
        target.require(("staging",))


def test_an_authority_of_a_company_s_own(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    target = RemoteTarget(tmp_path, CONFIG, FULL | {"TLS_CA": str(file)})
    with pytest.raises(UsageError, match=r"TLS_CA names .*ca\.pem, which is no file"):
        target.require(("staging",))
    file.write_text("x")
    target.require(("staging",))
    assert target.site("staging").ca_file == target.ca_file == str(file)
    assert RemoteTarget(tmp_path, CONFIG, FULL).site("staging").ca_file == ""


def test_a_lab_that_was_never_up(tmp_path: Path) -> None:
    target = LabTarget(tmp_path, CONFIG, {})
    assert target.naming() == Naming("registry.lab", "lab", "app")
    target.require(("staging", "production"))
    for ask in (target.login, lambda: target.site("staging"), lambda: target.secrets("staging")):
        with pytest.raises(LabDown) as caught:
            ask()
        assert caught.value.fix == "run: invoke lab.up"


def test_a_lab_that_has_a_record(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.folder.mkdir(parents=True)
    ports = {name: number for number, name in enumerate(PORT_PURPOSES, 1)}
    Record(layout.name, ports).save(layout)
    target = LabTarget(tmp_path, CONFIG, {})
    site = target.site("production")
    assert target.naming() == Naming("127.0.0.1:1", "lab", "app")
    assert (site.host.address, site.host.port, site.url) == ("127.0.0.1", 5, "https://127.0.0.1:7")
    assert (site.folder, site.overlay) == ("deployments/app-production", "compose.production.yml")
    assert site.ca_file == target.ca_file == str(layout.ca_file)
    assert site.network == layout.name


def said_of_staging(name: str, user: str = "", port: int = 0) -> SshSettings:
    """Answer as an ssh whose configuration knows the names staging and bastion."""
    if name not in ("staging", "bastion"):
        return SshSettings(name, user, port or 22)
    found = SshSettings(f"{name}.test", user or "ship", port or 2200, ("/home/id",), ("/home/known", "/etc/known"))
    return dataclasses.replace(found, jump="bastion" if name == "staging" else "", known=True)


def test_a_name_that_ssh_knows_needs_nothing_more(tmp_path: Path) -> None:
    environ = {"SERVER_HOST": "staging", "DB_PASSWORD": "d", "REDIS_PASSWORD": "r"}
    target = RemoteTarget(tmp_path, CONFIG, environ, said_of_staging)
    target.require(("staging",))
    host = target.site("staging").host
    assert (host.address, host.user, host.port, host.key_file) == ("staging.test", "ship", 2200, "")
    assert (host.identities, host.agent) == (("/home/id",), True)
    assert (host.known_hosts, host.more_known_hosts) == ("/home/known", ("/etc/known",))
    assert host.jump is not None
    assert (host.jump.place, host.jump.jump) == ("jump host bastion (bastion.test:2200)", None)


def test_what_is_set_wins_over_ssh(tmp_path: Path) -> None:
    environ = FULL | {"SERVER_HOST": "staging", "SERVER_PORT": "23", "SERVER_JUMP": "none"}
    host = RemoteTarget(tmp_path, CONFIG, environ, said_of_staging).site("staging").host
    assert (host.address, host.user, host.port, host.jump) == ("staging.test", "deploy", 23, None)
    assert (host.identities, host.agent, host.more_known_hosts) == ((), False, ())


def test_a_server_may_stand_in_the_configuration(tmp_path: Path) -> None:
    staging = dataclasses.replace(
        CONFIG.environment("staging"), ssh_host="192.0.2.7", ssh_user="ship", ssh_port=2222, ssh_jump="me@192.0.2.9:24"
    )
    config = dataclasses.replace(CONFIG, environments=(staging,))
    target = RemoteTarget(tmp_path, config, without("SERVER_HOST", "SERVER_USER"))
    target.require(("staging",))
    host = target.site("staging").host
    assert (host.address, host.user, host.port) == ("192.0.2.7", "ship", 2222)
    assert host.jump is not None
    assert (host.jump.address, host.jump.user, host.jump.port) == ("192.0.2.9", "me", 24)
    assert (host.jump.key_file, host.jump.known_hosts) == (host.key_file, host.known_hosts)


@pytest.mark.parametrize(
    ("environ", "configured", "has"),
    [
        ({}, "", (False, False)),
        ({"SERVER_HOST": "192.0.2.1"}, "", (True, True)),
        ({"STAGING_SERVER_HOST": "192.0.2.1", "SERVER_HOST": ""}, "", (True, False)),
        ({}, "shop.example.com", (True, False)),
    ],
    ids=["none", "one for both", "one of its own", "configured"],
)
def test_where_a_server_is_named(
    tmp_path: Path, environ: dict[str, str], configured: str, has: tuple[bool, bool]
) -> None:
    staging, production = CONFIG.environments
    config = dataclasses.replace(CONFIG, environments=(dataclasses.replace(staging, ssh_host=configured), production))
    target = RemoteTarget(tmp_path, config, environ)
    assert (staging.name, target.has_server("staging"), target.has_server("production")) == ("staging", *has)
    assert LabTarget(tmp_path, config, environ).has_server("production")


def test_an_agent_stands_in_for_a_key(tmp_path: Path) -> None:
    target = RemoteTarget(tmp_path, CONFIG, without("SSH_PRIVATE_KEY", SSH_AUTH_SOCK="/run/agent"))
    target.require(("staging",))
    host = target.site("staging").host
    assert (host.key_file, host.agent) == ("", True)


@pytest.mark.parametrize("port", ["ssh", "0x16", "65536", "-1"])
def test_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    with pytest.raises(UsageError, match=f"SERVER_PORT of staging is '{port}', which is no port"):
        RemoteTarget(tmp_path, CONFIG, FULL | {"SERVER_PORT": port}).site("staging")


ONE_SERVER = without("SERVER_HOST", STAGING_SERVER_HOST="192.0.2.1", PRODUCTION_SERVER_HOST="192.0.2.1")


def test_two_environments_on_one_server_need_two_ports(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="staging and production are on one server and both publish port 80") as caught:
        RemoteTarget(tmp_path, CONFIG, ONE_SERVER).require(("staging",))
    assert caught.value.fix == "set another proxy_port in [tool.shiplane.environments.production]"
    RemoteTarget(tmp_path, CONFIG, ONE_SERVER | {"PRODUCTION_SERVER_HOST": "192.0.2.2"}).require(("staging",))
    # A job on GitHub is given the server of its own environment under this name.
    RemoteTarget(tmp_path, CONFIG, FULL).require(("staging", "production"))


@pytest.mark.parametrize("change", [{"proxy_port": 81}, {"proxy_bind": "127.0.0.1"}])
def test_two_environments_with_two_ports_share_a_server(tmp_path: Path, change: dict[str, object]) -> None:
    staging, production = CONFIG.environments
    staging = dataclasses.replace(staging, proxy_bind="127.0.0.2")
    shared = dataclasses.replace(CONFIG, environments=(staging, dataclasses.replace(production, **change)))
    RemoteTarget(tmp_path, shared, ONE_SERVER).require(("staging", "production"))
