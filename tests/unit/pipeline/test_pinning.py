from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkouts import FILES
from registries import RegistryMachine
from samples import CONFIG, HARD, REMOTE, make_release
from shiplane.cli.targets import RemoteTarget
from shiplane.errors import ComposeUnfit
from shiplane.model import Image, Release, Secret
from shiplane.pipeline.pinning import Pinning
from shiplane.pipeline.registry import Registry
from shiplane.pipeline.release_files import bundle_of
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.model import Command
    from shiplane.runners.base import Completed

BASE = b'services: {db: {image: "${POSTGRES_IMAGE:-postgres:17}"}, redis: {image: "${REDIS_IMAGE:-redis:8}"}}\n'
KEPT = {name: text.encode() for name, text in FILES.items() if name.endswith(".yml")} | {"docker-compose.yml": BASE}
DIGESTS = {"postgres:17": f"sha256:{'1' * 64}", "redis:8": f"sha256:{'2' * 64}"}
PINNED = (
    ("POSTGRES_IMAGE", Image("postgres:17", DIGESTS["postgres:17"])),
    ("REDIS_IMAGE", Image("redis:8", DIGESTS["redis:8"])),
)
SECRETS = {name: Secret(name, HARD) for name in ("DB_PASSWORD", "REDIS_PASSWORD")}


class Bench:
    def __init__(self, runner: RecordingRunner, folder: Path = Path("/nowhere")) -> None:
        self.runner = runner
        self.environ = {"PATH": "/bin", "HOME": "/home/me", "DB_PASSWORD": "of this shell"}
        self.target = RemoteTarget(folder, CONFIG, REMOTE)
        self.pinning = Pinning(runner, self.environ, CONFIG, self.target)
        self.said: list[str] = []
        self.registry = Registry(runner, "", self.said.append, None)

    def completed(self, release: Release, kept: Mapping[str, bytes] = KEPT) -> Release:
        return self.pinning.completed(release, kept, lambda: nullcontext(self.registry), self.said.append)

    def check(self, release: Release) -> None:
        site = self.target.site("staging")
        self.pinning.check(site, bundle_of(self.runner, CONFIG, site, release, KEPT, SECRETS))


def asked(**remote: str) -> Bench:
    machine = RegistryMachine()
    machine.remote = remote or dict(DIGESTS)
    return Bench(machine)


def test_a_release_gets_the_digests_of_others_images() -> None:
    bench = asked()
    wanted = bench.pinning.wanted(KEPT)
    assert wanted == {"POSTGRES_IMAGE": "postgres:17", "REDIS_IMAGE": "redis:8"}
    assert bench.pinning.resolve(bench.registry, wanted, bench.said.append) == PINNED
    assert bench.said == [f"{name} is {digest}" for name, digest in DIGESTS.items()]


def test_an_image_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ComposeUnfit, match="redis:8 is not in its registry"):
        asked(**{"postgres:17": "sha256:1"}).completed(make_release())


def test_a_mirror_that_does_not_answer_is_told_and_passed_by() -> None:
    bench = asked()
    mirrored = replace(CONFIG, hub_mirror="hub.test")
    target = RemoteTarget(Path("/nowhere"), mirrored, REMOTE)
    pinning = Pinning(bench.runner, bench.environ, mirrored, target)
    bench.runner.answers.insert(0, ("hub.test/library", "dial tcp: connection refused", 1))
    assert pinning.resolve(bench.registry, {"POSTGRES_IMAGE": "postgres:17"}, bench.said.append) == PINNED[:1]
    assert bench.said[0].startswith("hub.test/library/postgres:17 cannot be asked for: ")


def test_what_was_published_before_is_pinned_now() -> None:
    bench = asked()
    assert bench.completed(make_release()) == replace(make_release(), third_party=PINNED)


def test_what_is_pinned_asks_no_registry() -> None:
    bench = Bench(RecordingRunner())
    release = replace(make_release(), third_party=PINNED)
    assert bench.completed(release) == release
    assert bench.runner.commands == []


def test_another_reference_is_another_image() -> None:
    bench = asked(**DIGESTS, **{"postgres:18": "sha256:3"})
    release = replace(make_release(), third_party=PINNED)
    found = bench.completed(release, KEPT | {"docker-compose.yml": BASE.replace(b"postgres:17", b"postgres:18")})
    assert found.third_party == (("POSTGRES_IMAGE", Image("postgres:18", "sha256:3")), PINNED[1])


@pytest.mark.parametrize("there", [True, False])
def test_a_digest_that_is_known_stays_when_its_tag_moves_unless_it_is_gone(*, there: bool) -> None:
    old = {"redis:8.0": DIGESTS["redis:8"]} if there else {}
    bench = asked(**{"redis:8": "sha256:moved", "postgres:17": DIGESTS["postgres:17"]}, **old)
    wanted = bench.pinning.wanted(KEPT)
    moved = ("REDIS_IMAGE", Image("redis:8", "sha256:moved"))
    found = bench.pinning.resolve(bench.registry, wanted, bench.said.append, PINNED[1:])
    assert found == (PINNED[0], PINNED[1] if there else moved)


@pytest.mark.parametrize("signed", [(), PINNED[:1]], ids=["nothing pinned", "one pinned"])
def test_what_a_signed_release_lacks_is_used_and_not_written(signed: tuple[tuple[str, Image], ...]) -> None:
    bench = asked()
    release = replace(make_release(), third_party=signed, signature="a signature\n")
    found = bench.completed(release)
    assert (found.third_party, found.asked) == (signed, PINNED[len(signed) :])
    assert found.signed_text == release.signed_text
    made = bundle_of(bench.runner, CONFIG, bench.target.site("staging"), found, KEPT, SECRETS)
    env = made.files[".env"].data.decode()
    assert all(f'="{image.pinned}"' in env for _, image in PINNED)
    # What a server keeps is what was signed.
    assert Release.from_json(json.loads(made.files["manifest.json"].data)) == release
    assert "was signed without these: publish it again" in bench.said[-1]


class Compose(RecordingRunner):
    """Look at the files that Compose is shown."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__([("docker compose", text, code)])
        self.seen: dict[str, tuple[int, str]] = {}
        self.folder = Path()

    def run(self, command: Command, **words: object) -> Completed:
        self.folder = Path(command.cwd or "")
        assert self.folder.stat().st_mode & 0o777 == 0o700
        files = (path for path in self.folder.rglob("*") if path.is_file())
        self.seen = {
            str(path.relative_to(self.folder)): (path.stat().st_mode & 0o777, path.read_text()) for path in files
        }
        return super().run(command, **words)  # type: ignore[arg-type]


FIT = json.dumps({"services": {"db": {"image": f"postgres@{DIGESTS['postgres:17']}"}}})


def test_compose_resolves_the_files_as_they_will_be_on_the_server() -> None:
    runner = Compose(FIT)
    bench = Bench(runner)
    bench.check(replace(make_release(), third_party=PINNED))
    [command] = runner.commands
    words = "docker compose -p app-staging -f docker-compose.yml -f compose.staging.yml config --format json"
    # No variable of this shell but those that the client needs.
    assert command.argv == ("env", "-i", "PATH=/bin", "HOME=/home/me", *words.split())
    assert command.env == ()
    mode, text = runner.seen[".env"]
    assert mode == 0o600
    assert f'POSTGRES_IMAGE="postgres@{DIGESTS["postgres:17"]}"' in text
    assert {".env.docker", ".env.staging", "docker-compose.yml", "compose.staging.yml"} <= set(runner.seen)
    assert not runner.folder.exists()


def test_a_model_that_is_not_pinned_is_refused() -> None:
    bench = Bench(Compose(json.dumps({"services": {"db": {"image": "postgres:17"}}})))
    with pytest.raises(ComposeUnfit) as caught:
        bench.check(make_release())
    assert caught.value.cause == (
        f"the compose files of {make_release().id} cannot go to staging: "
        "docker-compose.yml:1: db runs postgres:17, which no digest pins"
    )


@pytest.mark.parametrize("text", ["required variable DB_PASSWORD is missing a value", "", "[]"])
def test_what_compose_refuses_is_told_in_its_words(text: str) -> None:
    runner = Compose(text, 15)
    with pytest.raises(ComposeUnfit, match="cannot go to staging: ") as caught:
        Bench(runner).check(make_release())
    assert text in caught.value.cause
    assert not runner.folder.exists()
