"""The rules on small models, with no Compose: a good pair of stacks, and what each rule says of a bad one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.doctor.topology import Roles, Stack, judge, read_source
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from shiplane.doctor import Finding

ROLES = Roles(("db",), "backend", {"backend": "backend", "frontend": "web/frontend"}, "proxy")
BASE = """\
services:
  db:
    environment:
      DB_PASSWORD: ${DB_PASSWORD:-development}
  backend: &backend
    depends_on: [db]
    environment: [DEBUG=1]
  frontend: {}
  proxy: {}
  celery:
    <<: *backend
"""
OVERLAY = """\
services:
  db:
    ports: !override []
  backend:
    volumes: !reset null
"""
LOG = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


def service(image: str, *needs: str, network: str = "edge", **more: object) -> dict[str, Any]:
    made: dict[str, Any] = {"image": image, "healthcheck": {"test": ["CMD", "true"]}, "networks": {network: None}}
    made |= {"depends_on": {other: {"condition": "service_healthy"} for other in needs}, "logging": copy.deepcopy(LOG)}
    return made | more


def development() -> dict[str, Any]:
    return {
        "db": service("postgres:17", network="data", environment={"DB_PASSWORD": "development", "EMPTY_KEY": ""}),
        "backend": service("b:1", "db", environment={"URL": "redis://:development@redis"}, command=["runserver"]),
        "frontend": service("f:1", "backend"),
        "proxy": service("nginx:1", "backend", "frontend", ports=[{"published": "80", "target": 80}]),
        "celery": service("b:1", "db", network="data"),
    }


def released() -> dict[str, Any]:
    services = development()
    for one in services.values():
        one["restart"] = "unless-stopped"
        one["deploy"] = {"resources": {"limits": {"cpus": 1, "memory": "1", "pids": 1}}}
    services["db"]["environment"] = {"DB_PASSWORD": "given", "EMPTY_KEY": None}
    services["backend"] |= {"environment": {"ALLOWED_HOSTS": "shop.example.com,localhost"}, "command": None}
    return services


def found(
    changes: dict[str, dict[str, Any]] | None = None,
    base: str = BASE,
    overlay: str = OVERLAY,
    both: dict[str, Any] | None = None,
) -> list[Finding]:
    """Judge the good pair with changes of what is released."""
    services = released()
    for name, change in (changes or {}).items():
        services.setdefault(name, service("x:1")).update(change)
    sources = (read_source("compose.production.yml", overlay), read_source("docker-compose.yml", base))
    stacks = (
        Stack("development", {"services": both or development()}, sources[1:], released=False),
        Stack("production", {"services": services}, sources, released=True),
    )
    return list(judge(stacks, ROLES, {".env.docker": "DB_NAME=app\n"}))


def test_a_good_pair() -> None:
    assert found() == []


GIVEN = {"restart": "always", "deploy": {"resources": {"limits": {"cpus": 1, "memory": "1", "pids": 1}}}}
BAD: list[tuple[str, dict[str, dict[str, Any]], str]] = [
    ("health", {"db": {"healthcheck": {"test": ["NONE"]}}}, "compose.production.yml:2"),
    ("health", {"db": {"healthcheck": None}}, "compose.production.yml:2"),
    ("order", {"frontend": {"depends_on": {}}}, "docker-compose.yml:8"),
    ("order", {"celery": {"depends_on": {"db": {"condition": "service_started"}}}}, "docker-compose.yml:6"),
    ("separated", {"db": {"networks": {"edge": None}}}, "compose.production.yml:2"),
    ("separated", {"db": {"networks": None}, "proxy": {"networks": None}}, "compose.production.yml:2"),
    (
        "separated",
        {"door": {"networks": {"data": None}, "labels": {"dev.shiplane.proxy-port": "81"}, **GIVEN}},
        "compose.production.yml:2",
    ),
    ("volumes", {"db": {"volumes": [{"type": "volume", "target": "/data"}]}}, "compose.production.yml:2"),
    ("logs", {"db": {"logging": {"driver": "json-file", "options": {"max-size": "1m"}}}}, "compose.production.yml:2"),
    ("published", {"db": {"ports": [{"target": 5432}]}}, "compose.production.yml:3"),
    ("limits", {"db": {"deploy": {}}}, "compose.production.yml:2"),
    ("image", {"db": {"image": "postgres"}}, "compose.production.yml:2"),
    ("image", {"db": {"image": "registry:5000/postgres:latest"}}, "compose.production.yml:2"),
    ("image", {"db": {"build": {}}}, "compose.production.yml:2"),
    (
        "mounts",
        {"backend": {"volumes": [{"type": "bind", "source": "./backend", "target": "/app"}]}},
        "compose.production.yml:5",
    ),
    (
        "mounts",
        {"backend": {"volumes": [{"type": "bind", "source": ".", "target": "/app"}]}},
        "compose.production.yml:5",
    ),
    ("command", {"backend": {"command": ["runserver"]}}, "compose.production.yml:4"),
    ("settings", {"backend": {"environment": {"NODE_ENV": "development"}}}, "compose.production.yml:4"),
    (
        "settings",
        {"backend": {"environment": {"DJANGO_SETTINGS_MODULE": "config.settings.testing"}}},
        "compose.production.yml:4",
    ),
    ("settings", {"backend": {"environment": {"DEBUG": "True"}}}, "compose.production.yml:4"),
    ("hosts", {"backend": {"environment": {"CORS_ORIGINS": "http://localhost:5173"}}}, "compose.production.yml:4"),
    ("hosts", {"backend": {"environment": {"ALLOWED_HOSTS": "shop.example.com,*"}}}, "compose.production.yml:4"),
    ("credentials", {"db": {"environment": {"DB_PASSWORD": "development"}}}, "docker-compose.yml:4"),
    ("credentials", {"backend": {"environment": {"URL": "redis://:development@redis"}}}, "compose.production.yml:4"),
    ("restart", {"db": {"restart": "no"}}, "compose.production.yml:2"),
]


@pytest.mark.parametrize(("rule", "changes", "place"), BAD)
def test_each_rule(rule: str, changes: dict[str, dict[str, Any]], place: str) -> None:
    told = found(changes)
    assert {one.name.partition(".")[0] for one in told} == {rule}
    assert all(one.fix and one.so and ": " in one.what for one in told)
    assert told[0].what.partition(": ")[0] == place


GOOD: list[dict[str, dict[str, Any]]] = [
    {"db": {"image": f"postgres@sha256:{'a' * 64}"}},
    {"db": {"image": "registry:5000/postgres:17"}},
    {"db": {"deploy": {}, "cpus": 1, "mem_limit": "1g", "pids_limit": 10}},
    {"db": {"logging": {"driver": "syslog"}}},
    {
        "db": {
            "volumes": [{"type": "volume", "source": "db-data", "target": "/data"}, {"type": "tmpfs", "target": "/x"}]
        }
    },
    {"backend": {"volumes": [{"type": "bind", "source": "./served", "target": "/x"}]}},
    {"backend": {"volumes": [{"type": "bind", "source": "/srv/backend", "target": "/x"}]}},
    {"backend": {"environment": {"DEBUG": "0", "ENVIRONMENT_NAME": "production", "MODE": "fast"}}},
    {"door": {"ports": [{"target": 80}], "labels": {"dev.shiplane.proxy-port": "81"}, "logging": LOG, **GIVEN}},
]


@pytest.mark.parametrize("changes", GOOD)
def test_what_is_well(changes: dict[str, dict[str, Any]]) -> None:
    assert found(changes) == []


def rules(**words: str) -> list[tuple[str, str]]:
    return [(one.name.partition(".")[0], one.what.partition(": ")[0]) for one in found(**words)]


def test_an_empty_list_in_an_overlay() -> None:
    overlay = (
        "services:\n  db:\n    ports: []\n    environment: {}\n    volumes: !override []\n    profiles: !reset []\n"
    )
    assert rules(overlay=overlay) == [("reset", "compose.production.yml:3"), ("reset", "compose.production.yml:4")]
    assert rules(base=BASE + "    ports: []\n") == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("API_TOKEN: p)x#y", True),
        ("- API_TOKEN=p)x#y", True),
        ("API_TOKEN: ${API_TOKEN:-p)x#y}", True),
        ("URL: redis://:hunter22@redis", True),
        ("URL: postgres://me:hunter22@db/app", True),
        ("API_TOKEN: ${API_TOKEN}", False),
        ("API_TOKEN: ${API_TOKEN:?set it}", False),
        ("API_TOKEN: ${API_TOKEN:-}", False),
        ("API_TOKEN: development", False),
        ("URL: redis://:${REDIS_PASSWORD}@redis", False),
        ("URL: redis://:development@redis", False),
        ("MONKEY: anything", False),
        ("PASSWORD_MIN_LENGTH: 12x", False),
        ("REFRESH_TOKEN_LIFETIME: p)x#y", False),
        ("TOKEN_URL: https://id.example.com/token", False),
        ("SECRET_FILE: /run/secrets/x", False),
        ("API_TOKEN: /run/secrets/x", False),
        ("API_TOKEN: ./secrets", False),
        ("MAX_TOKENS: 128000", False),
        ("REFRESH_TOKEN: 1h30m", False),
        ("ROTATE_SECRET: 'yes'", False),
        ("ALLOW_EMPTY_PASSWORD: 'no'", False),
        ("DB_PASSWORD: 123456", True),
        (f"API_TOKEN: {'7' * 60}x", True),
        ("SECRET_KEY_BASE: p)x#y", True),
        ("SECRET_KEY_FALLBACKS: p)x#y", True),
        ("API_TOKEN_2: p)x#y", True),
        ("db_passwd: p)x#y", True),
    ],
)
def test_secrets_that_are_written(line: str, is_found: bool) -> None:  # noqa: FBT001 - a row of the table
    base = f"x-a:\n  environment:\n    {line}\nservices: {{}}\n"
    assert rules(base=base) == ([("secret", "docker-compose.yml:3")] if is_found else [])


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("command: redis-server --requirepass s3cr3t --port 6379", True),
        ("command: [redis-server, --requirepass, s3cr3t]", True),
        ("command: [server, --db-password=s3cr3t]", True),
        ("command: server --spring.datasource.password='s3cr3t'", True),
        ("command: server --requirepass ${REDIS_PASSWORD:-s3cr3t}", True),
        ("command: [sh, -c, 'DB_PASSWORD=s3cr3t exec server']", True),
        ("command: server --broker redis://:s3cr3t@redis/0", True),
        ("entrypoint: server --api-key s3cr3t", True),
        ("args: [--token, s3cr3t]", True),
        ("args: {API_TOKEN: s3cr3t}", True),
        ("args: [API_TOKEN=s3cr3t]", True),
        ("test: [CMD, redis-cli, -a, s3cr3t, ping]", True),
        ("test: mysqladmin -u root -ps3cr3t ping", True),
        ("test: mysqladmin -p$$MYSQL_PASSWORD ping", False),
        ("test: redis-cli ping && ls -a data", False),
        ("command: redis-server --requirepass ${REDIS_PASSWORD:?set it}", False),
        ("command: redis-server --requirepass $$REDIS_PASSWORD", False),
        ('command: test "$$(PGPASSWORD="$$POSTGRES_PASSWORD" psql)"', False),
        ("command: redis-server --requirepass development", False),
        ("command: server --password --port 80", False),
        ("command: server --password-file /run/secrets/x", False),
        ("command: server --token /run/secrets/x", False),
        ("command: server --key server.pem", False),
        ("command: mkdir -p data", False),
        ("command: docker compose -p shop up", False),
        ("command: server --no-password", False),
        ("command: server --token-lifetime 5m -c password_encryption=scram", False),
        ("command: !reset null", False),
    ],
)
def test_secrets_in_commands(line: str, is_found: bool) -> None:  # noqa: FBT001 - a row of the table
    base = f"x-a:\n  deeper:\n    {line}\nservices: {{}}\n"
    assert rules(base=base) == ([("secret", "docker-compose.yml:3")] if is_found else [])


def test_a_secret_in_the_text_of_a_shell_is_told_with_its_line_and_fix() -> None:
    text = "|\n          redis-cli ping\n          ls -a data\n          server \\\n            --requirepass s3cr3t"
    (one,) = found(base=f"x-a:\n  command:\n    - sh\n    - -c\n    - {text}\nservices: {{}}\n")
    assert one.what == "docker-compose.yml:9: --requirepass is written there"
    assert one.fix == "leave it to the deploy: ${REQUIREPASS:?the deploy writes it}"


def test_what_is_no_secret_may_be_that_of_development() -> None:
    base = BASE.replace("DB_PASSWORD: ", "PASSWORD_MIN_LENGTH: 8\n      DB_PASSWORD: ")
    services = {"db": {"environment": {"PASSWORD_MIN_LENGTH": "8"}}}
    both = development()
    both["db"]["environment"]["PASSWORD_MIN_LENGTH"] = "8"
    assert found(services, base, both=both) == []


def test_not_even_a_plain_one_stands_in_an_overlay_of_a_server() -> None:
    overlay = "services:\n  db:\n    environment:\n      DB_PASSWORD: development\n"
    assert rules(overlay=overlay) == [("secret", "compose.production.yml:4")]


def test_what_is_no_yaml() -> None:
    with pytest.raises(UsageError, match=r"docker-compose\.yml:2 is no YAML"):
        read_source("docker-compose.yml", "a: [\nb: }\n")
