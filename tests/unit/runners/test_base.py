from __future__ import annotations

import base64
import json
import math
import re
import shlex
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from samples import HARD
from shiplane.commands import dotenv
from shiplane.errors import Interrupted, TimeLimit, Unreachable
from shiplane.model import Secret
from shiplane.runners.base import MASK, Cancel, Completed, Masker

FORMS = {
    "raw": lambda value: value,
    "json": json.dumps,
    "json, not only ascii": lambda value: json.dumps(value, ensure_ascii=False),
    "url": lambda value: f"postgresql://app:{quote(value, safe='')}@db/app",
    "url, slashes kept": quote,
    "form": quote_plus,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 for urls": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "shell": shlex.quote,
    "python": repr,
    "shell of json": lambda value: shlex.quote(json.dumps(value)),
    "json of shell": lambda value: json.dumps(shlex.quote(value)),
    "environment file": lambda value: dotenv.render({"S": value}),
    "environment file in a message": lambda value: json.dumps(dotenv.render({"S": value}), ensure_ascii=False),
    "json of compose": lambda value: json.dumps(value.replace("$", "$$"), ensure_ascii=False),
    "yaml of compose": lambda value: "'" + value.replace("$", "$$").replace("'", "''") + "'",
}


def told(text: str, value: str) -> bool:
    """Tell whether a text still gives the value away."""
    plain = {
        value,
        json.dumps(value)[1:-1],
        dotenv.escaped(value),
        value.replace("$", "$$"),
        quote(value, safe=""),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }
    return any(form in text for form in plain)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [HARD, "plain-secret", "with/slash+plus=", "'quoted'", "two\nlines here", '"json"'])
def test_a_secret_is_masked_in_every_form(value: str, form: str) -> None:
    masked = Masker((Secret("S", value),)).mask(f"before {FORMS[form](value)} after")  # type: ignore[no-untyped-call]
    assert MASK in masked
    assert not told(masked, value)
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize("user", ["", "me", "me2", "shiplane"])
def test_a_registry_s_user_and_password_in_base64_are_masked(user: str) -> None:
    """Docker keeps `user:password` in base64, wherever in a group of three bytes the password begins."""
    encoded = base64.b64encode(f"{user}:{HARD}".encode()).decode()
    masked = Masker((Secret("S", HARD),)).mask(encoded)
    before = math.ceil((len(user) + 1) * 4 / 3)
    assert re.fullmatch(rf"[^*]{{0,{before}}}\*\*\*[^*]{{0,3}}", masked)


def test_a_secret_within_a_longer_one_leaves_nothing_of_it() -> None:
    masker = Masker((Secret("A", "secret"), Secret("B", "secret-and-more")))
    assert masker.mask("secret-and-more secret") == f"{MASK} {MASK}"


def test_each_long_line_of_a_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAAB3NzaC1yc2E\n-----END KEY-----"
    masker = Masker((Secret("KEY", key),))
    assert masker.mask(key) == MASK
    assert masker.mask("line: b3BlbnNzaC1rZXktdjEA") == f"line: {MASK}"


@pytest.mark.parametrize("value", ["", "a", "abc"])
def test_short_values_would_blank_out_words(value: str) -> None:
    assert Masker((Secret("S", value),)).mask("abc abcd") == "abc abcd"


def test_secrets_can_be_learned_later() -> None:
    masker = Masker()
    assert masker.mask("token-1") == "token-1"
    masker.add(Secret("T", "token-1"), Secret("U", "token-2"))
    assert masker.mask("token-1 token-2") == f"{MASK} {MASK}"


@given(st.text(min_size=4), st.text(), st.text())
def test_any_secret_in_any_text(value: str, before: str, after: str) -> None:
    assume(value not in MASK * 2 + "*")
    masked = Masker((Secret("S", value),)).mask(before + value + after)
    assert MASK in masked
    assume(value not in before + MASK + after)
    assert value not in masked


def test_a_process_s_last_lines() -> None:
    done = Completed(1, "out", "one\ntwo\nthree", 0.1)
    assert (done.ok, done.tail(2), Completed(0, "", "", 0.0).tail()) == (False, ("two", "three"), ())
    assert Completed(0, "", "", 0.0).ok


def test_a_cancel_keeps_its_first_reason() -> None:
    cancel = Cancel()
    cancel.check()
    assert not cancel.is_set()
    cancel.set(Unreachable("gone", "look"))
    cancel.set(Interrupted("tests"))
    assert cancel.is_set()
    with pytest.raises(Unreachable):
        cancel.check()
    with pytest.raises(Unreachable):
        cancel.sleep(10)


def test_a_cancel_wakes_a_sleeper() -> None:
    cancel = Cancel()
    timer = threading.Timer(0.05, cancel.set, (TimeLimit("stage e2e", 1),))
    timer.start()
    with pytest.raises(TimeLimit):
        cancel.sleep(10)
    timer.join()


def test_a_sleep_that_nobody_cancels_ends() -> None:
    cancel = Cancel()
    cancel.sleep(0.01)
    assert not cancel.is_set()
