from __future__ import annotations

from yard.builds import Built, carried_out

SAID = """\
#1 [internal] load local bake definitions
#4 [backend-production internal] load build definition from Dockerfile
#9 [frontend-production dependencies 1/4] FROM docker.io/library/node:24-slim
#11 [frontend-production dependencies 4/4] RUN npm ci
#11 CACHED

#12 [frontend-production build 2/2] RUN npm run build     && mkdir -p /tmp/root
#12 0.512 built in 300ms
#12 DONE 4.1s
#13 [frontend-production stage-3 2/2] COPY --from=build /tmp/root/ /
#13 DONE 0.1s
#12 [frontend-production build 2/2] RUN npm run build     && mkdir -p /tmp/root
#14 [backend-development base 2/3] RUN useradd app
#14 CACHED
"""


def test_what_no_cache_had_was_carried_out() -> None:
    found = carried_out(SAID)
    assert found == (
        ("frontend-production", "RUN npm run build     && mkdir -p /tmp/root"),
        ("frontend-production", "COPY --from=build /tmp/root/ /"),
    )
    assert Built(1.0, found).components() == {"frontend"}


def test_a_build_of_one_image_names_no_other() -> None:
    assert carried_out("#5 [2/3] RUN a\n#5 DONE 1.0s\n#6 [build 1/1] RUN b\n#6 CACHED\n") == (("", "RUN a"),)
