from __future__ import annotations

import pytest

from shiplane.errors import NotAReference
from shiplane.planning.reference import on_mirror, registry_of

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("ghcr.io/acme/app-backend:1.0.0-664a230c1f2e", "ghcr.io"),
        (f"127.0.0.1:5000/app@{DIGEST}", "127.0.0.1:5000"),
        (f"localhost/a/b:x@{DIGEST}", "localhost"),
        ("[::1]:5000/app:1", "[::1]:5000"),
        ("nginx", "docker.io"),
        ("acme/app__x--y.z:latest", "docker.io"),
    ],
)
def test_the_registry_of_a_reference(reference: str, registry: str) -> None:
    assert registry_of(reference) == registry


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("", "a name is of a-z and 0-9"),
        ("App:1", "a name is of a-z and 0-9"),
        ("ghcr.io/acme/app backend", "a name is of a-z and 0-9"),
        ("ghcr.io//app", "a name is of a-z and 0-9"),
        ("--format=x", "a name is of a-z and 0-9"),
        (f"ghcr.io/{'a' * 256}", "a name is of a-z and 0-9"),
        ("ghcr.io/acme/app:", "a tag is of letters"),
        ("ghcr.io/acme/app:-x", "a tag is of letters"),
        (f"ghcr.io/acme/app:{'x' * 129}", "a tag is of letters"),
        ("ghcr.io/acme/app@sha256:abc", "a digest is sha256: and 64 hex digits"),
        ("ghcr.io/acme/app@", "a digest is sha256: and 64 hex digits"),
        ("https://ghcr.io/acme/app:1", "'https:' is no registry's address"),
        ("-x.y/app", "'-x.y' is no registry's address"),
    ],
)
def test_what_names_no_image_is_refused_with_the_reason(reference: str, why: str) -> None:
    with pytest.raises(NotAReference, match=why) as caught:
        registry_of(reference)
    assert repr(reference) in caught.value.cause


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("postgres:17", "hub.test/proxy/library/postgres:17"),
        ("docker.io/postgres:17", "hub.test/proxy/library/postgres:17"),
        ("grafana/loki:3", "hub.test/proxy/grafana/loki:3"),
        ("docker.io/grafana/loki", "hub.test/proxy/grafana/loki"),
        ("ghcr.io/acme/app:1", ""),
    ],
)
def test_the_name_of_an_image_on_a_mirror_of_docker_hub(reference: str, found: str) -> None:
    assert on_mirror(reference, "hub.test/proxy") == found
