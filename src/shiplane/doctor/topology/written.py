"""Rules for what stands in the files, of which the resolved model tells nothing any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from shiplane.doctor.topology.secret import PLAIN, is_secret, of_words
from shiplane.doctor.topology.stack import Flaw, items, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.doctor.topology.stack import Source

_CLEARING = ("!reset", "!override")
_IN_ADDRESS = re.compile(r"://[^/@:\s]*:(?P<value>[^/@\s]+)@")
_DEFAULT = re.compile(r"\$\{\w+:?-(?P<value>[^}]*)\}")
_USE = re.compile(r"\$\{[^}]*\}|\$\w+")
# What a shell fills in, in the text of a command.
_FILLED = re.compile(r"\$|`|%s")
_VARIABLES = ("environment", "args")
_WORDS = ("command", "entrypoint", "args", "test")
_LEAVE = "leave it to the deploy: ${{{key}:?the deploy writes it}}"


def resets(source: Source) -> Iterator[Flaw]:
    """Ask that an overlay does not try to clear a list by an empty one, which adds nothing and takes nothing away."""
    for service, body in _services(source):
        for key, value in pairs(body):
            empty = isinstance(value, (yaml.SequenceNode, yaml.MappingNode)) and not value.value
            if empty and value.tag not in _CLEARING:
                place = f"{source.file}:{key.start_mark.line + 1}"
                what = f"{key.value} of {service} is empty, which takes nothing away"
                fix = f"{key.value}: !override {'[]' if isinstance(value, yaml.SequenceNode) else '{}'}"
                so = "all that the file before it lists stays"
                yield Flaw("reset", service, place, what, so, fix)


def secrets(source: Source, *, released: bool) -> Iterator[Flaw]:
    """Ask that no secret is written in a file that is committed; `released`: not even one that everybody knows."""
    for name, line, found in (*_of_variables(source.root), *_of_commands(source.root)):
        if found and (released or not PLAIN.fullmatch(found)):
            so = "everybody who has the repository has it"
            fix = _LEAVE.format(key=re.sub(r"\W+", "_", name.lstrip("-")).upper() or "PASSWORD")
            yield Flaw("secret", name, f"{source.file}:{line}", f"{name} is written there", so, fix)


def _of_variables(root: Any) -> Iterator[tuple[str, int, str]]:  # noqa: ANN401 - a node of YAML
    for key, value in _environments(root):
        yield key.value, key.start_mark.line + 1, _literal(key.value, value)


def _of_commands(node: Any) -> Iterator[tuple[str, int, str]]:  # noqa: ANN401 - a node of YAML
    """Give what commands hand over, in extension fields too: name, line, and the secret where that is written."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in _WORDS and not isinstance(value, yaml.MappingNode):
                words = tuple(_words(value))
                for name, line, text in of_words(words):
                    yield name, line, _written(text)
                for word, line in words:
                    yield "a password", line, _literal("", word)
            else:
                yield from _of_commands(value)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _of_commands(entry)


def _words(node: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401 - a node of YAML
    """Give the words of a command with their lines, those of a shell's text too."""
    for scalar in items(node) or [node]:
        lines = scalar.value.splitlines() if isinstance(scalar, yaml.ScalarNode) else []
        for number, text in enumerate(lines, start=1):
            # A block begins in the line below its mark, and has lines of its own, which end what is called there.
            line = scalar.start_mark.line + 1 + (number if scalar.style == "|" else 0)
            yield from ((word, line) for word in text.split())
            if scalar.style == "|" and not text.endswith("\\"):
                yield ";", line


def secrets_of_lines(file: str, text: str) -> Iterator[Flaw]:
    """Ask the same of a committed environment file."""
    for number, line in enumerate(text.splitlines(), start=1):
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#") and is_secret(key.strip(), value.strip()):
            so, fix = "everybody who has the repository has it", "take it out; the deploy writes secrets"
            yield Flaw("secret", key, f"{file}:{number}", f"{key} is written there", so, fix)


def _services(source: Source) -> Iterator[tuple[str, Any]]:
    for key, value in pairs(source.root):
        if key.value == "services":
            yield from ((name.value, body) for name, body in pairs(value))


def _environments(node: Any, *, inside: bool = False) -> Iterator[tuple[Any, str]]:  # noqa: ANN401 - a node of YAML
    """Give key and text of every variable, in extension fields too; one that is merged stands where it is written."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if inside and isinstance(value, yaml.ScalarNode):
                yield key, value.value
            elif key.value != "<<":
                yield from _environments(value, inside=key.value in _VARIABLES)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            if inside and isinstance(entry, yaml.ScalarNode) and "=" in entry.value:
                name, _, text = entry.value.partition("=")
                yield yaml.ScalarNode(entry.tag, name, entry.start_mark), text
            else:
                yield from _environments(entry)


def _literal(key: str, value: str) -> str:
    """Give the secret that a value holds, a default's too; empty where it is asked for, or is none."""
    address = _IN_ADDRESS.search(value)
    if address and not _USE.search(address["value"]):
        return address["value"]
    default = _DEFAULT.fullmatch(value)
    text = default["value"] if default else value
    return text if is_secret(key, text) and not _USE.search(text) else ""


def _written(text: str) -> str:
    """Give a word of a command, or its default, where that is a secret; empty where it is asked for, or is none."""
    default = _DEFAULT.fullmatch(text)
    found = default["value"] if default else text
    is_word = re.search(r"\w", found) and not _FILLED.search(found)
    return found if is_word and is_secret("PASSWORD", found) else ""
