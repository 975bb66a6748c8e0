"""Removing a lab: everything that carries its label or its registry's address, and its files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from shiplane.errors import StepFailed
from shiplane.lab.containers import states
from shiplane.lab.engine import Engine, docker
from shiplane.lab.images.ensure import server_image
from shiplane.lab.layout import ADDRESS, LAB_LABEL, PORTS_LABEL, Layout
from shiplane.lab.servers import remove_control_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.lab.state import Record

_REMOVE_SECONDS = 120.0


def remove_from_engine(engine: Engine, layout: Layout, record: Record | None, report: Callable[[str], None]) -> None:
    """Remove containers, volumes, networks, control groups and image names of the lab."""
    label = f"label={LAB_LABEL}={layout.name}"
    port = record.ports["registry"] if record else _registry_port(engine, layout)
    containers = list(states(engine, layout.name))
    if containers:
        report(f"removing {len(containers)} containers")
        _remove(engine, "rm", "--force", "--volumes", *containers)
        if record is None or not record.privileged:
            remove_control_groups(engine, server_image(), layout.name)
    for kind, arguments in (("volume", ("volume", "rm")), ("network", ("network", "rm"))):
        names = engine.ask(kind, "ls", "--quiet", "--filter", label).stdout.split()
        if names:
            report(f"removing {len(names)} {kind}{'s' if len(names) > 1 else ''}")
            _remove(engine, *arguments, *names)
    _remove_image_names(engine, port, report)


def remove_files(layout: Layout, *, keep_lock: bool = False) -> None:
    """Remove the lab's folder; the folder above goes with it when it holds nothing else."""
    if not keep_lock:
        shutil.rmtree(layout.folder, ignore_errors=True)
        if layout.folder.parent.is_dir() and not any(layout.folder.parent.iterdir()):
            layout.folder.parent.rmdir()
        return
    for file in layout.folder.iterdir():
        if file.name != "lock":
            shutil.rmtree(file) if file.is_dir() else file.unlink()


def parse_image_names(text: str, registry: str) -> list[str]:
    """Read the names of a registry's images from lines `repository tag digest`."""
    rows = [line.split() for line in text.splitlines()]
    names = [f"{repo}:{tag}" if tag != "<none>" else f"{repo}@{digest}" for repo, tag, digest in rows]
    return sorted({name for name in names if name.startswith(f"{registry}/") and not name.endswith("@<none>")})


def _registry_port(engine: Engine, layout: Layout) -> int:
    words = ("inspect", "--format", f'{{{{index .Config.Labels "{PORTS_LABEL}"}}}}', layout.part("registry"))
    text = engine.ask(*words).stdout.strip()
    return int(text) if text.isdigit() else 0


def _remove_image_names(engine: Engine, port: int, report: Callable[[str], None]) -> None:
    if not port:
        return
    listed = engine.ask("images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}").stdout
    names = parse_image_names(listed, f"{ADDRESS}:{port}")
    if names:
        report(f"removing {len(names)} image names of the lab's registry")
        engine.run(docker("rmi", "--force", *names, timeout=_REMOVE_SECONDS))


def _remove(engine: Engine, *arguments: str) -> None:
    done = engine.run(docker(*arguments, timeout=_REMOVE_SECONDS))
    if not done.ok and "no such" not in done.output.lower():
        raise StepFailed("could not remove the lab", "run invoke lab.down again", done.tail())
