"""Every command that the documentation shows: it is one, its options are, and it does something.

What a test can do to it is done: an Invoke task is run on a recorded machine, its dry run where it has one.
`tests/integration/test_documentation.py` runs for real what is quick and harms nothing, and asks scripts for help;
`tests/integration/story/test_tutorial.py` types the tutorial.
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

import pytest

import documented
import journals
import stacks
from documented import ROOT, SHELLS, Line
from projects import NAMESPACE
from samples import COMMIT, REMOTE, make_release
from shiplane.lab.state import LabState
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from projects import Project

LINES = {line.text: line for line in documented.lines()}
INVOKE = ("invoke", ".venv/bin/invoke")
NOX = ("nox", ".venv/bin/nox")
ELSEWHERE = {
    "source .venv/bin/activate": "changes the shell of a person; test_tutorial.py types it",
    "cd ~/deployments/app-staging": "on a server; test_tutorial.py types it there",
    "docker compose -f docker-compose.yml -f compose.staging.yml pull": "the same",
    "docker compose -f docker-compose.yml -f compose.staging.yml up -d": "the same",
    "docker compose ps": "the same",
    "docker compose pull --quiet": "what performance.md compares with; bench_deploys.py runs it",
    "docker compose up -d --force-recreate --wait": "what performance.md compares with; bench_deploys.py runs it",
    'jq .stages[].steps[] | select(.id == "publish.images").definition': "reads what the command before it prints",
    "docker buildx bake --print -f -": "the same; test_images.py hands that definition to bake",
    "gh api --method PUT repos/OWNER/NAME/environments/production "
    "-F deployment_branch_policy[protected_branches]=false "
    "-F deployment_branch_policy[custom_branch_policies]=true": "asks GitHub itself",
    "gh api --method POST repos/OWNER/NAME/environments/production/deployment-branch-policies "
    "-f name=main": "asks GitHub itself",
    "gh variable set RUNNER --body my-runner": "asks GitHub itself",
    "docker buildx imagetools inspect REF --format {{json .Provenance}}": "asks a registry, as test_images.py does",
    "docker buildx imagetools inspect REF --format {{json .SBOM}}": "asks a registry, as test_images.py does",
    "eval $(invoke completion --shell bash)": "changes a person's shell; the integration's test types it in another",
    "eval $(cd ~/shop && .venv/bin/invoke completion --shell bash)": "the same, from an empty home",
    "source": "the same in fish; test_completion.py has one in a container",
    "cd …": "after a clone, whose address everyone has another one of",
    "git clone …": "the address is everyone's own",
    "docker build --target development --tag backend-dev:plain backend": "what bench_images.py compares with",
    "docker build --target development --tag frontend-dev:plain frontend": "what bench_images.py compares with",
    "docker build --target production --tag backend:plain backend": "what bench_images.py compares with",
    "docker build --target production --tag frontend:plain frontend": "what bench_images.py compares with",
    "ssh-keygen -t ed25519 -N  -C shiplane -f ~/.ssh/shop-staging": "writes keys; the integration's test does",
    "ssh-keygen -t ed25519 -N  -C shiplane -f ~/.ssh/shop-staging-new": "the same",
    "ssh-keyscan -p 22 staging.example.com": "asks a server that there is not",
}
"""What is not of this project, with the reason why it is not run."""
CONTEXTS = {context.name: context for context in NAMESPACE.to_contexts()}
MISTYPED = ("usage-error", "unknown-name", "unknown-key", "config-error")


def tasks() -> list[str]:
    return sorted(text for text, line in LINES.items() if line.words[:1] and line.words[0] in INVOKE)


def test_every_command_is_judged_and_nothing_is_excused_that_is_not_there() -> None:
    strange = {
        text: line.place
        for text, line in LINES.items()
        if not line.words or not (line.words[0] in (*INVOKE, *NOX, "export") or line.words[0].startswith("./"))
    }
    assert {text: place for text, place in strange.items() if text not in ELSEWHERE} == {}
    assert set(ELSEWHERE) - set(strange) == set()
    assert len(tasks()) > 60


def test_commands_stand_in_blocks_of_bash() -> None:
    """So that none is missed: neither in a block of another name, nor in one that is only indented."""
    other = [
        f"{page}:{line}"
        for page, line, language, text in documented.blocks()
        if language in SHELLS or (not language and re.match(r"(\$ )?(invoke|nox|\./)", text))
    ]
    assert other == []


@pytest.mark.parametrize("text", tasks())
def test_a_task_is_one_and_takes_what_it_is_given(project: Project, text: str) -> None:
    """Run it on recordings: whatever the world answers, the line itself has to be understood."""
    prepare(project)
    line = LINES[text]
    for before in documented.lines():
        if before.place == line.place and before.words[1:2] == ("config.set",) and line.words[1] == "config.unset":
            project.invoke(documented.quoted(before.words[1:]))
    words, rest = documented.split(line.words[1:])
    if "--watch" in words:  # which has no end
        assert has(words[0], "watch")
        words = tuple(word for word in words if word != "--watch")
    if words[0].startswith("dev."):
        project.answers(*stacks.answers())
    if words[0] in NAMESPACE.task_names and "--dry-run" not in words and has(words[0], "dry-run"):
        words = (*words, "--dry-run")
    typed = documented.quoted(words) + (f" -- {documented.quoted(rest)}" if rest else "")
    ended = project.invoke(typed, **REMOTE)
    section = ended.err.partition("docs/errors.md#")[2].partition("\n")[0]
    assert ended.code != 1, ended
    # What GitHub would be asked is not named on this machine.
    assert section not in MISTYPED or "GITHUB_REPOSITORY" in ended.err, ended


def prepare(project: Project) -> None:
    """Let releases be published, and a run be past; nothing opens a browser or asks this machine's engine."""
    store = Store(project.folder)
    for release in (COMMIT[:12], "664a230c1f2e"):
        store.save_release("lab", make_release(release))
    journals.passed().write(project.folder / ".shiplane" / "runs")
    project.patch.setattr("webbrowser.open", lambda _address: True)
    project.patch.setattr("shiplane.lab.lifecycle.status", lambda _checkout: LabState("", (), {}))


def has(task: str, option: str) -> bool:
    return any(option in argument.names for argument in NAMESPACE[task].get_arguments())


@pytest.mark.parametrize("text", sorted(t for t, line in LINES.items() if line.words[:1] and line.words[0] in NOX))
def test_a_session_is_one(text: str) -> None:
    words, rest = documented.split(LINES[text].words[1:])
    assert words[0] in ("-s", "--list"), text
    assert set(words[1:]) <= sessions() | {"-s"}
    files = [word for word in rest if word.endswith((".py", ".ts")) or word.startswith("tests/")]
    assert [file for file in files if not (ROOT / file).exists()] == []


def sessions() -> set[str]:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list}


@pytest.mark.parametrize("text", sorted(t for t, line in LINES.items() if line.words[:1] and line.words[0][:2] == "./"))
def test_a_script_is_there(text: str) -> None:
    assert os.access(ROOT / LINES[text].words[0], os.X_OK), LINES[text].place


def test_variables_are_those_that_are_read() -> None:
    """The pages of servers and secrets list them."""
    listed = (ROOT / "docs/servers.md").read_text(encoding="utf-8")
    exported = [line for line in LINES.values() if line.words[:1] == ("export",)]
    assert exported != []
    for line in exported:
        name = line.words[1].partition("=")[0]
        assert f"`{name.removeprefix('STAGING_').removeprefix('PRODUCTION_')}`" in listed, (name, line.place)


def inline() -> list[tuple[str, str]]:
    """Give each piece of text in backticks that begins like a task, with its page."""
    return [
        (page.name, found)
        for page in documented.pages()
        for found in re.findall(r"`invoke ([^`]+)`", " ".join(page.read_text(encoding="utf-8").split()))
    ]


@pytest.mark.parametrize(("page", "text"), sorted(set(inline())))
def test_what_is_named_in_a_sentence_is_there_too(page: str, text: str) -> None:
    del page
    words, _ = documented.split(tuple(re.sub(r"[\[\]|,]", " ", text).split()))
    task, given = words[0], {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    if task.startswith("-"):
        assert task in ("--list", "--help", "-l")
        return
    if task.endswith("*"):
        assert any(name.startswith(task[:-1]) for name in NAMESPACE.task_names)
        return
    assert task in NAMESPACE.task_names
    assert given <= {*CONTEXTS[task].flags, *CONTEXTS[task].inverse_flags}


def test_lines_are_taken_apart_as_a_shell_does() -> None:
    made = list(documented._commands("p:1", 'A=1 nox -s x # why\nb "c d" \\\n  -- e > f && g | h "$(i)"\n'))  # noqa: SLF001
    assert [(line.text, line.words) for line in made] == [
        ("A=1 nox -s x", ("nox", "-s", "x")),
        ("b c d -- e", ("b", "c d", "--", "e")),
        ("g", ("g",)),
        ("h $(i)", ("h", "$(i)")),
    ]
    assert made[0] == Line("p:1", ("nox", "-s", "x"), (("A", "1"),))
