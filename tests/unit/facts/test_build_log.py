from __future__ import annotations

from shiplane.facts.build_log import Taken, parse, unwritten

DIGEST = "sha256:279a0bfb363db77da11276a1edf3409ba85eaf4f0bb37eb60ba08bf39c142453"
SEVERAL = f"""\
#5 [one internal] load metadata for docker.io/library/debian:trixie-slim
#5 DONE 0.0s
#8 [one base 1/3] FROM docker.io/library/debian:trixie-slim@{DIGEST}
#8 {DIGEST} 30MB / 30MB 1.0s done
#8 CACHED
#9 [one] importing cache manifest from registry.test/acme/k:cache.a
#9 DONE 0.0s
#10 [one base 2/3] RUN echo a > /a
#10 CACHED
#11 [one base 3/3] RUN echo b > /b
#11 ...
#12 [two stage-2 1/2] COPY --from=other /k3 /k3
#12 CACHED
#11 [one base 3/3] RUN echo b > /b
#11 {DIGEST} 102B / 102B done
#11 DONE 0.1s
#13 [two stage-2 2/2] RUN echo c
#13 0.1 [1/2] CACHED
#13 DONE 1.0s
""".splitlines()


def test_steps_are_counted_by_image() -> None:
    assert parse(SEVERAL, ["one", "two"]) == {"one": Taken(2, 2, 1), "two": Taken(2, 1, 0)}


def test_an_image_that_is_built_alone_is_not_named() -> None:
    lines = ["#6 [2/3] RUN echo", "#6 CACHED", "#7 [production 3/3] COPY a b", "#7 DONE 0.1s", "#8 [internal] load x"]
    assert parse(lines, ["one"]) == {"one": Taken(2, 1, 0)}


def test_what_has_no_step_of_its_own_is_left_out() -> None:
    assert parse(["#6 [one 2/3] RUN echo", "#6 CACHED"], ["one", "two"]) == {"one": Taken(1, 1, 0)}
    assert parse([], ["one"]) == {}


def test_caches_that_could_not_be_written_are_found_each_reason_once() -> None:
    lines = """\
#7 [a 2/3] RUN false
#7 ERROR: process "/bin/sh -c false" did not complete successfully
#8 [a] exporting cache to registry
#9 exporting cache to client directory
#8 ERROR: 400 Bad Request
#9 ERROR: no space left
#10 [b] exporting cache to registry
#10 ERROR: 400 Bad Request
#11 [b] exporting cache to registry
#11 DONE 0.2s""".splitlines()
    assert unwritten(lines) == ("400 Bad Request", "no space left")
