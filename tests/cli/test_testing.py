"""`invoke test`: which suites run where, what is left of them, and what is refused."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from machines import BASES
from samples import HARD
from shiplane.commands import dotenv
from shiplane.facts.failed_before import PYTEST
from shiplane.model.identity import checkout_id

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Project

BROWSER = ("integration", "e2e", "visual", "performance")
_CASE = '<testcase classname="a.spec.ts" name="opens">{}</testcase>'
JUNIT = f'<testsuites><testsuite name="a.spec.ts">{_CASE}</testsuite></testsuites>'
PLAYWRIGHT = "testing/node_modules/.bin/playwright"
HELD = "web\tother\t/other\t127.0.0.1:8081->80/tcp, 127.0.0.1:5433->5432/tcp"


def compose(project: Project) -> list[tuple[str, ...]]:
    """Give the words after the files of each call of Compose, with its project's purpose first."""
    calls = []
    for line in project.transcript:
        words = shlex.split(line)
        if "--project-name" in words:
            name = words[words.index("--project-name") + 1]
            assert name.startswith(f"app-test-{checkout_id(project.folder)}-")
            calls.append((name.rpartition("-")[2], *words[words.index("compose.test.yml") + 1 :]))
    return calls


def verbs(project: Project) -> list[str]:
    """Give purpose and verb of each call of Compose that is an order."""
    known = ("up", "run", "down", "ps", "port", "logs")
    found = [(purpose, next(word for word in words if word in known)) for purpose, *words in compose(project)]
    return [f"{purpose} {verb}" for purpose, verb in found if verb not in ("ps", "port", "logs")]


def browser_suites(project: Project) -> list[str]:
    return [word for _, *words in compose(project) for word in words if word.startswith("--project=")]


def write(project: Project, name: str, text: str) -> Path:
    file = project.folder / ".shiplane/reports" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_all_suites_run_in_stacks_of_their_own_which_are_gone_afterwards(project: Project) -> None:
    project.answers(*BASES)
    ended = project.invoke("test")
    assert (ended.code, ended.err) == (0, "")
    assert verbs(project) == [
        "suites up",
        *("backend down", "backend up", "backend run", "backend down"),
        *["suites run"] * 4,
        "suites down",
    ]
    assert browser_suites(project) == [f"--project={name}" for name in BROWSER]
    for name in BROWSER:
        run = next(words for _, *words in compose(project) if f"--project={name}" in words)
        assert f"REPORTS_DIR=/reports/{name}" in run
    up = next(line for line in project.transcript if " up " in line and "-suites " in line)
    for variable, port in (("DB", 5433), ("REDIS", 6380), ("BACKEND", 8001), ("FRONTEND", 5174), ("PROXY", 8081)):
        assert f"TEST_{variable}_PORT={port} " in up
    assert f"TEST_REPORTS={project.folder}/.shiplane/reports " in up
    assert "up --detach --wait --wait-timeout 120 --no-build" in up
    builds = [line for line in project.transcript if "buildx bake" in line]
    assert ["backend-development-frontend-development" in builds[0], "test-runner" in builds[1]] == [True, True]
    assert len(builds) == 2
    assert [line for line in ended.out.splitlines() if line.startswith("suite ")] == [
        *("suite unit (backend)", "suite unit (frontend)"),
        *(f"suite {name}" for name in BROWSER),
    ]


def test_unit_tests_need_no_environment(project: Project) -> None:
    project.answers(*BASES)
    ended = project.invoke("test --suite unit --json")
    assert ended.code == 0
    assert [one["name"] for one in ended.json["suites"]] == ["backend", "frontend"]
    assert ended.json["environment"] == {}
    assert {purpose for purpose, *_ in compose(project)} == {"backend"}
    assert not any("test-runner" in line for line in project.transcript if "bake" in line)


def test_a_dry_run_prints_the_plan_and_runs_nothing(project: Project) -> None:
    ended = project.invoke("test --suite e2e,unit --clean --dry-run")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "build backend-dev:1.0.0, frontend-dev:1.0.0, test-runner:local"
    orders = [re.search(r" (up|run|down|rm|cp) ", line) for line in lines if line.startswith("$")]
    assert [found[1] for found in orders if found] == [
        *("down", "up"),
        *("rm", "down", "up", "run", "cp", "rm", "down"),
        *("rm", "run", "cp", "rm"),
        *("run", "down"),
    ]
    assert compose(project) == []
    assert not any("docker" in line and "docker ps" not in line for line in project.transcript)
    plan = project.invoke("test --suite e2e --dry-run --json").json
    assert plan["suites"] == ["e2e"]
    assert plan["plan"][0] == lines[0]


def test_clean_removes_the_environment_of_before_and_nothing_else(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("test --suite e2e --clean").code == 0
    assert verbs(project) == ["suites down", "suites up", "suites run", "suites down"]
    downs = [words for _, *words in compose(project) if "down" in words]
    assert all("--volumes" in words for words in downs)


def test_what_is_kept_is_named_with_its_address_and_its_end(project: Project) -> None:
    project.answers(("port proxy 80", "127.0.0.1:8081", 0), *BASES)
    ended = project.invoke("test --suite e2e --keep")
    assert ended.code == 0
    assert verbs(project) == ["suites up", "suites run"]
    name = f"app-test-{checkout_id(project.folder)}-suites"
    told = f"left running: http://127.0.0.1:8081; remove it: docker compose --project-name {name} down --volumes"
    assert ended.out.splitlines()[-1] == told
    project.answers(("ps --quiet", "abc", 0), *BASES)
    assert project.invoke("test --suite e2e").code == 0
    assert verbs(project) == ["suites up", "suites run"]
    project.answers(*BASES)
    assert project.invoke("test --suite e2e").code == 0
    assert verbs(project) == ["suites up", "suites run", "suites down"]


def test_what_a_killed_run_left_is_removed(project: Project) -> None:
    project.answers(("ps --quiet", "abc", 0), *BASES)
    assert project.invoke("test --suite e2e").code == 0
    assert verbs(project) == ["suites up", "suites run", "suites down"]


def test_what_cannot_be_removed_is_told(project: Project) -> None:
    name = f"app-test-{checkout_id(project.folder)}-suites"
    project.answers((" down ", "no such engine", 1), *BASES)
    line = f"see why: docker compose --project-name {name} down --volumes"
    ended = project.invoke("test --suite e2e")
    assert ended.code == 0
    assert f"the environment could not be removed; {line}" in ended.out
    refused = project.invoke("test --suite e2e --clean")
    assert (refused.code, refused.err.splitlines()[:2]) == (
        3,
        ["the environment of before could not be removed", f"fix: {line}"],
    )


def test_taken_ports_are_left_to_those_who_hold_them(project: Project) -> None:
    project.answers(("docker ps --no-trunc", HELD, 0), *BASES)
    assert project.invoke("test --suite e2e").code == 0
    up = next(line for line in project.transcript if " up " in line)
    assert "TEST_PROXY_PORT=0 " in up
    assert "TEST_DB_PORT=0 " in up
    assert "TEST_REDIS_PORT=6380 " in up
    ended = project.invoke("test --suite e2e", TEST_PROXY_PORT="8081")
    assert ended.code == 2
    assert ended.err.startswith("port 8081 (TEST_PROXY_PORT, of the test environment) is taken")


def test_a_port_of_the_checkout_s_env_file_is_used_or_refused(project: Project) -> None:
    project.answers(("docker ps --no-trunc", HELD, 0), *BASES)
    file = project.folder / ".env"
    file.write_text("TEST_PROXY_PORT='8081' # mine\n")
    ended = project.invoke("test --suite e2e")
    assert ended.code == 2
    assert ended.err.startswith("port 8081 (TEST_PROXY_PORT, of the test environment) is taken")
    assert not [line for line in project.transcript if " up " in line]
    file.write_text("TEST_PROXY_PORT=9081\n")
    assert project.invoke("test --suite e2e").code == 0
    assert "TEST_PROXY_PORT" not in next(line for line in project.transcript if " up " in line)


def test_a_port_that_is_taken_while_the_environment_starts_is_left_too(project: Project) -> None:
    lost = "Error response from daemon: Bind for 127.0.0.1:8081 failed: port is already allocated"
    project.answers((" TEST_PROXY_PORT=8081 .* up ", lost, 1), *BASES)
    machine = project.world.machine
    answered = machine._answer  # noqa: SLF001 - somebody who comes while it runs

    def answer(rendered: str) -> tuple[str, int]:
        said = answered(rendered)
        if said == (lost, 1):
            machine.answers.insert(0, ("docker ps --no-trunc", HELD, 0))
        return said

    project.patch.setattr(machine, "_answer", answer)
    ended = project.invoke("test --suite e2e")
    assert (ended.code, verbs(project)) == (0, ["suites up", "suites up", "suites run", "suites down"])
    assert "somebody took one of its ports meanwhile: starting it at others" in ended.out
    first, second = (line for line in project.transcript if " up " in line)
    assert "TEST_PROXY_PORT=8081 " in first
    assert "TEST_PROXY_PORT=0 " in second
    assert "TEST_REDIS_PORT=6380 " in second


def test_what_was_built_runs_whatever_its_name_means_by_then(project: Project) -> None:
    names = ("backend-dev:1.0.0", "frontend-dev:1.0.0", "test-runner:local")
    own = [f"{name}-{checkout_id(project.folder)}" for name in names]
    another = "".join(f'sha256:another\t["{name}"]\n' for name in names)
    rows = another + "".join(f'sha256:{number}\t["{name}"]\n' for number, name in enumerate(own))
    project.answers(("image inspect .*Id.* (frontend-dev:1.0.0|test-runner:local)$", rows, 1), *BASES)
    assert project.invoke("test --suite unit,e2e").code == 0
    ran = [line for line in project.transcript if re.search(" (up|run) ", line)]
    assert len(ran) == 5
    assert [line for line in ran if any(name in line for name in names)] == []
    told = "BACKEND_DEV_IMAGE=sha256:0 FRONTEND_DEV_IMAGE=sha256:1 "
    assert all(told in line and " TEST_RUNNER_IMAGE=sha256:2 " in line for line in ran if "-suites " in line)
    assert next(line for line in ran if "test:run" in line).endswith(" sha256:1 npm run test:run")


def test_a_suite_that_fails_names_its_tests_and_what_opens_them(project: Project) -> None:
    project.answers(("--project=e2e", "1 failed", 1), *BASES)
    failure = '<failure message="no heading">a.spec.ts:9</failure>'
    written: list[Path] = []

    def play(pattern: str) -> None:
        answered = project.world.machine._answer  # noqa: SLF001 - a process that writes files while it runs

        def answer(rendered: str) -> tuple[str, int]:
            if pattern in rendered and " run " in rendered:
                written.append(write(project, "e2e/junit.xml", JUNIT.format(failure)))
                write(project, "e2e/test-results/a/trace.zip", "")
                write(project, "e2e/test-results/a/test-failed-1.png", "")
                write(project, "e2e/html/index.html", "")
            return answered(rendered)

        project.patch.setattr(project.world.machine, "_answer", answer)

    write(project, "e2e/junit.xml", JUNIT.format(""))
    play("--project=e2e")
    ended = project.invoke("test --suite e2e,performance")
    assert written
    assert ended.code == 3
    assert ended.err.splitlines()[:2] == [
        "failed: e2e",
        "fix: once more, those that failed alone: invoke test --last-failed",
    ]
    assert [line for line in ended.out.splitlines() if line.startswith(("✗", "✓", "    "))] == [
        "✗ e2e: 1 failed in 0.0 s",
        "    opens (testing/tests/a.spec.ts:9): no heading",
        "    see: .shiplane/reports/e2e/test-results/a/test-failed-1.png",
        f"    see: {PLAYWRIGHT} show-trace --host 127.0.0.1 .shiplane/reports/e2e/test-results/a/trace.zip",
        f"    see: {PLAYWRIGHT} show-report --host 127.0.0.1 .shiplane/reports/e2e/html",
        "✓ performance: no test reported in 0.0 s",
    ]
    assert browser_suites(project) == ["--project=e2e", "--project=performance"]
    assert any("logs" in words and "backend" in words for _, *words in compose(project))
    assert verbs(project)[-1] == "suites down"


def test_an_environment_that_does_not_start_shows_its_logs_and_is_removed(project: Project) -> None:
    answers = (
        ("-suites .* up ", "dependency failed", 1),
        (" ps --all", "backend: unhealthy", 0),
        ("logs", "no relation", 0),
    )
    project.answers(*answers, *BASES)
    ended = project.invoke("test --suite e2e")
    assert (ended.code, verbs(project)[-1]) == (3, "suites down")
    for told in ("the test environment did not get healthy", "backend: unhealthy", "no relation", "dependency failed"):
        assert told in ended.err


@pytest.mark.parametrize(
    ("edited", "untracked", "runs"),
    [
        ("frontend/src/app.tsx\0", "", ["frontend", *BROWSER]),
        ("", "testing/tests/visual/new.spec.ts\0", ["visual"]),
        ("docs/a.md\0", "src/x.py\0", []),
    ],
)
def test_changed_runs_what_reads_the_edits(project: Project, edited: str, untracked: str, runs: list[str]) -> None:
    project.answers(("git diff --name-only --no-renames", edited, 0), ("git ls-files --others", untracked, 0), *BASES)
    ended = project.invoke("test --changed --json")
    assert ended.code == 0
    assert [one["name"] for one in ended.json["suites"]] == runs
    told = project.invoke("test --changed --dry-run").out
    assert ("nothing to run: no suite reads what is edited here" in told) == (not runs)


def test_last_failed_runs_those_tests_alone(project: Project) -> None:
    project.answers(*BASES)
    nothing = project.invoke("test --last-failed")
    assert (nothing.code, nothing.out) == (0, "nothing to run: no test failed the last time\n")
    record = '{"tests/test_a.py::test_x": true}'
    kept = write(project, f"backend/{PYTEST}", record)
    write(project, "frontend/junit.xml", JUNIT.format("<failure/>").replace("spec", "test"))
    write(project, "e2e/test-results/.last-run.json", json.dumps({"failedTests": ["x"]}))
    ended = project.invoke("test --last-failed --json")
    assert [one["name"] for one in ended.json["suites"]] == ["backend", "frontend", "e2e"]
    pytest_run = next(command for command in project.world.machine.commands if "pytest" in command.argv)
    assert pytest_run.stdin == record
    assert pytest_run.argv[-1] == "--last-failed"
    vitest = next(line for line in project.transcript if "test:run" in line)
    assert vitest.endswith("npm run test:run -- --coverage.enabled=false a.test.ts -t '^(opens)$'")
    assert next(words for _, *words in compose(project) if "--project=e2e" in words)[-1] == "--last-failed"
    assert not kept.exists()  # pytest writes none where none is there and all pass


def test_verbose_names_each_test(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("test --suite unit --verbose").code == 0
    assert any(line.endswith(" -vv") for line in project.transcript)
    assert any(line.endswith(" -- --reporter=verbose --reporter=junit") for line in project.transcript)


def test_the_baseline_is_taken_anew_into_the_checkout(project: Project) -> None:
    project.answers(*BASES)
    assert project.invoke("test --suite visual,e2e --update-baseline").code == 0
    folder = "testing/tests/visual/baseline"
    for name, words in (
        (name, words) for name in ("visual", "e2e") for _, *words in compose(project) if f"--project={name}" in words
    ):
        assert (
            (f"{project.folder}/{folder}:/{folder}" in words)
            == ("--update-snapshots=all" in words)
            == (name == "visual")
        )


def test_headed_runs_the_browser_here(project: Project) -> None:
    refused = project.invoke("test --suite e2e --headed", DISPLAY="", WAYLAND_DISPLAY="")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "--headed needs a screen, and DISPLAY is not set")
    lacking = project.invoke("test --suite e2e --headed", DISPLAY=":0")
    assert (lacking.code, lacking.err.splitlines()[1]) == (2, "fix: run ./scripts/bootstrap")
    program = project.folder / "testing/node_modules/.bin/playwright"
    program.parent.mkdir(parents=True)
    program.write_text("")
    other = project.invoke("test --suite e2e --headed", DISPLAY=":0", CHROMIUM_PATH=str(project.folder / "none"))
    assert other.code == 2
    assert other.err.splitlines()[1] == "fix: install Chromium, or set CHROMIUM_PATH to the program of yours"
    project.answers(("port proxy 80", "127.0.0.1:8081", 0), *BASES)
    own = {"CHROMIUM_PATH": "/bin/sh", "TEST_BOARD_TOKEN": "t$'oken"}
    assert project.invoke("test --suite e2e --headed", DISPLAY=":0", **own).code == 0
    line = next(line for line in project.transcript if str(program) in line)
    assert line.startswith("local$ BASE_URL=http://127.0.0.1:8081 BOARD_TOKEN=<TEST_BOARD_TOKEN> REPORTS_DIR=")
    assert line.endswith("playwright test --project=e2e --headed")
    assert not any("test-runner" in line for line in project.transcript if "bake" in line)


def test_headed_knows_the_token_of_the_checkout_s_env_file(project: Project) -> None:
    program = project.folder / "testing/node_modules/.bin/playwright"
    program.parent.mkdir(parents=True)
    program.write_text("")
    (project.folder / ".env").write_text(dotenv.render({"TEST_BOARD_TOKEN": HARD}))
    project.answers(("port proxy 80", "127.0.0.1:8081", 0), *BASES)
    assert project.invoke("test --suite e2e --headed", DISPLAY=":0", CHROMIUM_PATH="/bin/sh").code == 0
    told = next(command for command in project.world.machine.commands if command.argv[0] == str(program))
    assert [secret.value for secret in told.secrets()] == [HARD]


def test_watch_runs_what_each_edit_may_change_until_it_is_ended(project: Project) -> None:
    project.answers(("--project=visual", "", 1), *BASES)
    project.world.edits = [
        frozenset({"docs/a.md"}),
        frozenset({"testing/tests/visual/a.spec.ts"}),
        frozenset({"backend/board/models.py", "README.md"}),
    ]
    ended = project.invoke("test --suite unit,visual --watch")
    assert ended.code == 130
    assert [line for line in ended.out.splitlines() if line.startswith(("suite ", "changed"))] == [
        *("suite unit (backend)", "suite unit (frontend)", "suite visual"),
        *("changed: testing/tests/visual/a.spec.ts", "suite visual"),
        *("changed: README.md, backend/board/models.py", "suite unit (backend)", "suite visual"),
    ]
    assert verbs(project)[-1] == "suites down"
    assert [verb for verb in verbs(project) if verb.startswith("suites")].count("suites down") == 1


def test_pictures_are_taken_once_however_often_their_suite_runs(project: Project) -> None:
    project.answers(*BASES)
    project.world.edits = [frozenset({"testing/tests/visual/baseline/board.png"})]
    assert project.invoke("test --suite visual --watch --update-baseline").code == 130
    runs = [words for _, *words in compose(project) if "--project=visual" in words]
    assert ["--update-snapshots=all" in words for words in runs] == [True, False]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--suite visuals", "unknown suite 'visuals'"),
        ("--watch --json", "--watch has no end at which anything could be printed"),
        ("--suite e2e --update-baseline", "--update-baseline is for the suite visual"),
        ("--update-baseline --headed", "pictures are those of the container's browser"),
    ],
)
def test_what_cannot_be_asked_for(project: Project, words: str, told: str) -> None:
    ended = project.invoke(f"test {words}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(told)
    assert compose(project) == []


def test_without_an_engine_the_fix_is_named(project: Project) -> None:
    project.answers(("docker info", "Cannot connect", 1))
    ended = project.invoke("test --suite unit")
    assert ended.code == 2
    assert "run ./scripts/bootstrap" in ended.err
    assert compose(project) == []
