"""Hooks on this machine and in a container of the new release."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.config import Hook, Hooks
from shiplane.errors import StepFailed

if TYPE_CHECKING:
    from conftest import Place

TELL = "import json, os; print(json.dumps([os.environ.get(n) for n in ('RELEASE', 'SHIPLANE_BEFORE', 'BOARD_TOKEN')]))"
LOOK = "docker ps -a --no-trunc --format '{{.ID}} {{.Status}}' | sed 's/Up .*/Up/'"


def test_hooks_run_where_they_are_to_run(serving: Place) -> None:
    here = Hook(("sh", "-c", 'printf "%s %s\\n" "$SHIPLANE_RELEASE" "$SHIPLANE_URL" >told'))
    there = Hook(("python", "-c", TELL), on="host")
    serving.options = replace(serving.options, hooks=Hooks(pre_deploy=(there,), post_deploy=(here,)))
    serving.deploy("two")
    [told] = [json.loads(line) for line in serving.reports[-100:] if line.strip().startswith("[")]
    assert told == ["two", "one", "***"]
    assert (serving.local.checkout / "told").read_text() == f"two {serving.site.url}\n"
    assert serving.leftovers() == ""


@pytest.mark.parametrize(
    "hook",
    [Hook(("sh", "-c", "echo no; exit 3")), Hook(("sh", "-c", "echo no; exit 3"), on="host"),
     Hook(("sleep", "60"), on="host", seconds=2)],
)  # fmt: skip
def test_a_hook_that_fails_leaves_what_serves(serving: Place, hook: Hook) -> None:
    before = serving.ask(LOOK)
    failed = Hook(("sh", "-c", 'printf "%s|%s|%s" "$SHIPLANE_OUTCOME" "$SHIPLANE_SERVES" "$SHIPLANE_CAUSE" >failed'))
    serving.options = replace(serving.options, hooks=Hooks(pre_deploy=(hook,), on_failure=(failed,)))
    with pytest.raises(StepFailed, match="pre-deploy hook") as caught:
        serving.deploy("two")
    assert serving.ask(LOOK) == before
    assert serving.serves() == "one"
    assert serving.leftovers() == ""
    assert (serving.local.checkout / "failed").read_text() == f"unchanged|one|{caught.value.cause}"
