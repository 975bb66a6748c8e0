"""The bootstrap leaves alone what is there, brings what is missing, and says what it cannot bring."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from helpers.locked import write_lock

ROOT = Path(__file__).resolve().parents[2]
LOCK_NAMES = ("package-lock.json", "npm-shrinkwrap.json", "uv.lock", "poetry.lock", "yarn.lock")
TOOLS = ("bash", "cat", "cut", "date", "dirname", "env", "git", "head", "id", "mkdir", "node", "npm", "python3", "rm")
TEXT_TOOLS = ("sed", "sha256sum", "shasum", "sort", "tail", "tr", "flock", "sleep", "tee", "grep", "setsid", "uname")

Run = subprocess.CompletedProcess[str]


def bootstrap(checkout: Path, *options: str, env: Mapping[str, str] | None = None) -> Run:
    """Run the bootstrap of a checkout from another folder and without input, as CI does."""
    return subprocess.run(
        [checkout / "scripts" / "bootstrap", *options],
        cwd="/",
        env={**os.environ, "CI": "true", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Describe every file below a folder by time and size."""
    found = ((path, path.lstat()) for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts)
    return {str(path): (stat.st_mtime_ns, stat.st_size) for path, stat in found}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what the bootstrap reads to a fresh checkout whose lock holds the build backend alone."""
    fresh = tmp_path / "fresh checkout"
    shutil.copytree(ROOT / "scripts", fresh / "scripts")
    shutil.copytree(ROOT / "src" / "shiplane", fresh / "src" / "shiplane")
    shutil.copytree(ROOT / "requirements", fresh / "requirements")
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, fresh)
    write_lock(fresh, "setuptools")
    return fresh


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a program into a folder and returns the folder."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
        return folder

    return write


def fake_docker(compose: str, store: str = "io.containerd.snapshotter.v1", buildx: int = 0) -> str:
    """Return a docker client that answers for an engine 28.0.0."""
    return f"""case "$*" in
    "version "*) echo 28.0.0 ;;
    "compose version --short") echo {compose} ;;
    "buildx version") exit {buildx} ;;
    "info "*) echo '[["driver-type","{store}"]]' ;;
    *) exit 64 ;;
    esac"""


@pytest.mark.alone
def test_second_run_is_quick_and_changes_nothing() -> None:
    assert bootstrap(ROOT).returncode == 0
    watched = [ROOT / ".venv" / ".shiplane", ROOT / ".venv" / "bin", ROOT / "requirements", ROOT / "scripts"]
    before = [listing(folder) for folder in watched]
    started = time.monotonic()
    again = bootstrap(ROOT)
    seconds = time.monotonic() - started
    assert again.returncode == 0, again.stderr
    assert seconds < 3
    assert [listing(folder) for folder in watched] == before
    assert again.stdout.splitlines()[-1].endswith("ready")


def test_check_is_content_after_a_bootstrap() -> None:
    assert bootstrap(ROOT).returncode == 0
    checked = bootstrap(ROOT, "--check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "missing" not in checked.stdout


def test_check_reports_a_fresh_checkout_and_creates_nothing(checkout: Path) -> None:
    (checkout / "frontend").mkdir()
    (checkout / "frontend" / "package-lock.json").write_text("{}")
    before = listing(checkout)
    checked = bootstrap(checkout, "--check")
    assert checked.returncode == 2
    assert checked.stdout.splitlines() == [
        "ok       engine",
        "missing  python: no environment in .venv",
        "missing  npm (frontend): the packages in frontend/node_modules are not those of its package-lock.json",
        "run ./scripts/bootstrap to bring what is missing",
    ]
    assert listing(checkout) == before


def test_environment_follows_lock_and_place(checkout: Path) -> None:
    write_lock(checkout, "iniconfig", "setuptools")
    first = bootstrap(checkout)
    assert first.returncode == 0, first.stderr
    python = checkout / ".venv" / "bin" / "python"
    imports = [str(python), "-c", "import shiplane, iniconfig; print(shiplane.__file__)"]
    shown = subprocess.run(imports, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(checkout / "src" / "shiplane" / "__init__.py")
    again = bootstrap(checkout, env={"GITHUB_PATH": str(checkout / "path")})
    assert (again.returncode, (checkout / "path").read_text()) == (0, f"{checkout}/.venv/bin\n")

    write_lock(checkout, "setuptools")
    assert "packages in .venv are not those" in bootstrap(checkout, "--check").stdout
    second = bootstrap(checkout)
    assert second.returncode == 0, second.stderr
    assert "no environment" not in second.stdout
    gone = subprocess.run(imports, capture_output=True, text=True, check=False)
    assert "No module named 'iniconfig'" in gone.stderr

    moved = checkout.rename(checkout.parent / "moved")
    assert "missing  python: no environment in .venv" in bootstrap(moved, "--check").stdout


def test_package_with_another_hash_is_refused(checkout: Path) -> None:
    lock = checkout / "requirements" / "shiplane.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text()))
    refused = bootstrap(checkout)
    assert refused.returncode == 1
    assert "error: the Python packages could not be installed; the last lines of" in refused.stderr
    assert "HASHES" in refused.stderr
    assert bootstrap(checkout, "--check").returncode == 2


def test_unknown_option_is_refused() -> None:
    refused = bootstrap(ROOT, "--chek")
    assert refused.returncode == 2
    assert refused.stderr == "error: unknown option: --chek\n  fix: scripts/bootstrap --help lists the options\n"


def test_help_names_the_options() -> None:
    shown = bootstrap(ROOT, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "--check" in shown.stdout


def test_other_systems_are_told_in_two_lines_what_to_install(checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in TOOLS + TEXT_TOOLS:
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    release = tmp_path / "os-release"
    release.write_text('NAME="Fedora Linux"\nID=fedora\nVERSION_ID=43\n')
    before = listing(checkout)
    refused = bootstrap(checkout, env={"PATH": str(folder), "SHIPLANE_OS_RELEASE": str(release)})
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr == (
        "error: docker is not installed, and it is installed automatically on Debian and Ubuntu only\n"
        "  fix: install and start Docker Engine >= 25 with Compose >= 2.24.4 and buildx\n"
    )
    assert listing(checkout) == before


def test_an_engine_elsewhere_that_does_not_answer_is_not_replaced(checkout: Path) -> None:
    refused = bootstrap(checkout, env={"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: no container engine answers (DOCKER_HOST is tcp://127.0.0.1:1)\n"
        "  fix: start or complete that engine, or unset DOCKER_HOST\n"
    )


@pytest.mark.parametrize(
    ("compose", "buildx", "problem"),
    [
        ("2.24.3", 0, "the container engine lacks Docker Compose >= 2.24.4 (found 2.24.3)"),
        ("2.26.1-4", 1, "the container engine lacks docker buildx"),
        ("v2.9.0", 1, "the container engine lacks Docker Compose >= 2.24.4 (found v2.9.0) and docker buildx"),
    ],
)
def test_a_running_engine_that_lacks_something_is_not_changed(
    checkout: Path, program: Callable[[str, str], Path], compose: str, buildx: int, problem: str
) -> None:
    folder = program("docker", fake_docker(compose, buildx=buildx))
    before = listing(checkout)
    refused = bootstrap(checkout, env={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0] == f"error: {problem}"
    assert len(refused.stderr.splitlines()) == 2
    assert listing(checkout) == before


@pytest.mark.parametrize(
    ("store", "noted"), [("io.containerd.snapshotter.v1", False), ("overlay2", True)], ids=["containerd", "classic"]
)
def test_the_classic_image_store_is_noted_in_one_line(
    program: Callable[[str, str], Path], store: str, *, noted: bool
) -> None:
    """In this checkout, which has all else."""
    folder = program("docker", fake_docker("2.24.4", store))
    brought = bootstrap(ROOT, env={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert brought.returncode == 0, brought.stderr
    lines = [line for line in brought.stdout.splitlines() if "cache export and attestations are left out" in line]
    assert len(lines) == noted


def test_the_engine_is_started_apart_from_who_starts_it(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    report = tmp_path / "report.json"
    describe = (
        "import json, os; json.dump({'environment': dict(os.environ), 'folder': os.getcwd(),"
        " 'session': os.getsid(0), 'files': sorted(map(int, os.listdir('/proc/self/fd')))}, open(1, 'w'))"
    )
    folder = program("dockerd", f'{sys.executable} -c "{describe}" >{report}.part; mv {report}.part {report}')
    program("sudo", 'shift 2; exec "$@"')
    script = f"""set -euo pipefail
        source {ROOT}/scripts/lib/common.sh; source {ROOT}/scripts/lib/engine.sh
        DOCKERD_LOG={tmp_path}/log; exec 8>{tmp_path}/lock 9>{tmp_path}/other
        engine_detach"""
    proxy = "http://user:p)$'\"#\\ ü@proxy:3128"
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HTTPS_PROXY": proxy, "TOKEN": "secret"}
    subprocess.run(["bash", "-c", script], env=environment, check=True, timeout=30)
    deadline = time.monotonic() + 10
    while not report.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    seen = json.loads(report.read_text())
    assert seen["environment"]["HTTPS_PROXY"] == proxy
    assert "TOKEN" not in seen["environment"]
    assert seen["folder"] == "/"
    assert seen["session"] != os.getsid(0)
    assert not {8, 9} & set(seen["files"])


def lock_files() -> list[Path]:
    """List the lock files and requirement lists that the repository holds or is about to hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [ROOT / name for name in listed]
    return [
        path
        for path in paths
        if path.is_file() and (path.name in LOCK_NAMES or (path.suffix == ".txt" and "requirements" in path.as_posix()))
    ]


def addresses(path: Path) -> list[str]:
    """List the addresses that a lock file would install from."""
    text = path.read_text()
    if path.suffix == ".json":
        return re.findall(r'"resolved": *"[^"]*:[^"]*"', text)
    return re.findall(r"--(?:extra-)?index-url.*|--find-links.*|-i .*|\w+://\S+", text)


def test_no_lock_holds_an_address() -> None:
    locks = lock_files()
    assert ROOT / "requirements" / "shiplane.txt" in locks
    assert {str(lock): addresses(lock) for lock in locks if addresses(lock)} == {}


def test_every_locked_python_package_has_a_hash() -> None:
    entries = re.split(r"(?m)^(?=[a-z])", (ROOT / "requirements" / "shiplane.txt").read_text())[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_address_in_a_lock_is_found(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    lock.write_text('{"packages": {"a": {"resolved": "https://example.org/a.tgz", "funding": {"url": "https://x"}}}}')
    assert addresses(lock) == ['"resolved": "https://example.org/a.tgz"']
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("--extra-index-url https://example.org/simple\na==1 \\\n    --hash=sha256:00\n")
    assert addresses(requirements) == ["--extra-index-url https://example.org/simple"]
