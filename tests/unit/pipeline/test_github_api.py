from __future__ import annotations

import pytest

from shiplane.pipeline.github_api import wait_seconds
from shiplane.runners.http import Answer


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(200, "", {"x-ratelimit-remaining": "0"}), None),
        (Answer(403, "Resource not accessible by integration", {"x-ratelimit-remaining": "12"}), None),
        (Answer(404, "", {"retry-after": "5"}), None),
        (Answer(403, "", {"retry-after": "5"}), 5.0),
        (Answer(429, "", {"retry-after": "0"}), 1.0),
        (Answer(429, "", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}), 120.0),
        (Answer(403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}), 30.0),
        (Answer(403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}), 1.0),
        (Answer(429, "", {"x-ratelimit-remaining": "9", "x-ratelimit-reset": "1030"}), 120.0),
        (Answer(403, "You have exceeded a secondary rate limit"), 120.0),
    ],
)
def test_how_long_to_wait(answer: Answer, seconds: float | None) -> None:
    assert wait_seconds(answer, 1000.0, 1) == seconds
