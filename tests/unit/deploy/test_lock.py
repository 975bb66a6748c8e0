from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.lock import Holder, Lock, Timing
from shiplane.errors import Interrupted, Locked, StillAtWork, Unreachable
from shiplane.runners import process
from shiplane.runners.base import Cancel, Completed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.errors import ShiplaneError
    from shiplane.model import Command, Site


ME = Holder("r1", "me", "laptop", 7)
KEY = '"run": "r1", "user": "me", "host": "laptop", "pid": 7, "machine": "", "started": ""'
OTHER = '{"run": "r0", "user": "you", "host": "ci", "pid": 3, "since": "2026-01-01T00:00:00Z", "renewed_at": "x"}'
RENEWED = OTHER.replace('"x"', '"y"')
WHOSE = "run r0 (you@ci, process 3, since 2026-01-01T00:00:00Z)"


def here(**changes: object) -> tuple[Holder, str]:
    """Give a holder that is (or was) a process of this machine, and its file's text."""
    me = process.own()
    mine = {"pid": me.pid, "machine": me.machine, "started": me.started, **changes}
    holder = replace(Holder.read(OTHER), **mine)
    return holder, json.dumps(asdict(holder))


class Server:
    """Answer each verb of the lock's script from a list; the last answer stays."""

    def __init__(self, **answers: Sequence[str | ShiplaneError]) -> None:
        self.answers = {verb: list(texts) for verb, texts in answers.items()}
        self.asked = []
        self.renewed = threading.Event()

    def run(self, command: Command, **words: object) -> Completed:
        del words
        verb = command.argv[3]
        self.asked.append(command.argv[3:])
        texts = self.answers.get(verb, [""])
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        if verb == "renew":
            self.renewed.set()
        if isinstance(text, Exception):
            raise text
        return Completed(1 if text.startswith("flock:") else 0, text, text, 0.0)

    @property
    def verbs(self) -> list[str]:
        return [words[0] for words in self.asked]


def lock(site: Site, server: Server, **timing: float) -> Lock:
    return Lock(server, site, [].append, Cancel(), Timing(**{"renew": 60.0, "ask": 0.0, **timing}))


def test_taken_and_given_back(site: Site) -> None:
    server = Server(take=["taken"])
    with lock(site, server).hold(ME):
        assert server.verbs == ["take"]
    assert server.verbs == ["take", "drop"]
    folder = "deployments/app-staging"
    assert server.asked[0] == ("take", folder, "25", '"run": "r1"', KEY)


def test_given_back_after_an_error_and_a_ctrl_c(site: Site) -> None:
    for error in (ValueError, KeyboardInterrupt):
        server = Server(take=["taken"])
        with pytest.raises(error), lock(site, server).hold(ME):
            raise error
        assert server.verbs == ["take", "drop"]


def test_held_by_another_run(site: Site) -> None:
    server, told = Server(take=[f"held\t{OTHER}", f"held\t{OTHER}", f"held\t{RENEWED}"]), []
    with (
        pytest.raises(Locked, match=r"staging is held by run r0 \(you@ci, process 3, since 2026-01-01"),
        Lock(server, site, told.append, Cancel(), Timing(ask=0.0)).hold(ME),
    ):
        raise AssertionError
    assert server.verbs == ["take"] * 3
    assert told == [f"staging is held by {WHOSE}: seeing whether it is still renewed"]


def test_a_holder_that_lives_on_this_machine_is_believed_at_once(site: Site) -> None:
    server = Server(take=[f"held\t{here()[1]}"])
    with pytest.raises(Locked), lock(site, server).hold(ME):
        raise AssertionError
    assert server.verbs == ["take"]


@pytest.mark.parametrize("changes", [{"started": "1"}, {"pid": 2**22 + 1}])
def test_a_holder_that_died_on_this_machine_loses_its_lock_at_once(site: Site, changes: dict[str, object]) -> None:
    dead, text = here(**changes)
    server, told = Server(take=[f"held\t{text}", f"gone\t{text}"]), []
    with Lock(server, site, told.append, Cancel()).hold(ME):
        pass
    assert [words[5:] for words in server.asked[:2]] == [(), (dead.key,)]
    assert told == [f"the lock of {dead} was left by a process that has ended: taken over"]


@pytest.mark.parametrize("changes", [{"machine": "another"}, {"started": ""}, {"machine": ""}])
def test_of_other_machines_nothing_is_assumed(site: Site, changes: dict[str, object]) -> None:
    text = here(pid=2**22 + 1, **changes)[1]
    server = Server(take=[f"held\t{text}", f"held\t{text.replace('x', 'y')}"])
    with pytest.raises(Locked), lock(site, server).hold(ME):
        raise AssertionError
    assert [len(words) for words in server.asked] == [5, 5]


def test_what_a_dead_holder_left_running_is_waited_for(site: Site) -> None:
    dead, text = here(started="1")
    told = []
    server = Server(take=[f"held\t{text}", f"busy\t{text}", f"busy\t{text}", f"gone\t{text}"])
    with Lock(server, site, told.append, Cancel(), Timing(ask=0.0)).hold(ME):
        pass
    assert told == [
        f"waiting for what {dead} left running on staging",
        f"the lock of {dead} was left by a process that has ended: taken over",
    ]


def test_a_job_that_goes_on_does_not_tell_that_its_caller_lives(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It renews the lock, for as long as it takes; when it has ended, the lock goes stale."""
    clock = iter(range(0, 10_000, 5))
    monkeypatch.setattr("shiplane.deploy.lock.now", lambda: float(next(clock)))
    at_work = f'held\t{OTHER[:-1]}, "job": "let new serve"}}'
    server, told = Server(take=[*[at_work] * 9, f"held\t{OTHER}", f"stale\t{OTHER}"]), []
    with Lock(server, site, told.append, Cancel(), Timing(ask=0.0)).hold(ME):
        pass
    assert told[0] == f"staging is held by {WHOSE}, and at work: 'let new serve'"
    assert told[-1] == f"the lock of {WHOSE} was not renewed for 25 s: taken over"
    lives = Server(take=[at_work, at_work.replace('"x"', '"y"')])
    with pytest.raises(Locked), Lock(lives, site, told.append, Cancel(), Timing(ask=0.0)).hold(ME):
        raise AssertionError


def test_waiting_says_for_whom(site: Site) -> None:
    server = Server(take=[f"held\t{OTHER}", f"held\t{OTHER}", "taken"])
    told = []
    waiting = Lock(server, site, told.append, Cancel(), Timing(renew=60.0, ask=0.0))
    with waiting.hold(ME, wait=True):
        assert server.verbs == ["take"] * 3
    assert told == ["waiting for staging, held by run r0 (you@ci, process 3, since 2026-01-01T00:00:00Z)"]


def test_waiting_can_be_cancelled(site: Site) -> None:
    waiting = lock(site, Server(take=[f"held\t{OTHER}"]), ask=5.0)
    waiting.cancel.set(Interrupted())
    with pytest.raises(Interrupted), waiting.hold(ME, wait=True):
        raise AssertionError


def test_a_stale_lock_is_taken_over_with_a_message(site: Site) -> None:
    told = []
    with Lock(Server(take=[f"stale\t{OTHER}"]), site, told.append, Cancel()).hold(ME):
        assert told == [f"the lock of {WHOSE} was not renewed for 25 s: taken over"]


def test_the_same_process_within_itself(site: Site) -> None:
    server = Server(take=[f"nested\t{OTHER}"])
    with lock(site, server).hold(ME):
        pass
    assert server.verbs == ["take"]


def test_another_process_of_the_run_enters_again(site: Site) -> None:
    server, told = Server(take=[f"again\t{OTHER}"]), []
    with Lock(server, site, told.append, Cancel()).hold(ME):
        assert told == []
    assert server.verbs == ["take", "drop"]


def test_renewed_while_held(site: Site) -> None:
    server = Server(take=["taken"], renew=[f"renewed\t{OTHER}"])
    with lock(site, server, renew=0.001).hold(ME):
        assert server.renewed.wait(5)
    assert server.verbs[-1] == "drop"


def test_a_lock_that_is_lost_stops_the_run(site: Site) -> None:
    held = lock(site, Server(take=["taken"], renew=[f"lost\t{OTHER}"]), renew=0.001)
    with held.hold(ME), pytest.raises(Locked, match="held by run r0"):
        held.cancel.sleep(5)


def test_a_server_that_is_gone_stops_the_run(site: Site) -> None:
    held = lock(site, Server(take=["taken"], renew=[Unreachable("gone", "look")]), renew=0.001, lost=0.0)
    with held.hold(ME), pytest.raises(Unreachable, match="gone"):
        held.cancel.sleep(5)


def test_a_lock_that_cannot_be_given_back_is_told(site: Site) -> None:
    told = []
    server = Server(take=["taken"], drop=[Unreachable("gone", "look")])
    with Lock(server, site, told.append, Cancel()).hold(ME):
        pass
    assert told == ["the lock of staging could not be given back: it ends in 25 s"]


def test_unlock_says_whose_it_was(site: Site) -> None:
    assert lock(site, Server(**{"break": [f"broken\t{OTHER}"]})).unlock().run == "r0"
    assert lock(site, Server()).unlock() is None
    assert str(lock(site, Server(show=[f"held\t{OTHER}"])).holder()).startswith("run r0 (you@ci")


def test_unlock_of_a_holder_that_changed_since_is_refused(site: Site) -> None:
    server = Server(**{"break": [f"held\t{OTHER}"]})
    with pytest.raises(Locked, match="staging is held by run r0"):
        lock(site, server).unlock(ME)
    assert server.asked == [("break", site.folder, "25", '"run": "r1"', ME.key)]
    assert lock(site, Server(**{"break": [f"broken\t{OTHER}"]})).unlock(ME).run == "r0"


def test_unlock_under_a_job_is_refused(site: Site) -> None:
    server = Server(**{"break": [f'busy\t{OTHER[:-1]}, "job": "let new serve"}}']})
    with pytest.raises(StillAtWork) as caught:
        lock(site, server).unlock(Holder.read(OTHER))
    assert caught.value.cause == f"staging is held by {WHOSE}, and at work on the server: 'let new serve'"
    assert caught.value.fix.endswith("invoke unlock --env staging --end-job")


def test_a_lock_is_confirmed_or_lost(site: Site) -> None:
    held = lock(site, Server(renew=[f"renewed\t{OTHER}", f"lost\t{OTHER}"]))
    held.confirm(ME)
    assert not held.cancel.is_set()
    with pytest.raises(Locked, match="held by run r0"):
        held.confirm(ME)
    assert held.cancel.is_set()


def test_a_server_without_flock(site: Site) -> None:
    with pytest.raises(Unreachable, match="the lock of staging cannot be used on staging"):
        lock(site, Server(show=["flock: command not found"])).holder()


def test_a_job_on_the_server_renews_by_a_command(site: Site) -> None:
    command = lock(site, Server()).renewal(ME)
    assert command.argv == ("bash", "-s", "lock", "beat", site.folder, "25", '"run": "r1"', KEY)
    assert command.host == site.host.name


def test_a_cut_link_leaves_time_to_notice_and_to_renew() -> None:
    given = Timing()
    assert given.stale >= 12 + 2 * given.renew
    assert given.lost > given.stale
