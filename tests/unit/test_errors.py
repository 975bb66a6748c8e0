from __future__ import annotations

import re
from pathlib import Path

import pytest

from projects import NAMESPACE
from shiplane import errors
from shiplane.errors import EXIT_CODES, ShiplaneError

EXAMPLES: list[tuple[ShiplaneError, int]] = [
    (errors.UsageError("docker is not on this machine", "run ./scripts/bootstrap"), 2),
    (errors.UnknownName("target", "labb", ("lab", "remote")), 2),
    (errors.ConfigError("tool.shiplane.name", "is missing", "add it"), 2),
    (errors.UnknownKey("tool.shiplane", "regisry", ("registry", "name")), 2),
    (errors.VersionMissing("backend/config/__init__.py", '__version__ = "1.0.0"'), 2),
    (errors.VersionUnusable("frontend/package.json", "1.0.0+meta"), 2),
    (errors.NotACheckout("/home/me"), 2),
    (errors.EngineMissing("Cannot connect to the Docker daemon"), 2),
    (errors.PlatformRefused("backend-production", ["linux/arm64"], "default", ["linux/amd64"]), 2),
    (errors.ManyPlatforms("backend-production", ["linux/amd64", "linux/arm64"]), 2),
    (errors.NotAReference("App:1", "its name has capitals"), 2),
    (errors.ImageMissing("registry.test/acme/app-backend:2.0.0"), 2),
    (errors.ComposeUnfit("compose.staging.yml cannot be released", ["db runs postgres:17", "x"]), 2),
    (errors.OtherPlan("12", ["target remote (now lab)"]), 2),
    (errors.NothingToResume(), 2),
    (errors.SecretsMissing(("REDIS_PASSWORD", "DB_PASSWORD"), "staging"), 2),
    (errors.SecretsUnreadable("secrets/staging.env", "it is no file", "make it", ("why",)), 2),
    (errors.CertificateUnfit("staging", "TLS_KEY is not the key of TLS_CERTIFICATE", "set both again"), 2),
    (errors.NameTaken("staging-eu", "deployments/app-staging-eu", "staging-eu", "eu"), 2),
    (errors.NothingPublished("main", "lab"), 2),
    (errors.NothingDeployed("staging"), 2),
    (errors.ReleaseDamaged("staging", "r1"), 2),
    (errors.NoRun("99"), 2),
    (errors.NoRun(), 2),
    (errors.NoTerminal("remove the lock of staging?"), 2),
    (errors.NotAgreed("remove the development data?"), 2),
    (errors.NotRunning("backend"), 2),
    (errors.NotRunning(), 2),
    (errors.BackupUnknown("last", "there is none yet"), 2),
    (errors.LabDown(), 2),
    (errors.NotReady(["engine", "ports.8080"], mendable=True), 2),
    (errors.PortTaken(5432, "database"), 2),
    (errors.DiskFull("/var/lib/docker", 2**30, 3 * 2**30), 2),
    (errors.StepFailed("backend tests failed", "mend them", ("one", "two")), 3),
    (errors.NotReproducible({"backend:1": ["layer 1 (RUN make): a: time", "layer 1 (RUN make): b: mode"]}), 3),
    (errors.ImageUnfit({"backend:1": ["it runs as root", "app/x.map does not belong in production"]}), 3),
    (errors.RestoreFailed("one", "loading it", "the data are what they were", "see the lines above", ("why",)), 3),
    (errors.NotPrepared("staging", ["engine", "folders"]), 3),
    (errors.Unreachable("registry.test does not answer", "check its address"), 4),
    (errors.ConnectionLost("the connection to staging was lost", "check the network"), 4),
    (errors.HostKeyChanged("staging", "/keys/known_hosts"), 4),
    (errors.HostKeyMissing("[192.0.2.1]:2222", "192.0.2.1", 2222, "/keys/known_hosts"), 4),
    (errors.HostKeysUnreadable("/keys/known_hosts", "Incorrect padding"), 4),
    (errors.RegistryRefused("registry.test", "me"), 4),
    (errors.RegistryUnauthorized("registry.test", "registry.test/acme/app:1", ("why",)), 4),
    (errors.RegistryForbids("registry.test", "registry.test/acme/app:1"), 4),
    (errors.RegistryLacks("registry.test", "registry.test/acme/app:1"), 4),
    (errors.RegistryLimited("registry.test", 600), 4),
    (errors.RegistryBroken("registry.test", "registry.test/acme/app:1"), 4),
    (errors.RegistryCut("registry.test", "registry.test/acme/app:1"), 4),
    (errors.DeletionRefused("registry.test"), 4),
    (errors.RegistryUntrusted("registry.test"), 4),
    (errors.CredentialHelperFailed("registry.test"), 4),
    (errors.GithubRefused("open an issue", 410, "Issues are disabled", "switch issues on"), 4),
    (errors.GithubLimited(240), 4),
    (errors.HistoryMissing(), 2),
    (errors.Locked("staging", "run 4 (me@here, process 7)"), 5),
    (errors.HeldTooLong("staging", "run 4 (me@here, process 7)"), 5),
    (errors.OtherServes("staging", "two", "github-42", "one"), 5),
    (errors.OlderRelease("production", "one", "two", served=True), 5),
    (errors.StillAtWork("staging", "run 4 (me@here, process 7)", "let new serve"), 5),
    (errors.DeployUndone("the new release did not get healthy", "see its logs"), 6),
    (errors.DeployBroken("the undo failed too", "look at the server"), 7),
    (errors.Unsafe("uncommitted changes cannot be published", "commit them"), 8),
    (errors.OtherDigest("registry.test/acme/app-backend:1.0.0-abc", "sha256:a", "sha256:b"), 8),
    (errors.SignatureRefused("664a230c1f2e", "it is not signed", ("why",)), 8),
    (errors.NotPassed("test.backend", "test"), 8),
    (errors.ImageGone("build.images", "7", ["backend-dev:1.0.0"]), 8),
    (errors.ReleaseExists("backend", "1.1.0", "the tag backend-1.1.0"), 8),
    (errors.BreakingMigrations("old", [("app.0002_x", "DROP_COLUMN app_run.author")], ("how",)), 8),
    (errors.DatabaseAhead("staging", "old", ("app.0002_x",), "20260203T040506Z-new"), 8),
    (errors.FlakyTests(["slow (in 3 of the last 20 runs)"], 3), 8),
    (errors.NoBackup("staging", "it is no longer kept"), 2),
    (errors.BackupFailed("staging", "no space left on device", ("pg_dump: error",)), 3),
    (errors.MigrationFailed("new: migration app.0002_x failed", "old", "mend it", ("no such column",)), 3),
    (errors.TimeLimit("stage build", 2700, "$ docker buildx bake"), 124),
    (errors.Interrupted("browser tests"), 130),
    (errors.Superseded("42", "backend tests"), 130),
    (errors.StillRunning("41", 123), 5),
    (errors.StoppedEarly("backend tests"), 3),
    (errors.JournalLost(".shiplane/runs/7/journal.jsonl", "No space left on device"), 2),
]


def every_class(kind: type[ShiplaneError]) -> set[type[ShiplaneError]]:
    return {kind}.union(*(every_class(child) for child in kind.__subclasses__()))


def test_every_error_has_an_example_here() -> None:
    assert {type(error) for error, _ in EXAMPLES} == every_class(ShiplaneError) - {ShiplaneError}


def test_every_documented_code_but_success_and_bug_has_an_error() -> None:
    assert {code for _, code in EXAMPLES} | {0, 1} == set(EXIT_CODES)


@pytest.mark.parametrize(("error", "code"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_has_its_code_a_cause_in_one_lower_case_line_and_a_fix(error: ShiplaneError, code: int) -> None:
    assert error.exit_code == code
    assert str(error) == error.cause
    assert error.cause
    assert error.cause[0] == error.cause[0].lower()
    assert "\n" not in error.cause + error.fix
    assert error.fix.strip() == error.fix != ""


def test_exit_codes_are_those_of_the_commands_page() -> None:
    assert EXIT_CODES == {
        0: "success, an empty plan included",
        1: "a bug in Shiplane",
        2: "usage or configuration",
        3: "a step failed: tests, lint, build",
        4: "a host, registry or API does not answer or refuses",
        5: "the environment is locked by another run",
        6: "the deploy failed and the release before serves again",
        7: "the deploy failed and could not be undone",
        8: "refused as unsafe",
        124: "a time limit",
        130: "interrupted",
    }


def test_a_name_nearly_right_is_answered_with_the_right_one() -> None:
    near = errors.UnknownName("environment", "stagin", ("staging", "production"))
    assert (near.cause, near.fix) == (
        "unknown environment 'stagin'",
        "did you mean 'staging'? use one of: production, staging",
    )
    far = errors.UnknownName("environment", "xyz", ())
    assert far.fix == "use one of: none"


def test_a_key_nearly_right_is_answered_with_the_right_one() -> None:
    near = errors.UnknownKey("tool.shiplane", "regisry", ("registry", "name"))
    assert (near.cause, near.fix) == ("tool.shiplane.regisry: unknown key", "did you mean 'registry'?")
    far = errors.UnknownKey("", "zzz", ("registry", "name"))
    assert (far.cause, far.fix) == ("zzz: unknown key", "known keys: name, registry")


def test_every_missing_secret_is_named_in_order() -> None:
    assert errors.SecretsMissing(("B", "A"), "staging").cause == "secrets missing for staging: A, B"


def test_a_time_limit_tells_what_was_done() -> None:
    assert (
        errors.TimeLimit("stage e2e", 0.5, "page 3").cause == "stage e2e reached its time limit of 0.5 s while: page 3"
    )
    assert errors.TimeLimit("stage e2e", 1800).cause == "stage e2e reached its time limit of 1800 s"


def test_details_are_kept_as_lines() -> None:
    assert errors.StepFailed("lint failed", "mend it", ["one", "two"]).details == ("one", "two")


PAGE = Path(__file__).parents[2] / "docs/errors.md"
SECTION = re.compile(r"^### (\S+)\n\n(.*?)(?=\n#|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))


def test_every_error_has_a_section_and_every_section_an_error() -> None:
    wanted = {error.page.partition("#")[2] for error, _ in EXAMPLES}
    assert set(SECTIONS) == wanted
    assert errors.EngineMissing("x").page == "docs/errors.md#engine-missing"


@pytest.mark.parametrize(("error", "code"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_section_tells_the_code_why_and_what_to_do(error: ShiplaneError, code: int) -> None:
    section = " ".join(SECTIONS[error.page.partition("#")[2]].split())
    told = re.fullmatch(r"Exit (\d+)\. \*\*Why:\*\* (.{30,}?) \*\*Fix:\*\* (.{10,}\.)", section)
    assert told is not None, section
    assert int(told[1]) == code


def test_what_a_section_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([a-z]+\.md)\)", text):
        assert (PAGE.parent / link).is_file(), link
    for name in re.findall(r"\binvoke ([a-z]+(?:\.[a-z]+)?)", " ".join(text.split())):
        assert name in NAMESPACE.task_names, name
