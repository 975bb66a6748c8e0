from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.deploy.promotion import check_promotion
from shiplane.errors import Unsafe

if TYPE_CHECKING:
    from shiplane.model import Release


def check(release: Release, **words: Any) -> None:  # noqa: ANN401 - handed on
    digests = release.digests()
    check_promotion(release, **{"running": digests, "tested": digests, "served_in_production": False, **words})


def test_what_may_go(release: Release) -> None:
    check(release)
    check(release, running=None)
    check(release, running={}, tested=None, served_in_production=True)
    check(replace(release, branch="feature/x"), served_in_production=True)
    check(replace(release, dirty=True), allow_dirty=True)
    check(replace(release, branch="trunk"), main="trunk")


@pytest.mark.parametrize(
    ("change", "words", "cause"),
    [
        ({"branch": "feature/x"}, {}, "was built from feature/x, not from main"),
        ({"dirty": True}, {}, "holds uncommitted edits"),
        ({"dirty": True}, {"served_in_production": True}, "holds uncommitted edits"),
        ({}, {"tested": None}, "E2E has not passed on"),
        ({}, {"tested": {"backend": "sha256:x"}}, "backend sha256:x instead of sha256:"),
        ({}, {"tested": {}}, "backend none instead of sha256:"),
        ({}, {"running": {"backend": "sha256:x"}}, "staging runs other digests .* backend sha256:x instead of"),
    ],
)
def test_what_is_refused(release: Release, change: dict[str, Any], words: dict[str, Any], cause: str) -> None:
    with pytest.raises(Unsafe, match=cause) as caught:
        check(replace(release, **change), **words)
    assert caught.value.exit_code == 8
    assert caught.value.fix


def test_how_a_release_gets_tested(release: Release) -> None:
    with pytest.raises(Unsafe) as caught:
        check(release, tested=None)
    assert caught.value.fix == "run: invoke deploy --env staging, then: invoke e2e --env staging"
