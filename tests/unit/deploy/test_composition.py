from __future__ import annotations

from typing import Any

import pytest

from shiplane.deploy.composition import judge, stack_of, third_party
from shiplane.doctor.topology import Roles
from shiplane.errors import ComposeUnfit

BASE = """\
x-service: &service
  image: ${BACKEND_DEV_IMAGE:-backend-dev:local}
services:
  db: {image: "${POSTGRES_IMAGE:-postgres:17}"}
  backend:
    <<: *service
    build: .
  proxy:
    image: ${NGINX_IMAGE-nginx:1.30}
  mail:
    image: mail
    profiles: [development]
"""
OVERLAY = """\
services:
  backend:
    image: ${BACKEND_IMAGE:?the deploy writes it}
    build: !reset null
  edge: {image: "${NGINX_IMAGE:-nginx:1.30}"}
"""
DIGEST = f"sha256:{'a' * 64}"
OURS = ("BACKEND_IMAGE",)
ROLES = Roles(("db",), "backend", {"backend": "backend"}, "proxy")


def wanted(overlay: str = OVERLAY, base: str = BASE, **overlays: str) -> dict[str, str]:
    texts = {"compose.staging.yml": overlay, **{f"compose.{name}.yml": text for name, text in overlays.items()}}
    return third_party(base, texts, ("with-celery",), OURS)


def service(line: str) -> str:
    return f"services: {{db: {{image: {line}}}}}\n"


def test_the_images_of_others_by_the_variables_that_they_fill() -> None:
    assert wanted() == {"POSTGRES_IMAGE": "postgres:17", "NGINX_IMAGE": "nginx:1.30"}


def test_what_an_overlay_says_wins_over_the_base() -> None:
    found = wanted(OVERLAY, production=OVERLAY + '  db: {image: "${DB_IMAGE:-registry.test:5000/pg:17}"}\n')
    assert found == {
        "POSTGRES_IMAGE": "postgres:17", "NGINX_IMAGE": "nginx:1.30", "DB_IMAGE": "registry.test:5000/pg:17",
    }  # fmt: skip


def test_who_writes_a_digest_decides_when_it_changes() -> None:
    assert wanted(service(f'"${{DB_IMAGE:-postgres:17@{DIGEST}}}"'), "services: {}") == {}
    assert wanted(service(f"postgres:17@{DIGEST}"), "services: {}") == {}


def test_our_own_images_are_no_other_s() -> None:
    assert wanted(service('"${BACKEND_IMAGE:-backend:local}"'), "services: {}") == {}


def test_an_image_that_no_release_can_pin_is_refused_with_the_line_that_it_needs() -> None:
    with pytest.raises(ComposeUnfit) as caught:
        wanted("services: {my-db: {image: postgres:17}, cache: {image: redis}}\n", "services: {}")
    assert caught.value.cause == (
        "the compose files cannot be released: compose.staging.yml: my-db runs postgres:17, which no digest pins: "
        "write image: ${MY_DB_IMAGE:-postgres:17} (and 1 more)"
    )
    assert caught.value.details[1].endswith("write image: ${CACHE_IMAGE:-redis}")


def test_what_is_merged_from_several_places_counts_and_the_first_wins() -> None:
    text = """\
x-one: &one {image: "${ONE_IMAGE:-one:1}"}
x-two: &two {image: "${TWO_IMAGE:-two:1}"}
services:
  db:
    <<: [*one, *two]
"""
    assert wanted(text, "services: {}") == {"ONE_IMAGE": "one:1"}


def test_profiles_that_are_no_list_are_left_to_compose() -> None:
    assert wanted('services: {db: {image: "${A_IMAGE:-a:1}", profiles: with-celery}}', "services: {}") == {
        "A_IMAGE": "a:1"
    }


def test_a_variable_stands_for_one_image() -> None:
    with pytest.raises(ComposeUnfit, match=r"NGINX_IMAGE stands for nginx:1\.30 and for nginx:1\.28"):
        wanted(OVERLAY, production=OVERLAY.replace("nginx:1.30", "nginx:1.28"))


@pytest.mark.parametrize("text", ["", "services:\n", "services: {}\n", "services: {db: }\n"])
def test_files_without_services_want_nothing(text: str) -> None:
    assert wanted(text, text) == {}


def judged(services: dict[str, Any]) -> list[str]:
    files = (("docker-compose.yml", BASE), ("compose.staging.yml", OVERLAY))
    return judge(stack_of("staging", {"services": services}, files), ROLES)


def test_a_model_whose_images_are_pinned_is_fit() -> None:
    assert judged({"db": {"image": f"postgres@{DIGEST}"}, "backend": {"image": f"r:5000/a/b@{DIGEST}"}}) == []


@pytest.mark.parametrize(
    ("services", "wanted"),
    [
        ({"db": {"image": "postgres:17"}}, "docker-compose.yml:4: db runs postgres:17, which no digest pins"),
        ({"db": {"image": "postgres@sha256:abc"}}, "db runs postgres@sha256:abc, which no digest pins"),
        ({"edge": {}}, "compose.staging.yml:5: edge runs no image, which no digest pins"),
        (
            {"backend": {"image": f"b@{DIGEST}", "build": {"context": "."}}},
            "compose.staging.yml:4: backend would be built on the server (build: !reset null)",
        ),
        (
            {
                "backend": {
                    "image": f"b@{DIGEST}",
                    "volumes": [{"type": "bind", "source": "./backend", "target": "/app"}],
                }
            },
            "backend mounts sources at /app",
        ),
    ],
)
def test_what_must_not_get_to_a_server_is_told_with_its_place(services: dict[str, Any], wanted: str) -> None:
    [found] = judged(services)
    assert wanted in found
