from __future__ import annotations

import tomllib
from typing import Any

import pytest

from samples import CONFIG_TEXT
from shiplane.config import Hook, Hooks, parse
from shiplane.errors import ConfigError

TEXT = """
[[tool.shiplane.hooks.pre-deploy]]
command = ["./scripts/announce", "a b"]

[[tool.shiplane.hooks.pre-deploy]]
command = ["python", "manage.py", "check", "--deploy"]
on = "host"
seconds = 20

[[tool.shiplane.hooks.post-deploy]]
command = ["./scripts/smoke"]
undo = true
"""
HOOK = {"command": ["ls"]}


def parsed(hooks: Any) -> Hooks:  # noqa: ANN401 - parsed TOML
    table = tomllib.loads(CONFIG_TEXT)["tool"]["shiplane"]
    return parse({**table, "hooks": hooks}).hooks


def test_hooks() -> None:
    assert parsed(tomllib.loads(TEXT)["tool"]["shiplane"]["hooks"]) == Hooks(
        pre_deploy=(
            Hook(("./scripts/announce", "a b")),
            Hook(("python", "manage.py", "check", "--deploy"), on="host", seconds=20),
        ),
        post_deploy=(Hook(("./scripts/smoke",), undo=True),),
    )
    assert parsed({}) == Hooks()


@pytest.mark.parametrize(
    ("hooks", "cause", "fix"),
    [
        ({"predeploy": []}, ".predeploy: unknown key", "did you mean 'pre-deploy'?"),
        ({"pre_deploy": []}, ".pre_deploy: unknown key", "did you mean 'pre-deploy'?"),
        ([], ": must be a table", "write [tool.shiplane.hooks] and its keys below"),
        ({"on-failure": HOOK}, ".on-failure: must be a list of tables", "write [[tool.shiplane.hooks.on-failure]]"),
        ({"on-failure": ["ls"]}, ".on-failure[0]: must be a table", "write [tool.shiplane.hooks.on-failure[0]]"),
        ({"pre-deploy": [HOOK, {"comand": []}]}, ".pre-deploy[1].comand: unknown key", "did you mean 'command'?"),
        ({"pre-deploy": [{}]}, ".pre-deploy[0].command: is missing", 'add command = ["one", "two"]'),
        ({"pre-deploy": [{"command": "ls"}]}, ".pre-deploy[0].command: has the wrong type (str)", "write it as"),
        ({"pre-deploy": [{"command": []}]}, ".pre-deploy[0].command: is empty", "write it as"),
        ({"pre-deploy": [{"command": [""]}]}, ".pre-deploy[0].command: is empty", "write it as"),
        (
            {"pre-deploy": [{**HOOK, "on": "hosts"}]},
            ".pre-deploy[0].on: 'hosts' is",
            "use one of: local, host",
        ),
        (
            {"pre-deploy": [{**HOOK, "seconds": 0}]},
            ".pre-deploy[0].seconds: 0 is",
            "write a number above 0",
        ),
        ({"pre-deploy": [{**HOOK, "undo": True}]}, ".pre-deploy[0].undo: belongs to post-deploy alone", "take it out"),
        ({"post-deploy": [{**HOOK, "undo": 1}]}, ".post-deploy[0].undo: has the wrong type (int)", "write it as true"),
    ],
)
def test_wrong_hooks(hooks: object, cause: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(hooks)
    assert caught.value.cause.startswith(f"tool.shiplane.hooks{cause}")
    assert caught.value.fix.startswith(fix)
