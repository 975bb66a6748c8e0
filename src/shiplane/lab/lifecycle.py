"""Up, down and status of a checkout's lab."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.errors import DiskFull, Interrupted, LabDown, PortTaken, ShiplaneError, UsageError
from shiplane.lab import surroundings
from shiplane.lab.authority import ensure_certificates
from shiplane.lab.containers import reserved_ports, states
from shiplane.lab.credentials import ensure_keys, ensure_secrets, read_secrets
from shiplane.lab.engine import Engine, docker
from shiplane.lab.files import locked
from shiplane.lab.images.ensure import ensure_images, server_image, stand_ins_used
from shiplane.lab.layout import ENVIRONMENTS, LAB_LABEL, Layout, choose_ports, choose_range, first_port
from shiplane.lab.probes import is_free
from shiplane.lab.registry import Registry
from shiplane.lab.removal import remove_files, remove_from_engine
from shiplane.lab.servers import Servers, may_be_privileged
from shiplane.lab.state import LabState, Record, describe, load_record
from shiplane.runners.base import Cancel
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.runners.base import Runner

_NEEDED_BYTES = 3 * 2**30


def up(checkout: Path, report: Callable[[str], None], runner: Runner | None = None) -> LabState:
    """Bring the lab of a checkout up, from nothing, from half or from a stop; data of a stopped one is kept.

    Raises `EngineMissing`, `DiskFull` and `PortTaken` before anything starts, `Unreachable` with the last log lines
    where something does not come up. Calling it again completes what was begun.
    """
    layout, engine = Layout.of(checkout), _engine(checkout, runner)
    engine.require()
    with locked(layout.folder):
        found = states(engine, layout.name)
        record = load_record(layout)
        whole = _all_run(layout, record, found)
        if not whole:
            _require_disk(engine, checkout)
            ensure_images(engine.runner, report)
        if record is None:
            record, found = _begin(engine, layout, report, anything_left=bool(found)), {}
        _require_ports(layout, record, found)
        _complete(engine, layout, record, found, report)
    # Where all of it ran, nothing was begun: it is as it was found.
    return _described(engine, layout, found if whole else states(engine, layout.name))


def down(checkout: Path, report: Callable[[str], None] = lambda _: None, runner: Runner | None = None) -> None:
    """Remove every trace of the checkout's lab, whatever is left of it, and nothing else."""
    layout, engine = Layout.of(checkout), _engine(checkout, runner)
    engine.require()
    with locked(layout.folder):
        remove_from_engine(engine, layout, load_record(layout), report)
        remove_files(layout)


def status(checkout: Path, runner: Runner | None = None) -> LabState:
    """Tell what of the checkout's lab runs."""
    layout, engine = Layout.of(checkout), _engine(checkout, runner)
    engine.require()
    return _described(engine, layout, states(engine, layout.name))


def _described(engine: Engine, layout: Layout, found: Mapping[str, str]) -> LabState:
    running = [name for name, state in found.items() if state == "running"]
    return describe(layout, load_record(layout), running, stand_ins_used(engine.runner))


def secrets(checkout: Path) -> Mapping[str, Mapping[str, str]]:
    """Give the lab's secrets by environment; `LabDown` where no lab was made."""
    layout = Layout.of(checkout)
    if load_record(layout) is None or not layout.secrets_file.is_file():
        raise LabDown
    made = read_secrets(layout)
    return {name: {**found, **_certificate(layout, name)} for name, found in made.items()}


def _certificate(layout: Layout, environment: str) -> dict[str, str]:
    files = {"TLS_CERTIFICATE": layout.certificate(environment), "TLS_KEY": layout.certificate_key(environment)}
    return {name: file.read_text(encoding="ascii") for name, file in files.items() if file.is_file()}


def _engine(checkout: Path, runner: Runner | None) -> Engine:
    return Engine(runner or LocalRunner(checkout, os.environ))


def _all_run(layout: Layout, record: Record | None, found: Mapping[str, str]) -> bool:
    parts = ("registry", "mirror", *ENVIRONMENTS)
    return record is not None and all(found.get(layout.part(part)) == "running" for part in parts)


def _require_disk(engine: Engine, checkout: Path) -> None:
    root = engine.ask("info", "--format", "{{.DockerRootDir}}").stdout.strip()
    folder = root if root and Path(root).is_dir() else str(checkout)
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise DiskFull(folder, free, _NEEDED_BYTES)


def _begin(engine: Engine, layout: Layout, report: Callable[[str], None], *, anything_left: bool) -> Record:
    """Choose what a lab keeps for its life; a lab whose record is lost cannot be entered any more and goes."""
    if anything_left:
        report("removing what is left of a lab whose state file is gone")
    remove_from_engine(engine, layout, None, lambda _: None)
    remove_files(layout, keep_lock=True)
    reserved = reserved_ports(engine)
    try:
        ports = choose_ports(first_port(layout.checkout), lambda port: port not in reserved and is_free(port))
    except ValueError as error:
        raise UsageError("no free ports in 20000-29999 for the lab", "stop programs that listen there") from error
    record = Record(layout.name, ports)
    record.save(layout)
    return record


def _require_ports(layout: Layout, record: Record, found: Mapping[str, str]) -> None:
    for purpose, port in record.ports.items():
        part = purpose.split("-", maxsplit=1)[0]
        if found.get(layout.part(part)) != "running" and not is_free(port):
            raise PortTaken(port, f"{purpose} of the lab")


def _complete(
    engine: Engine, layout: Layout, record: Record, found: Mapping[str, str], report: Callable[[str], None]
) -> None:
    """Bring up what is missing, the registry and the servers side by side."""
    ensure_keys(engine.runner, layout, record.ports)
    passwords = ensure_secrets(layout)
    ensure_certificates(layout)
    image = server_image()
    if not _all_run(layout, record, found):  # what runs has its network and its volumes
        _ensure_network(engine, layout)
        _ensure_volumes(engine, layout, record)
    if record.privileged is None:
        record.privileged = may_be_privileged(engine, image)
        record.nested_range = choose_range(surroundings.networks(engine))
        record.save(layout)
    password = passwords[ENVIRONMENTS[0]]["REGISTRY_PASSWORD"]
    registry = Registry(engine, layout, record, password, report)
    servers = Servers(engine, layout, record, image, report)
    jobs = [lambda: registry.ensure(found), *(lambda e=name: servers.ensure(e, found) for name in ENVIRONMENTS)]
    _side_by_side(engine, jobs)


def _ensure_network(engine: Engine, layout: Layout) -> None:
    if engine.ask("network", "inspect", layout.name).exit_code:
        network = docker("network", "create", "--label", f"{LAB_LABEL}={layout.name}", layout.name)
        engine.do("make the lab's network", network, "remove networks that nothing uses: docker network prune")


def _ensure_volumes(engine: Engine, layout: Layout, record: Record) -> None:
    """Make the volumes with the lab's label; a registry whose volume is new holds nothing."""
    listed = engine.ask("volume", "ls", "--quiet", "--filter", f"label={LAB_LABEL}={layout.name}").stdout.split()
    for part in ("registry", *ENVIRONMENTS):
        if layout.part(part) not in listed:
            volume = docker("volume", "create", "--label", f"{LAB_LABEL}={layout.name}", layout.part(part))
            engine.do("make a volume of the lab", volume)
            if part == "registry":
                record.pushed.clear()


def _side_by_side(engine: Engine, jobs: list[Callable[[], None]]) -> None:
    """Run the jobs together; the first failure, or an interrupt, ends the others."""
    engine.cancel = cancel = Cancel()
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            errors = [error for future in done if (error := future.exception())]
        except KeyboardInterrupt:
            errors = [Interrupted("bringing the lab up")]
        if errors:
            first = errors[0]
            cancel.set(first if isinstance(first, ShiplaneError) else Interrupted("bringing the lab up"))
            raise first
    engine.cancel = None
