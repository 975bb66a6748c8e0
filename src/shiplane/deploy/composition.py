"""What the compose files of a release have to be: every image pinned, nothing of development; pure judgements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shiplane.doctor.topology import Stack, read_source, released
from shiplane.doctor.topology.stack import items, pairs
from shiplane.errors import ComposeUnfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shiplane.doctor.topology import Roles

_PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")
# A variable with a default, and nothing around it.
_OPEN = re.compile(r"\$\{(?P<variable>[A-Za-z_]\w*):?-(?P<reference>[^${}]+)\}")


def third_party(
    base: str, overlays: Mapping[str, str], profiles: Collection[str], ours: Collection[str]
) -> dict[str, str]:
    """Give the images of others that a release has to pin: the reference that each variable stands for by default.

    `base` and `overlays` are texts of compose files, the latter by name; `ours` are the variables of what we build.
    Raises `ComposeUnfit` where an image is written in a way that no release can pin, and where a variable stands for
    two images.
    """
    found: dict[str, str] = {}
    for file, overlay in overlays.items():
        wrong = []
        for service, image in _images(base, file, overlay, profiles):
            known = _OPEN.fullmatch(image)
            if known is None:
                wrong += [] if "$" in image or _PINNED.fullmatch(image) else [_not_to_be_pinned(file, service, image)]
                continue
            variable, reference = known["variable"], known["reference"]
            if variable not in ours and found.setdefault(variable, reference) != reference:
                wrong.append(f"{variable} stands for {found[variable]} and for {reference}")
        if wrong:
            raise ComposeUnfit("the compose files cannot be released", wrong)
    # Whoever writes a digest says themselves when it changes.
    return {variable: reference for variable, reference in found.items() if not _PINNED.fullmatch(reference)}


def judge(stack: Stack, roles: Roles) -> list[str]:
    """Tell what of a release's resolved model must not get to a server, each with the place in the files."""
    return [*_unpinned(stack), *(f"{flaw.place}: {flaw.what}" for flaw in released.mounts(stack, roles))]


def stack_of(environment: str, model: Mapping[str, Any], files: Sequence[tuple[str, str]]) -> Stack:
    """Make a stack of what Compose resolved and of the files' names and texts, the base first."""
    sources = tuple(read_source(file, text) for file, text in reversed(files))
    return Stack(environment, model, sources, released=True)


def _unpinned(stack: Stack) -> Iterator[str]:
    for name, service in stack.services.items():
        image = str(service.get("image") or "")
        if "build" in service:
            yield f"{stack.place(name, 'build')}: {name} would be built on the server (build: !reset null)"
        elif not _PINNED.fullmatch(image):
            yield f"{stack.place(name, 'image')}: {name} runs {image or 'no image'}, which no digest pins"


def _not_to_be_pinned(file: str, service: str, image: str) -> str:
    variable = re.sub(r"\W", "_", service.upper())
    return f"{file}: {service} runs {image}, which no digest pins: write image: ${{{variable}_IMAGE:-{image}}}"


def _images(base: str, file: str, overlay: str, profiles: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give each service's image as it is written in the file that wins; those of other profiles do not run."""
    below, above = _services("docker-compose.yml", base), _services(file, overlay)
    for name in {**below, **above}:
        service = {**below.get(name, {}), **above.get(name, {})}
        chosen = {each.value for each in items(service.get("profiles"))}
        image = getattr(service.get("image"), "value", "")
        if image and (not chosen or chosen & set(profiles)):
            yield name, str(image)


def _services(file: str, text: str) -> dict[str, dict[str, Any]]:
    """Give the parsed nodes of a file's services by name and key."""
    below = {key.value: value for key, value in pairs(read_source(file, text).root)}.get("services")
    return {key.value: {k.value: v for k, v in reversed(pairs(value))} for key, value in pairs(below)}
