"""The groups of `invoke doctor`: each hands questions of this machine to judgements of `shiplane.doctor`.

Another group is another function here, given in `checks`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from shiplane.commands import git, stack
from shiplane.commands.compose import BASE_ENV, BASE_FILE
from shiplane.doctor import Check, Once, engine, machine, network, ports, project, topology, variables
from shiplane.errors import ConfigError, ShiplaneError, UsageError
from shiplane.facts import dotenv_file, listeners, versions, working_tree
from shiplane.facts import machine as machine_facts
from shiplane.facts.answers import told_by_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shiplane.cli.app import App
    from shiplane.config import Config
    from shiplane.doctor import Finding
    from shiplane.doctor.topology import Roles, Stack
    from shiplane.runners.base import Cancel, Runner

_SECONDS = 2.0


def checks(app: App, runner: Runner, cancel: Cancel, target: str) -> list[Check[Any]]:
    """Give every check, in the order in which a person should mend what they find."""
    found = [*of_machine(app, runner), *of_checkout(app, runner)]
    try:
        config = app.config
    except ConfigError:
        return found  # the check of the configuration tells why; the others would need it
    from shiplane.cli.doctor_access import of_target  # noqa: PLC0415 - needs a configuration

    return [*found, *of_project(app, runner, config), *of_target(app, cancel, app.target(target))]


def of_stack(app: App, runner: Runner) -> list[Check[Any]]:
    """Give the checks of what keeps a stack from starting on this machine."""
    return [*of_machine(app, runner), *of_checkout(app, runner), *of_project(app, runner, app.config)]


def of_machine(app: App, runner: Runner) -> list[Check[Any]]:
    """Engine, plugins, packages, disk, memory, clock, proxy, certificate authorities, the client's logins."""
    elsewhere = next((name for name in engine.ELSEWHERE if app.environ.get(name)), "")
    asked = [("compose", engine.COMPOSE, engine.compose), ("buildx", engine.BUILDX, engine.buildx)]
    asked += [("packages", engine.PARTS, engine.packages)]
    resources = Once(partial(machine_facts.resources, runner, app.checkout))
    return [
        Check("engine", partial(runner.run, engine.ENGINE), partial(engine.engine, elsewhere=elsewhere)),
        *(Check(name, partial(runner.run, question), judge) for name, question, judge in asked),
        Check("disk", resources, machine.disk),
        Check("memory", resources, machine.memory),
        Check(
            "clock", lambda: _newest_commit(runner), lambda then: machine.clock(time.time(), then, "the last commit")
        ),
        Check("proxy", lambda: [_tried(app, one) for one in network.proxies(app.environ)], network.proxy),
        Check("authorities", lambda: machine_facts.authorities(app.environ, time.time()), network.authorities),
        Check("names", lambda: [resolved(app, "localhost", "nothing finds the lab or the stacks")], network.names),
        Check("docker-config", lambda: machine_facts.docker_config(app.environ), machine.docker_config),
    ]


def of_checkout(app: App, runner: Runner) -> list[Check[Any]]:
    """Tell how the files lie here, and whether the configuration can be read."""
    tree = Once(partial(working_tree.survey, runner, app.checkout))
    return [
        Check("line-ends", tree, machine.line_ends),
        Check("modes", tree, machine.modes),
        Check("configuration", lambda: _refusals(app), project.refused),
    ]


def of_project(app: App, runner: Runner, config: Config) -> list[Check[Any]]:
    """Tell whether what the configuration names is there, its variables are set and its ports free."""
    return [
        Check("files", lambda: list(_missing(app.checkout, config)), project.missing),
        Check("variables", lambda: _uses(app, config), lambda found: variables.judge(*found)),
        Check("topology", lambda: stacks(app, runner, config), lambda found: topology.judge(*found)),
        Check("ports", lambda: _held(app, runner), lambda found: found),
    ]


def stacks(app: App, runner: Runner, config: Config) -> tuple[tuple[Stack, ...], Roles, dict[str, str]]:
    """Resolve every stack, for the rules of the topology: with the services' roles, and committed environment files."""
    from shiplane.doctor import models  # noqa: PLC0415 - asks Compose

    found = models.survey(runner, app.checkout, {one.name: one.overlay for one in config.environments})
    components = {one.name: one.context for one in config.components}
    roles = topology.Roles(config.data_services, config.release_service, components, config.proxy)
    return found, roles, {BASE_ENV: _text(app.checkout / BASE_ENV)}


def _newest_commit(runner: Runner) -> float:
    from datetime import datetime  # noqa: PLC0415 - this check alone reads a time

    answer = told_by_git(runner, git.last_change(), "when the last commit was made")
    try:
        return datetime.fromisoformat(answer.partition("\0")[2]).timestamp()
    except ValueError:
        return 0.0


def _tried(app: App, proxy: network.Proxy) -> network.Proxy:
    from dataclasses import replace  # noqa: PLC0415 - seldom a proxy is set

    if proxy.problem:
        return proxy
    try:
        app.world.network().connect(proxy.host, proxy.port, _SECONDS)
    except ShiplaneError as error:
        return replace(proxy, problem=error.cause)
    return proxy


def resolved(app: App, name: str, so: str) -> network.Name:
    """Ask for the addresses of a name; `so` is what fails without them."""
    try:
        return network.Name(name, so, app.world.network().addresses(name))
    except ShiplaneError as error:
        return network.Name(name, so, (), error.cause)


def _refusals(app: App) -> list[ShiplaneError]:
    """Read the configuration and the version files."""
    try:
        components = app.config.components
    except ConfigError as error:
        return [error]
    refused: list[ShiplaneError] = []
    for component in components:
        file = app.checkout / component.version_file
        try:
            versions.parse(component.version_file, file.read_text(encoding="utf-8") if file.is_file() else "")
        except UsageError as error:
            refused.append(error)
    return refused


def _missing(checkout: Path, config: Config) -> Iterator[tuple[str, str]]:
    named = [(f"{one.context}/Dockerfile", f"tool.shiplane.components.{one.name}.context") for one in config.components]
    named += [(one.overlay, f"tool.shiplane.environments.{one.name}") for one in config.environments]
    return (entry for entry in [(BASE_FILE, "tool.shiplane"), *named] if not (checkout / entry[0]).is_file())


def _uses(app: App, config: Config) -> tuple[list[variables.Use], dict[str, set[str]]]:
    """Find what the compose files use, and what is set where they are used."""
    from shiplane.deploy.bundle import root_names  # noqa: PLC0415 - this check alone

    local = {*app.environ, *dotenv_file.values(dotenv_file.read(app.checkout))}
    deployed = root_names(one.name for one in config.components)
    overlays = {one.overlay for one in config.environments}
    files = [*stack.TEST, *sorted(overlays)]
    uses = [use for file in files for use in variables.uses(file, _text(app.checkout / file))]
    return uses, {file: local | deployed if file in overlays else local for file in files}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _held(app: App, runner: Runner) -> list[Finding]:
    """Ask which ports the stack wants, and judge who holds them."""
    from shiplane.doctor.models import resolve  # noqa: PLC0415 - asks Compose
    from shiplane.lab.layout import Layout  # noqa: PLC0415

    model, held = resolve(runner, stack.DEVELOPMENT), listeners.survey(runner)
    lab = Layout.of(app.checkout).name

    def is_own(one: listeners.Published) -> bool:
        ours = one.project == model["name"] and _is_same(one.folder, app.checkout)
        return ours or one.container.startswith(f"{lab}-")

    wanted = (*ports.of_stack(model, _text(app.checkout / BASE_FILE)), *_wanted_by_lab(app))
    return list(ports.judge(wanted, held, is_own))


def _is_same(folder: str, checkout: Path) -> bool:
    """Compare what is there: a folder has other names too, by links. One that is gone is another one."""
    with suppress(OSError):
        return bool(folder) and checkout.samefile(folder)
    return False


def _wanted_by_lab(app: App) -> Iterator[ports.Wanted]:
    """Give the ports that this checkout's lab has chosen for its life."""
    from shiplane.lab.layout import ADDRESS, Layout  # noqa: PLC0415 - not every checkout has a lab
    from shiplane.lab.state import load_record  # noqa: PLC0415

    record = load_record(Layout.of(app.checkout))
    for purpose, port in record.ports.items() if record else ():
        yield ports.Wanted(port, ADDRESS, f"the {purpose} of the lab", "let the lab choose others: invoke lab.down")
