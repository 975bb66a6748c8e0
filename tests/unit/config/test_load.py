"""Every key with the wrong type, misspelt and missing: the error names its path and the fix."""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from samples import CONFIG, CONFIG_TEXT, HARD
from shiplane.config import (
    Backup,
    Cache,
    Component,
    Config,
    Development,
    EnvironmentConfig,
    Flaky,
    GithubSettings,
    Images,
    Limits,
    Prune,
    SecretSources,
    Signing,
    StepSettings,
    Vpn,
    find_checkout,
    load,
    parse,
)
from shiplane.errors import ConfigError, NotACheckout, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

GOOD = tomllib.loads(CONFIG_TEXT)["tool"]["shiplane"]
STRINGS = 'write it as ["one", "two"]'
STRING, NUMBER, SWITCH = 'write it as "text"', "write it as 5", "write it as true"
# Where each kind of table stands, and the fix for each of its keys when its type is wrong.
TABLES: dict[tuple[str, ...], dict[str, str]] = {
    (): {
        **dict.fromkeys(
            (
                "name",
                "default_target",
                "registry",
                "owner",
                "hub_mirror",
                "main_branch",
                "changelog",
                "rollout",
                "server_login",
                "proxy",
                "release_service",
                "status_path",
            ),
            STRING,
        ),
        **dict.fromkeys(
            (
                "health_seconds",
                "verify_tries",
                "verify_interval_seconds",
                "keep_releases",
                "keep_runs",
                "results_mb",
                "parallel",
            ),
            NUMBER,
        ),
        "registry_through_ssh": SWITCH,
        "release_command": STRINGS,
        "profiles": STRINGS,
        "data_services": STRINGS,
        "migration_files": STRINGS,
        "pending_command": STRINGS,
    },
    ("components", "backend"): {
        **dict.fromkeys(("context", "version_file", "assets", "development_target", "production_target"), STRING),
        "port": NUMBER,
        "budget_mb": NUMBER,
        "coverage_percent": NUMBER,
        "root": SWITCH,
        "unwanted": STRINGS,
        "not_scanned": STRINGS,
        "platforms": STRINGS,
    },
    ("environments", "staging"): {
        **dict.fromkeys(("url", "proxy_bind", "ssh_host", "ssh_user", "ssh_jump"), STRING),
        **dict.fromkeys(("ssh_port", "proxy_port", "proxy_tls_port"), NUMBER),
        "branches": STRINGS,
    },
    ("backup",): {"service": STRING, "command": STRINGS, "verify": STRINGS, "kept": NUMBER, "seconds": NUMBER},
    ("development",): {
        **dict.fromkeys(("login", "media", "static"), STRING),
        **dict.fromkeys(("seed", "shell"), STRINGS),
    },
    ("limits",): dict.fromkeys(("build", "staging", "e2e", "production"), NUMBER),
    ("vpn",): {"provider": STRING, "tags": STRINGS},
    ("steps", "e2e", "tests"): {
        **dict.fromkeys(("timeout_seconds", "tries", "wait_seconds"), NUMBER),
        "reason": STRING,
    },
    ("flaky",): dict.fromkeys(("blocks_production_from", "of_runs"), NUMBER),
    ("secrets",): {"command": STRINGS, "file": STRING, "seconds": NUMBER},
    ("images",): {
        "source": STRING,
        "provenance": SWITCH,
        "sbom": SWITCH,
        "sbom_generator": STRING,
        "vulnerability_scanner": STRINGS,
        "vulnerability_code": NUMBER,
    },
    ("signing",): {"key": STRING, "allowed_signers": STRING},
    ("cache",): {"kind": STRING, "targets": STRINGS, "folder": STRING, "compression": STRING, "builder": STRING},
    ("prune",): dict.fromkeys(("releases", "days"), NUMBER),
}
KEYS = [(place, key, fix) for place, keys in TABLES.items() for key, fix in keys.items()]
REQUIRED = [
    (("components", "backend"), "context", 'add context = "text"'),
    (("components", "backend"), "version_file", 'add version_file = "text"'),
    (("environments", "staging"), "url", 'add url = "text"'),
    (("environments", "staging"), "branches", 'add branches = ["one", "two"]'),
]


def changed(place: tuple[str, ...], key: str | None, value: object, *, without: str = "") -> dict[str, Any]:
    table = copy.deepcopy(GOOD)
    inner = table
    for part in place:
        inner = inner.setdefault(part, {})
    inner.pop(without, None)
    if key is not None:
        inner[key] = value
    return table


def dotted(*parts: str) -> str:
    return ".".join(("tool", "shiplane", *parts))


def refused(table: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse(table)
    assert caught.value.exit_code == 2
    return caught.value.cause, caught.value.fix


def test_the_tables_above_have_every_key() -> None:
    kinds = (
        *(Config, Component, EnvironmentConfig, Backup, Development, Limits, Vpn, StepSettings),
        *(Flaky, SecretSources, Images, Signing, Cache, Prune),
    )
    for kind, (place, keys) in zip(kinds, TABLES.items(), strict=True):
        derived = {"name"} if place and place[0] in {"components", "environments", "steps"} else set()
        others = {
            "components",
            "environments",
            "backup",
            "development",
            "limits",
            "steps",
            "vpn",
            "hooks",
            "flaky",
            "github",
            "secrets",
            "cache",
            "images",
            "signing",
            "prune",
        }
        tables = others if kind is Config else {"arguments"} if kind is Component else set()
        assert {field.name for field in dataclasses.fields(kind)} - derived - tables == set(keys)


@pytest.mark.parametrize(("place", "key", "fix"), KEYS, ids=[dotted(*p, k) for p, k, _ in KEYS])
def test_a_wrong_type_is_told_with_path_and_example(place: tuple[str, ...], key: str, fix: str) -> None:
    assert refused(changed(place, key, {"a": 1})) == (f"{dotted(*place, key)}: has the wrong type (dict)", fix)
    wrong, kind = ("true", "str") if fix == SWITCH else (True, "bool")
    assert refused(changed(place, key, wrong)) == (f"{dotted(*place, key)}: has the wrong type ({kind})", fix)


def test_what_becomes_of_issues_on_github() -> None:
    assert parse(GOOD).github == GithubSettings(close_when_green=False)
    assert parse(changed(("github",), "close_when_green", value=True)).github.close_when_green
    assert refused(changed(("github",), "close_when_green", "yes")) == (
        "tool.shiplane.github.close_when_green: has the wrong type (str)",
        "write it as true",
    )
    assert refused(changed(("github",), "close", value=True))[0] == "tool.shiplane.github.close: unknown key"


@pytest.mark.parametrize(("place", "key", "fix"), KEYS, ids=[dotted(*p, k) for p, k, _ in KEYS])
def test_a_misspelt_key_is_told_with_the_nearest(place: tuple[str, ...], key: str, fix: str) -> None:
    misspelt = f"{key}x"
    assert fix
    assert refused(changed(place, misspelt, 1)) == (
        f"{dotted(*place, misspelt)}: unknown key",
        f"did you mean {key!r}?",
    )


@pytest.mark.parametrize(("place", "key", "fix"), REQUIRED, ids=[dotted(*p, k) for p, k, _ in REQUIRED])
def test_a_missing_key_is_told_with_what_to_add(place: tuple[str, ...], key: str, fix: str) -> None:
    assert refused(changed(place, None, None, without=key)) == (f"{dotted(*place, key)}: is missing", fix)


@pytest.mark.parametrize("place", [place for place in TABLES if place], ids=".".join)
def test_a_table_that_is_none_is_told(place: tuple[str, ...]) -> None:
    *above, last = place
    assert refused(changed(tuple(above), last, "text")) == (
        f"{dotted(*place)}: must be a table",
        f"write [{dotted(*place)}] and its keys below",
    )


@pytest.mark.parametrize("name", ["components", "environments"])
def test_tables_by_name_must_be_tables_by_name(name: str) -> None:
    path = dotted(name)
    assert refused(changed((), name, [])) == (f"{path}: must be tables by name", f"write [{path}.NAME]")


@pytest.mark.parametrize(
    ("place", "fix"),
    [
        (("steps", "tests"), "did you mean 'test'?"),
        (("steps", "e2e", "test"), "did you mean 'tests'?"),
    ],
)
def test_settings_of_a_step_that_there_is_not(place: tuple[str, ...], fix: str) -> None:
    assert refused(changed(place, "tries", 2)) == (f"{dotted(*place)}: unknown key", fix)
    quoted = ("tool.shiplane.steps.e2e.tests: stands in quotes", "write [tool.shiplane.steps.e2e.tests] without them")
    assert refused(changed(("steps", "e2e.tests"), "tries", 2)) == quoted


def test_a_step_is_tried_again_only_for_a_reason() -> None:
    cause, fix = refused(changed(("steps", "e2e", "tests"), "tries", 2))
    assert cause == "tool.shiplane.steps.e2e.tests.reason: is missing"
    assert fix == 'say why it may fail though nothing is broken: reason = "the network"'
    good = changed(("steps", "e2e"), "tests", {"tries": 2, "reason": "the network"})
    good["steps"]["test"] = {"backend": {"timeout_seconds": 600}}
    assert parse(good).steps == (
        StepSettings("e2e.tests", 0, 2, 5, "the network"),
        StepSettings("test.backend", 600),
    )


@pytest.mark.parametrize("place", [("components", "backend"), ("environments", "staging")])
def test_a_name_beside_the_table_s_own_is_refused(place: tuple[str, ...]) -> None:
    path = dotted(*place)
    assert refused(changed(place, "name", "x")) == (
        f"{path}.name: is not a key",
        f"the name is the table's own: [{path}]",
    )


@pytest.mark.parametrize(
    ("place", "key", "value", "cause", "fix"),
    [
        ((), "components", {}, "components: no component", "add [tool.shiplane.components.backend]"),
        ((), "default_target", "labb", "default_target: 'labb' is not known", "use one of: lab, remote"),
        (("vpn",), "provider", "wireguard", "vpn.provider: 'wireguard' is not known", "use one of: none, tailscale"),
        (("cache",), "kind", "s3", "cache.kind: 's3' is not known", "use one of: registry, gha, local, none"),
        (("cache",), "compression", "xz", "cache.compression: 'xz' is not known", "use one of: zstd, gzip"),
        (("cache",), "targets", ["lab", "x"], "cache.targets[1]: 'x' is not known", "use one of: lab, remote"),
        *(
            (
                ("components", "backend"),
                "context",
                written,
                f"components.backend.context: {written!r} is not how git names it",
                f'write it as "{plain}"',
            )
            for written, plain in (
                ("./backend", "backend"),
                ("backend/", "backend"),
                ("apps//api", "apps/api"),
                ("a/../b", "b"),
            )
        ),
        *(
            (
                ("components", "backend"),
                "context",
                outside,
                f"components.backend.context: {outside!r} is no folder below the checkout",
                'give the Dockerfile and its files a folder of their own, such as "backend"',
            )
            for outside in (".", "", "./", "/srv/backend", "..", "../backend", "backend/../../other")
        ),
        (
            (),
            "migration_files",
            ["backend/*/migrations/*.py", "/app/*/migrations/*.py"],
            "migration_files[1]: '/app/*/migrations/*.py' names no files of the checkout",
            'write it as "backend/*/migrations/*.py"',
        ),
        (
            ("backup",),
            "verify",
            [],
            "backup.verify: is empty",
            'name a command, or switch backups off by service = ""',
        ),
        (("limits",), "e2e", 0, "limits.e2e: 0 is not a positive number", "write a number above 0"),
        (("limits",), "e2e", -5, "limits.e2e: -5 is not a positive number", "write a number above 0"),
        (("flaky",), "of_runs", 0, "flaky.of_runs: 0 is not a positive number", "write a number above 0"),
        (
            ("flaky",),
            "blocks_production_from",
            -1,
            "flaky.blocks_production_from: -1 is not a positive number",
            "write a number above -1",
        ),
        (("limits",), "e2e", 1.5, "limits.e2e: has the wrong type (float)", NUMBER),
        ((), "release_command", ["a", 1], "release_command[1]: has the wrong type (int)", STRING),
        (
            (),
            "hub_mirror",
            "https://mirror.test/",
            "hub_mirror: 'https://mirror.test/' is no registry's address",
            'write it as "mirror.example.com/hub"',
        ),
        (
            ("environments", "staging"),
            "url",
            "staging.example.com/",
            "environments.staging.url: 'staging.example.com/' is not an address",
            'write it as "https://staging.example.com"',
        ),
    ],
)
def test_a_wrong_value_is_told(place: tuple[str, ...], key: str, value: object, cause: str, fix: str) -> None:
    assert refused(changed(place, key, value)) == (f"tool.shiplane.{cause}", fix)


@pytest.mark.parametrize(
    ("value", "cause", "fix"),
    [
        ("A=1", ": must be a table", "write [tool.shiplane.components.backend.arguments] and its keys below"),
        ({"A": 1}, ".A: has the wrong type (int)", STRING),
        ({"A": ["x"]}, ".A: has the wrong type (list)", STRING),
        ({"A B": "x"}, ": 'A B' cannot be a build argument", "use letters, digits and _"),
        ({"1A": "x"}, ": '1A' cannot be a build argument", "use letters, digits and _"),
        ({"VERSION": "2"}, ".VERSION: is told by Shiplane itself", "take it out"),
        ({"SOURCE_DATE_EPOCH": "0"}, ".SOURCE_DATE_EPOCH: is told by Shiplane itself", "take it out"),
    ],
)
def test_build_arguments_that_cannot_be(value: object, cause: str, fix: str) -> None:
    place = ("components", "backend")
    assert refused(changed(place, "arguments", value)) == (f"tool.shiplane.components.backend.arguments{cause}", fix)


def test_build_arguments_are_texts_by_name() -> None:
    table = changed(("components", "backend"), "arguments", {"B": HARD, "A": "1"})
    assert parse(table).components[0].arguments == (("A", "1"), ("B", HARD))


@pytest.mark.parametrize("platform", ["amd64", "linux/", "Linux/amd64", "linux/amd64/v2/x", "linux/amd64,linux/arm64"])
def test_a_platform_that_is_none(platform: str) -> None:
    table = changed(("components", "backend"), "platforms", ["linux/arm64/v8", platform])
    cause = f"tool.shiplane.components.backend.platforms[1]: {platform!r} is not a platform"
    assert refused(table) == (cause, 'write it as "linux/amd64"')


def test_what_is_zero_by_default_can_be_written_so() -> None:
    assert parse(changed(("flaky",), "blocks_production_from", 0)).flaky == Flaky(0, 20)
    assert parse(changed(("environments", "staging"), "ssh_port", 0)).environment("staging").ssh_port == 0


def test_a_check_without_a_release_command() -> None:
    table = changed((), "pending_command", ["x"], without="release_command")
    fix = 'add release_command = ["python", "manage.py", "migrate", "--noinput"]'
    assert refused(table) == ("tool.shiplane.pending_command: nothing runs what it finds", fix)


@pytest.mark.parametrize("name", ["App", "1a", "a_b", "", "a" * 32, "a b", "a/b"])
def test_a_name_that_registries_refuse_is_told(name: str) -> None:
    fix = "use a-z, 0-9 and -, 31 characters at most"
    assert refused(changed((), "name", name)) == (f"tool.shiplane: {name!r} cannot be a name", fix)
    named = {"context": "c", "version_file": "v"}
    assert refused(changed(("components",), name, named)) == (f"tool.shiplane: {name!r} cannot be a name", fix)


def test_defaults() -> None:
    assert Config(
        components=CONFIG.components,
        environments=CONFIG.environments,
        release_command=("python", "manage.py", "migrate", "--noinput"),
    ) == parse(GOOD)
    assert (CONFIG.name, CONFIG.default_target, CONFIG.registry, CONFIG.main_branch) == (
        "app",
        "lab",
        "ghcr.io",
        "main",
    )
    assert (CONFIG.health_seconds, CONFIG.verify_tries, CONFIG.verify_interval_seconds) == (120, 12, 5)
    assert CONFIG.vpn == Vpn("none", ("tag:ci",))
    staging = CONFIG.environment("staging")
    assert (staging.ssh_port, staging.proxy_bind, staging.proxy_port) == (0, "0.0.0.0", 80)  # noqa: S104 - the default
    assert staging.overlay == "compose.staging.yml"


def test_build_test_and_publish_share_one_clock() -> None:
    limits = {name: CONFIG.limits.of(name) for name in ("build", "test", "publish", "staging", "e2e", "production")}
    assert limits == {
        "build": ("build", 2700),
        "test": ("build", 2700),
        "publish": ("build", 2700),
        "staging": ("staging", 1200),
        "e2e": ("e2e", 1800),
        "production": ("production", 1200),
    }


def test_an_unknown_environment() -> None:
    with pytest.raises(UnknownName, match="unknown environment 'stagng'") as caught:
        CONFIG.environment("stagng")
    assert caught.value.fix == "did you mean 'staging'? use one of: production, staging"


def test_the_checkout_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIG_TEXT)
    below = tmp_path / "backend" / "config"
    below.mkdir(parents=True)
    (tmp_path / "backend" / "pyproject.toml").write_text("[tool.black]\n")
    assert find_checkout(below) == tmp_path
    assert load(find_checkout(below)) == CONFIG


def test_outside_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(NotACheckout, match=r"is not a git checkout with a pyproject\.toml"):
        find_checkout(tmp_path)


@pytest.mark.parametrize("text", [b"[tool.shiplane]\nname = \n", b"[tool.shiplane]\nname = '\xff'\n"])
def test_a_file_that_is_no_toml(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text)
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: is not valid TOML: .*") as caught:
        load(tmp_path)
    assert caught.value.fix == "mend the line that it names"
    assert "\n" not in caught.value.cause


def test_a_list_of_tables_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[[tool.shiplane]]\nname = 'a'\n")
    with pytest.raises(ConfigError, match=r"^tool\.shiplane: must be a table$"):
        load(tmp_path)
