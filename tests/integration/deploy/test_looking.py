"""Looking inside an environment by whole commands: the audit, logs that are followed, commands in a container."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkouts import make_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place

ROOT = Path(__file__).parents[3]
WORDS = ("a b", "", 'it\'s $x "q" \\ ü', "new\nline", "*", "--env", "--", "{{.Id}}")
LEFT = "ps -eo args | grep -E '^docker (logs|events|exec)|^sed -u|^bash -s logs' || :"


class Desk:
    """Type commands in the checkout whose lab the place is on."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.folder = make_checkout(Path(place.host.key_file).parents[2])
        self.begun: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str, **streams: int) -> subprocess.Popen[bytes]:
        argv = (sys.executable, "-m", "invoke", "--search-root", str(ROOT), *words)
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "TERM": "xterm"}
        chosen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        self.begun.append(subprocess.Popen(argv, cwd=self.folder, env=environ, start_new_session=True, **chosen))
        return self.begun[-1]

    def type(self, *words: str, stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
        streams = {} if stdin is None else {"stdin": subprocess.PIPE}
        process = self.start(*words, **streams)
        out, err = process.communicate(stdin, timeout=60)
        return process.returncode, out, err

    def left(self) -> str:
        """Wait for what a command left on the server to end, and give what does not."""
        end = time.monotonic() + 15
        while (found := self.place.ask(LEFT)) and time.monotonic() < end:
            time.sleep(0.2)
        return found


@pytest.fixture
def desk(serving: Place) -> Iterator[Desk]:
    made = Desk(serving)
    yield made
    for process in made.begun:
        process.kill()
        process.communicate()


def test_exec_hands_on_words_standard_input_and_the_exit_code(desk: Desk) -> None:
    show = "import json, sys; print(json.dumps(sys.argv[1:])); sys.exit(42)"
    code, out, err = desk.type("exec", "--env", "staging", "--service", "web", "--", "python", "-c", show, *WORDS)
    assert (code, json.loads(out), err) == (42, list(WORDS), b"")
    data = os.urandom(5_000_000)
    code, out, _ = desk.type("exec", "--env", "staging", "--service", "web", "--", "cat", stdin=data)
    assert (code, out == data) == (0, True)
    code, out, err = desk.type(
        "exec", "--env", "staging", "--service", "web", "--", "sh", "-c", "echo out; echo no >&2"
    )
    assert (code, out, err) == (0, b"out\n", b"no\n")
    code, _, err = desk.type("exec", "--env", "staging", "--service", "wob", "--", "ls")
    assert (code, err.splitlines()[0]) == (2, b"unknown running service 'wob'")
    code, out, _ = desk.type("audit", "--env", "staging", "--json")
    told = json.loads(out)
    assert [each["detail"] for each in told[:3]] == ["sh in web", "cat in web", "python in web"]
    assert told[0]["release"] == "one"
    assert (told[3]["action"], told[3]["release"], told[3]["outcome"]) == ("deploy", "one", "deployed")
    assert desk.place.deployer().status()["release"] == "one"
    assert desk.place.deploy("one") < 2, "what was done beside deploys does not hide that it runs already"


def test_exec_on_a_terminal(desk: Desk) -> None:
    terminal, program = os.openpty()
    streams = {"stdin": program, "stdout": program, "stderr": program}
    process = desk.start("exec", "--env", "staging", "--service", "web", "--", "sh", **streams)
    os.close(program)
    shown = until(terminal, b"# ")
    os.write(terminal, b"tty && sleep 4715\n")
    shown += until(terminal, b"/dev/pts/")
    time.sleep(0.3)
    os.write(terminal, b"\x03")
    shown += until(terminal, b"# ")
    os.write(terminal, b"exit 7\n")
    assert process.wait(20) == 7, shown
    assert desk.left() == ""
    assert desk.place.ask("ps -eo args | grep '[s]leep 4715' || :") == ""


def until(terminal: int, wanted: bytes) -> bytes:
    shown = b""
    while wanted not in shown:
        shown += os.read(terminal, 4096)
    return shown


def test_logs_follow_a_deploy(desk: Desk) -> None:
    process = desk.start("logs", "--env", "staging", "--service", "web", "--service", "db", "--follow", "--tail", "1")
    lines = Lines(process)
    lines.until("web | ")
    secret = desk.place.secrets["BOARD_TOKEN"].value
    inside = "cd deployments/app-staging; docker compose exec -T web sh -c"
    desk.place.ask(f'{inside} \'printf "it is %s\\n" "$BOARD_TOKEN" >/proc/1/fd/1\'')
    assert lines.until("it is ") == "web | it is ***"
    desk.place.ask(f"{inside} 'head -c 40000 /dev/zero | tr \"\\0\" x >/proc/1/fd/1; echo y >/proc/1/fd/1'")
    assert lines.until("xy") == f"web | {'x' * 40000}y"
    desk.place.deploy("two")
    old = lines.until("· ended with exit code").partition(" ")[0]
    seen = [line for line in lines.seen if line.startswith("web-") and not line.startswith(f"{old} ")]
    new = seen[0].partition(" ")[0]
    assert int(old.removeprefix("web-")) < int(new.removeprefix("web-")), "the old one"
    assert seen[0] == f"{new} | · started"
    assert f"{new} | this is two" in seen, "before the old one ended"
    assert secret not in "\n".join(lines.seen)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert desk.left() == ""


def test_logs_leave_nothing_behind_when_they_are_killed(desk: Desk) -> None:
    process = desk.start("logs", "--env", "staging", "--service", "db", "--follow")
    end = time.monotonic() + 20
    while "docker events" not in desk.place.ask(LEFT):
        assert time.monotonic() < end
    process.kill()
    assert desk.left() == ""


class Lines:
    """Read what a command prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.seen: list[str] = []

    def until(self, wanted: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(line.decode().rstrip("\n"))
            if wanted in self.seen[-1]:
                return self.seen[-1]
        pytest.fail(f"{wanted!r} is not in {self.seen}")
