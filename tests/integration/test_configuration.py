"""The schema as an editor uses it, and secrets from a real program."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from helpers.clone import ROOT
from helpers.story import HARD_SECRET
from shiplane.config import SecretSources, parse
from shiplane.errors import ConfigError
from shiplane.facts.secret_sources import Sources
from shiplane.runners.base import Masker
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = """
const Ajv = require("./frontend/node_modules/ajv");
const schema = JSON.parse(require("fs").readFileSync("docs/shiplane.schema.json", "utf8"));
const ajv = new Ajv({allErrors: true});
const check = ajv.compile(schema);
const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(documents.map((each) => check(each))));
"""
OWN = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def valid(*documents: dict[str, Any]) -> list[bool]:
    done = subprocess.run(
        ["node", "-e", PROGRAM], cwd=ROOT, input=json.dumps(documents), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def with_text(text: str) -> dict[str, Any]:
    """Give the project's own configuration with some lines more."""
    more = tomllib.loads(text)["tool"]["shiplane"]
    return {"tool": {"shiplane": {**OWN["tool"]["shiplane"], **more}}}


GOOD = [
    '[tool.shiplane]\nrollout = "recreate"\nparallel = 0\nprofiles = []',
    '[tool.shiplane.steps.test.backend]\ntries = 2\nreason = "the network"',
    '[[tool.shiplane.hooks.pre-deploy]]\ncommand = ["true"]\non = "host"',
    '[tool.shiplane.secrets]\ncommand = ["sops"]',
    '[tool.shiplane.components.a]\ncontext = "a"\nversion_file = "a/v.json"\narguments = {A = "b"}',
]
BAD = [
    '[tool.shiplane]\nrolout = "recreate"',
    '[tool.shiplane]\nrollout = "fast"',
    "[tool.shiplane]\nkeep_releases = 0",
    '[tool.shiplane]\nkeep_releases = "5"',
    "[tool.shiplane.steps.test.nothing]\ntries = 2",
    '[[tool.shiplane.hooks.pre-deploy]]\non = "host"',
    '[tool.shiplane.components.a]\ncontext = "a"',
    '[tool.shiplane.components.A]\ncontext = "a"\nversion_file = "x"',
    '[tool.shiplane.vpn]\nprovider = "wireguard"',
    "[tool.shiplane]\nprofiles = [1]",
]


def test_the_schema_takes_what_shiplane_takes_and_refuses_what_it_refuses() -> None:
    assert valid(OWN, *map(with_text, GOOD)) == [True] * (len(GOOD) + 1)
    assert valid(*map(with_text, BAD)) == [False] * len(BAD)
    for text in GOOD:
        parse(with_text(text)["tool"]["shiplane"])
    for text in BAD:
        with pytest.raises(ConfigError):
            parse(with_text(text)["tool"]["shiplane"])


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give a GnuPG of its own, with a key that has no passphrase."""
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    environ = {**os.environ, "GNUPGHOME": str(home)}
    words = [
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        "me@example.com",
        "default",
        "default",
        "0",
    ]
    subprocess.run(["gpg", *words], env=environ, check=True, capture_output=True, timeout=60)
    yield environ
    subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=False, capture_output=True, timeout=60)


def test_secrets_that_gpg_keeps(tmp_path: Path, keyring: dict[str, str]) -> None:
    (tmp_path / "secrets").mkdir()
    encrypt = ["gpg", "--batch", "--quiet", "--trust-model", "always", "--encrypt", "-r", "me@example.com"]
    text = f"DB_PASSWORD={HARD_SECRET}\n".encode()
    file = tmp_path / "secrets/staging.gpg"
    subprocess.run([*encrypt, "-o", str(file)], env=keyring, input=text, check=True, timeout=60)
    masker = Masker()
    settings = SecretSources(command=("gpg", "--batch", "--quiet", "--decrypt", "secrets/{environment}.gpg"))
    sources = Sources(LocalRunner(tmp_path, keyring, masker), tmp_path, settings, masker.add)
    assert sources.get("staging", "DB_PASSWORD") == HARD_SECRET
    assert masker.mask(f"x{HARD_SECRET}x") == "x***x"


RECIPES = {
    "sops": (
        ("sops", "decrypt", "--output-type", "json", "secrets/{environment}.yaml"),
        'test "$*" = "decrypt --output-type json secrets/staging.yaml" && printf %s "$JSON"',
    ),
    "pass": (("pass", "show", "shop/{environment}"), 'test "$*" = "show shop/staging" && printf "%s\\n" "$LINES_"'),
    "op": (
        ("op", "inject", "--in-file", "secrets/{environment}.tpl"),
        'test "$1 $2" = "inject --in-file" && test -f "$3" && printf "%s\\n" "$LINES_"',
    ),
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_of_the_page_read_what_these_programs_print(tmp_path: Path, name: str) -> None:
    """Stand-ins that print as the programs do: none of the three can be had here."""
    command, body = RECIPES[name]
    page = (ROOT / "docs/secrets.md").read_text(encoding="utf-8")
    assert f"command = {json.dumps(list(command))}" in page
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/staging.tpl").touch()
    program = tmp_path / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    environ = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "JSON": json.dumps({"DB_PASSWORD": HARD_SECRET}, indent=2),
        "LINES_": f"DB_PASSWORD={HARD_SECRET}",
    }
    runner = LocalRunner(tmp_path, environ)
    assert Sources(runner, tmp_path, SecretSources(command=command)).get("staging", "DB_PASSWORD") == HARD_SECRET
