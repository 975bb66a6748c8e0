from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.bundle import bundle, environment_secrets, proxy_files, root_variables
from shiplane.errors import SecretsMissing, UsageError
from shiplane.model import Image, Release, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.deploy.bundle import Bundle
    from shiplane.model import Site


HARD = "p)$'\"#\\ ü"
SECRETS = {"DB_PASSWORD": Secret("DB_PASSWORD", HARD), "REDIS_PASSWORD": Secret("REDIS_PASSWORD", "redis@/:")}
FILES = {"docker-compose.yml": b"base", "compose.staging.yml": b"overlay", "proxy/templates/default": b"proxy"}


def make(site: Site, release: Release, **words: Mapping[str, str]) -> Bundle:
    return bundle(site, release, FILES, "DB_NAME=board\n# comment\nGUNICORN_WORKERS=2\n", SECRETS, **words)


def variables(made: Bundle, name: str) -> dict[str, str]:
    lines = made.files[name].data.decode().splitlines()
    return {line.partition("=")[0]: line.partition("=")[2] for line in lines}


def test_the_files_and_their_modes(site: Site, release: Release) -> None:
    assert {path: content.mode for path, content in make(site, release).files.items()} == {
        "docker-compose.yml": 0o644,
        "compose.staging.yml": 0o644,
        "proxy/templates/default": 0o644,
        ".env": 0o600,
        ".env.docker": 0o600,
        ".env.staging": 0o600,
        "manifest.json": 0o600,
    }


def test_the_root_variables(site: Site, release: Release) -> None:
    image = release.image("backend")
    assert variables(make(replace(site, proxy_port=8080), release), ".env") == {
        "COMPOSE_PROJECT_NAME": '"app-staging"',
        "COMPOSE_FILE": '"docker-compose.yml:compose.staging.yml"',
        "CONTAINER_REGISTRY": '"registry.test"',
        "REPOSITORY_OWNER": '"owner"',
        "BACKEND_IMAGE": f'"registry.test/owner/app-backend@{image.digest}"',
        "DB_PASSWORD": '"p)\\$\'\\"#\\\\ ü"',
        "REDIS_PASSWORD": '"redis@/:"',
        "PROXY_BIND": '"0.0.0.0"',
        "PROXY_PORT": '"8080"',
        "RELEASE": f'"{release.id}"',
        "RELEASE_COMMIT": f'"{release.commit}"',
        "RELEASE_VERSION": '"1.0.0"',
        "PROXY_FILES": f'"{proxy_files(FILES)}"',
    }


def test_images_of_others_fill_their_variables_and_are_told_in_the_manifest(site: Site, release: Release) -> None:
    image = Image("registry.test:5000/library/postgres:17", f"sha256:{'d' * 64}")
    pinned = replace(release, third_party=(("POSTGRES_IMAGE", image),))
    made = make(site, pinned)
    assert variables(made, ".env")["POSTGRES_IMAGE"] == f'"registry.test:5000/library/postgres@{image.digest}"'
    manifest = json.loads(made.files["manifest.json"].data)
    assert manifest["third_party"] == {"POSTGRES_IMAGE": f"registry.test:5000/library/postgres:17@{image.digest}"}
    assert Release.from_json(manifest) == pinned
    # What sweeps a server's images looks for objects that name ours.
    assert made.files["manifest.json"].data.count(b'"reference"') == len(release.images)


def test_the_root_variables_of_a_release_without_images(site: Site, release: Release) -> None:
    found = root_variables(site, replace(release, images=()), SECRETS)
    assert {name: found[name] for name in ("CONTAINER_REGISTRY", "REPOSITORY_OWNER", "RELEASE")} == {
        "CONTAINER_REGISTRY": "",
        "REPOSITORY_OWNER": "",
        "RELEASE": release.id,
    }


def test_a_certificate_turns_https_on_and_is_no_part_of_the_release(site: Site, release: Release) -> None:
    pairs = [
        {name: Secret(name, f"{name} {number}") for name in ("TLS_CERTIFICATE", "TLS_KEY")} for number in ("1", "2")
    ]
    plain, one, two = (bundle(site, release, FILES, "", {**SECRETS, **pair}) for pair in ({}, *pairs))
    assert (plain.certificate, one.certificate and one.certificate.chain) == (None, "TLS_CERTIFICATE 1\n")
    assert one.checksum == two.checksum != plain.checksum
    more = variables(one, ".env").items() - variables(plain, ".env").items()
    assert dict(more) == {
        "PROXY_SCHEME": '"https"',
        "PUBLIC_URL": '"https://staging.test"',
        "PROXY_TLS_BIND": '"0.0.0.0"',
        "PROXY_TLS_PORT": '"443"',
    }
    assert b"TLS_KEY 1" not in b"".join(content.data for content in one.files.values())
    assert "TLS_KEY 1" not in repr(one)


def test_the_proxys_files_have_one_digest_of_names_and_contents() -> None:
    digest = proxy_files(FILES)
    assert len(digest) == 64
    assert proxy_files({**FILES, "compose.staging.yml": b"other"}) == digest
    assert proxy_files(dict(reversed(FILES.items()))) == digest
    others = [{**FILES, "proxy/templates/default": b"other"}, {**FILES, "proxy/more": b""}, {"proxy/default": b"proxy"}]
    assert len({digest, *map(proxy_files, others)}) == 4


def test_the_containers_variables(site: Site, release: Release) -> None:
    found = variables(make(site, release), ".env.staging")
    derived = {name: found.pop(name) for name in ("DJANGO_SECRET_KEY", "BOARD_TOKEN")}
    assert found == {
        "DJANGO_SETTINGS_MODULE": '"config.settings.staging"',
        "DJANGO_ALLOWED_HOSTS": '"staging.test,localhost,127.0.0.1,backend"',
        "PUBLIC_URL": '"https://staging.test"',
        "DATABASE_URL": '"postgres://app:p%29%24%27%22%23%5C%20%C3%BC@db:5432/board"',
        "REDIS_URL": '"redis://:redis%40%2F%3A@redis:6379/0"',
        "ENVIRONMENT_NAME": '"staging"',
    }
    assert all(len(value) == 66 for value in derived.values())
    assert len(set(derived.values())) == 2


def test_the_manifest_holds_the_release_and_its_place(site: Site, release: Release) -> None:
    manifest = json.loads(make(site, release).files["manifest.json"].data)
    assert manifest == {**release.to_json(), "environment": "staging", "url": "https://staging.test"}


def test_derived_secrets_are_stable_and_differ_by_environment(site: Site) -> None:
    staging = environment_secrets(site, SECRETS)
    assert staging == environment_secrets(site, SECRETS)
    production = environment_secrets(replace(site, environment="production"), SECRETS)
    assert staging["BOARD_TOKEN"] != production["BOARD_TOKEN"]


def test_given_secrets_win_and_empty_ones_do_not_count(site: Site) -> None:
    given = {**SECRETS, "BOARD_TOKEN": Secret("BOARD_TOKEN", "mine"), "DJANGO_SECRET_KEY": Secret("x", "")}
    found = environment_secrets(site, given)
    assert found["BOARD_TOKEN"].value == "mine"
    assert len(found["DJANGO_SECRET_KEY"].value) == 64


def test_all_missing_secrets_are_named_at_once(site: Site) -> None:
    with pytest.raises(SecretsMissing, match="secrets missing for staging: DB_PASSWORD, REDIS_PASSWORD"):
        environment_secrets(site, {})


def test_a_missing_compose_file_is_named(site: Site, release: Release) -> None:
    with pytest.raises(UsageError, match=r"compose.staging.yml is missing"):
        bundle(site, release, {"docker-compose.yml": b""}, "", SECRETS)


def test_a_value_that_no_environment_can_hold(site: Site, release: Release) -> None:
    with pytest.raises(UsageError, match="DB_PASSWORD holds a NUL byte") as caught:
        bundle(site, release, FILES, "", {**SECRETS, "DB_PASSWORD": Secret("DB_PASSWORD", "a\0b")})
    assert "a\0b" not in str(caught.value)


def test_more_variables(site: Site, release: Release) -> None:
    made = make(site, release, root={"TRUSTED_PROXY": "10.0.0.0/8"}, container={"EXTRA": "1"})
    assert variables(made, ".env")["TRUSTED_PROXY"] == '"10.0.0.0/8"'
    assert variables(made, ".env.staging")["EXTRA"] == '"1"'


def test_the_checksum_is_that_of_sha256sum(site: Site, release: Release) -> None:
    made = make(site, release)
    lines = [f"{hashlib.sha256(made.files[path].data).hexdigest()}  ./{path}\n" for path in sorted(made.files)]
    assert made.checksum == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert make(site, release).checksum == made.checksum
    assert make(site, release, container={"EXTRA": "1"}).checksum != made.checksum


def test_the_archive_holds_all_files_with_their_modes(site: Site, release: Release) -> None:
    made = make(site, release)
    packed = base64.b64decode(made.archive())
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert {member.name: member.mode for member in tar if member.isdir()} == {
            "proxy": 0o755,
            "proxy/templates": 0o755,
        }
        found = {member.name: (tar.extractfile(member).read(), member.mode) for member in tar if member.isfile()}
    assert found == {path: (content.data, content.mode) for path, content in made.files.items()}
    assert made.archive() == make(site, release).archive()
    assert HARD not in repr(made)
