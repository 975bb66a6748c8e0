"""Rules for what stands in the files, of which the resolved model tells nothing any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from shiplane.doctor.topology.released import SECRET
from shiplane.doctor.topology.stack import Flaw, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.doctor.topology.stack import Source

_CLEARING = ("!reset", "!override")
# What everybody may know: it opens what runs on a laptop alone, which the rule of credentials sees to.
PLAIN = re.compile(r"(?:dev|development|test|test-token|local|example|change-?me)?", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"://[^/@:\s]*:(?P<value>[^/@\s]+)@")
_DEFAULT = re.compile(r"\$\{\w+:?-(?P<value>[^}]*)\}")
_USE = re.compile(r"\$\{[^}]*\}|\$\w+")
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
    for key, value in _environments(source.root):
        found = _literal(key.value, value)
        if found and (released or not PLAIN.fullmatch(found)):
            place = f"{source.file}:{key.start_mark.line + 1}"
            so = "everybody who has the repository has it"
            what = f"{key.value} is written there"
            yield Flaw("secret", key.value, place, what, so, _LEAVE.format(key=key.value))


def secrets_of_lines(file: str, text: str) -> Iterator[Flaw]:
    """Ask the same of a committed environment file."""
    for number, line in enumerate(text.splitlines(), start=1):
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#") and value.strip() and SECRET.search(key):
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
                yield from _environments(value, inside=key.value == "environment")
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
    if not SECRET.search(key):
        return ""
    default = _DEFAULT.fullmatch(value)
    text = default["value"] if default else value
    return "" if _USE.search(text) else text
