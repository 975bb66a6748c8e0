"""Reading and checking the configuration; every problem names the key's path and the fix."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from shiplane.config.image_settings import Cache, Component, Images, Prune, Signing
from shiplane.config.settings import (
    CHOICES,
    Backup,
    Config,
    Development,
    EnvironmentConfig,
    Flaky,
    GithubSettings,
    Hook,
    Hooks,
    Limits,
    SecretSources,
    StepSettings,
    Vpn,
)
from shiplane.errors import ConfigError, NotACheckout, UnknownKey
from shiplane.model import STEP_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOLD = ("VERSION", "REVISION", "CREATED", "SOURCE_DATE_EPOCH")
PREFIX = "SHIPLANE_SET_"
"""Begins the names of variables that set a key."""
_MIRROR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")
_EXAMPLES = {str: '"text"', int: "5", bool: "true", tuple: '["one", "two"]'}


def find_checkout(start: Path) -> Path:
    """Find the project's folder at or above `start`; raises `NotACheckout`."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and "[tool.shiplane" in file.read_text(encoding="utf-8", errors="replace"):
            return folder
    raise NotACheckout(str(start))


def load(checkout: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Load `[tool.shiplane]` from the checkout's pyproject.toml, and what variables set; raises `ConfigError`."""
    table = read(checkout)
    config = parse(table)
    if not any(name.startswith(PREFIX) for name in environ or {}):
        return config
    from shiplane.config import overrides  # noqa: PLC0415 - seldom a variable is set

    return parse(overrides.applied(table, overrides.given(config, environ or {}), environ or {}))


def read(checkout: Path) -> dict[str, Any]:
    """Give the table `tool.shiplane` of the checkout's pyproject.toml; raises `ConfigError`."""
    try:
        return table_of((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError("pyproject.toml", f"is not valid TOML: {error}", "mend the line that it names") from error


def table_of(text: str) -> dict[str, Any]:
    """Give the table `tool.shiplane` of a text; raises `ConfigError`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("pyproject.toml", f"is not valid TOML: {error}", "mend the line that it names") from error
    table: dict[str, Any] = document.get("tool", {}).get("shiplane", {})
    return table


def parse(table: dict[str, Any]) -> Config:
    """Turn the table `tool.shiplane` into a `Config`; raises `ConfigError` with the key's path."""
    top = dict(_table(table, "tool.shiplane"))
    components = _named(top.pop("components", {}), _component, "tool.shiplane.components")
    environments = _named(top.pop("environments", {}), partial(_one, EnvironmentConfig), "tool.shiplane.environments")
    backup = _build(Backup, top.pop("backup", {}), "tool.shiplane.backup")
    development = _build(Development, top.pop("development", {}), "tool.shiplane.development")
    limits = _build(Limits, top.pop("limits", {}), "tool.shiplane.limits")
    steps = _steps(top.pop("steps", {}), "tool.shiplane.steps")
    vpn = _build(Vpn, top.pop("vpn", {}), "tool.shiplane.vpn")
    hooks = _hooks(top.pop("hooks", {}), "tool.shiplane.hooks")
    flaky = _build(Flaky, top.pop("flaky", {}), "tool.shiplane.flaky")
    github = _build(GithubSettings, top.pop("github", {}), "tool.shiplane.github")
    secrets = _build(SecretSources, top.pop("secrets", {}), "tool.shiplane.secrets")
    prune = _build(Prune, top.pop("prune", {}), "tool.shiplane.prune")
    cache = _build(Cache, top.pop("cache", {}), "tool.shiplane.cache")
    signing = _build(Signing, top.pop("signing", {}), "tool.shiplane.signing")
    images = _build(Images, top.pop("images", {}), "tool.shiplane.images")
    built = {
        "components": components,
        "environments": environments,
        "backup": backup,
        "development": development,
        "limits": limits,
        "steps": steps,
        "vpn": vpn,
        "hooks": hooks,
        "flaky": flaky,
        "github": github,
        "secrets": secrets,
        "cache": cache,
        "images": images,
        "signing": signing,
        "prune": prune,
    }
    config: Config = _build(Config, top | built, "tool.shiplane", built=set(built))
    _check(config)
    return config


def _check(config: Config) -> None:
    if not config.components:
        raise ConfigError("tool.shiplane.components", "no component", "add [tool.shiplane.components.backend]")
    for number, target in enumerate(config.cache.targets):
        _one_of(f"tool.shiplane.cache.targets[{number}]", target, CHOICES["Config", "default_target"])
    if config.hub_mirror and not _MIRROR.fullmatch(config.hub_mirror):
        cause, fix = f"{config.hub_mirror!r} is no registry's address", 'write it as "mirror.example.com/hub"'
        raise ConfigError("tool.shiplane.hub_mirror", cause, fix)
    for component in config.components:
        _below_the_checkout(f"tool.shiplane.components.{component.name}.context", component.context)
    _check_database(config)
    for environment in config.environments:
        if not _URL.fullmatch(environment.url):
            path = f"tool.shiplane.environments.{environment.name}.url"
            raise ConfigError(
                path, f"{environment.url!r} is not an address", 'write it as "https://staging.example.com"'
            )
    names = [config.name, *(c.name for c in config.components), *(e.name for e in config.environments)]
    for name in names:
        if not NAME.fullmatch(name):
            raise ConfigError(
                "tool.shiplane", f"{name!r} cannot be a name", "use a-z, 0-9 and -, 31 characters at most"
            )


def _check_database(config: Config) -> None:
    if config.pending_command and not config.release_command:
        fix = 'add release_command = ["python", "manage.py", "migrate", "--noinput"]'
        raise ConfigError("tool.shiplane.pending_command", "nothing runs what it finds", fix)
    for number, pattern in enumerate(config.migration_files):
        if pattern.startswith("/") or not pattern:
            cause, fix = f"{pattern!r} names no files of the checkout", 'write it as "backend/*/migrations/*.py"'
            raise ConfigError(f"tool.shiplane.migration_files[{number}]", cause, fix)
    for name in ("command", "verify"):
        if config.backup.service and not getattr(config.backup, name):
            path = f"tool.shiplane.backup.{name}"
            raise ConfigError(path, "is empty", 'name a command, or switch backups off by service = ""')


def _below_the_checkout(path: str, folder: str) -> None:
    """Refuse a folder that git has under another name: no file would be found below it, and no change of one seen."""
    plain = posixpath.normpath(folder)
    if plain in (".", "..") or plain.startswith(("/", "../")):
        fix = 'give the Dockerfile and its files a folder of their own, such as "backend"'
        raise ConfigError(path, f"{folder!r} is no folder below the checkout", fix)
    if plain != folder:
        raise ConfigError(path, f"{folder!r} is not how git names it", f'write it as "{plain}"')


def _one_of(path: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(path, f"{value!r} is not known", f"use one of: {', '.join(allowed)}")


def _named(tables: Any, make: Callable[..., Any], path: str) -> tuple[Any, ...]:  # noqa: ANN401 - parsed TOML
    if not isinstance(tables, dict):
        raise ConfigError(path, "must be tables by name", f"write [{path}.NAME]")
    return tuple(make(name, table, f"{path}.{name}") for name, table in tables.items())


def _component(name: str, table: Any, path: str) -> Component:  # noqa: ANN401 - parsed TOML
    given = dict(_table(table, path))
    arguments = _arguments(given.pop("arguments", {}), f"{path}.arguments")
    made: Component = dataclasses.replace(_one(Component, name, given, path), arguments=arguments)
    for number, platform in enumerate(made.platforms):
        if not _PLATFORM.fullmatch(platform):
            where = f"{path}.platforms[{number}]"
            raise ConfigError(where, f"{platform!r} is not a platform", 'write it as "linux/amd64"')
    return made


def _arguments(table: Any, path: str) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - parsed TOML
    for name, value in _table(table, path).items():
        if not _ARGUMENT.fullmatch(name):
            raise ConfigError(path, f"{name!r} cannot be a build argument", "use letters, digits and _")
        if name in _TOLD:
            raise ConfigError(f"{path}.{name}", "is told by Shiplane itself", "take it out")
        _typed(value, str, f"{path}.{name}")
    return tuple(sorted(table.items()))


def _one(kind: type, name: str, table: Any, path: str) -> Any:  # noqa: ANN401 - parsed TOML
    if "name" in _table(table, path):
        raise ConfigError(f"{path}.name", "is not a key", f"the name is the table's own: [{path}]")
    return _build(kind, {**table, "name": name}, path)


def _steps(tables: Any, path: str) -> tuple[StepSettings, ...]:  # noqa: ANN401 - parsed TOML
    """Read the tables of steps, which stand below their stages."""
    made = []
    for stage, steps in _table(tables, path).items():
        if "." in stage:
            raise ConfigError(f"{path}.{stage}", "stands in quotes", f"write [{path}.{stage}] without them")
        if stage not in STEP_NAMES:
            raise UnknownKey(path, stage, STEP_NAMES)
        for name, table in _table(steps, f"{path}.{stage}").items():
            if name not in STEP_NAMES[stage]:
                raise UnknownKey(f"{path}.{stage}", name, STEP_NAMES[stage])
            made.append(_step(f"{stage}.{name}", table, f"{path}.{stage}.{name}"))
    return tuple(made)


def _step(name: str, table: Any, path: str) -> StepSettings:  # noqa: ANN401 - parsed TOML
    step: StepSettings = _one(StepSettings, name, table, path)
    if step.tries > 1 and not step.reason:
        raise ConfigError(
            f"{path}.reason", "is missing", 'say why it may fail though nothing is broken: reason = "the network"'
        )
    return step


def _hooks(tables: Any, path: str) -> Hooks:  # noqa: ANN401 - parsed TOML
    names = [field.name.replace("_", "-") for field in dataclasses.fields(Hooks)]
    made = {}
    for name, listed in _table(tables, path).items():
        if name not in names:
            raise UnknownKey(path, name, names)
        if not isinstance(listed, list):
            raise ConfigError(f"{path}.{name}", "must be a list of tables", f"write [[{path}.{name}]] above each")
        made[name.replace("-", "_")] = tuple(
            _hook(table, f"{path}.{name}[{number}]", after=name == "post-deploy") for number, table in enumerate(listed)
        )
    return Hooks(**made)


def _hook(table: Any, path: str, *, after: bool) -> Hook:  # noqa: ANN401 - parsed TOML
    hook: Hook = _build(Hook, table, path)
    if not hook.command or not hook.command[0]:
        raise ConfigError(f"{path}.command", "is empty", 'write it as ["./scripts/announce", "staging"]')
    if hook.undo and not after:
        raise ConfigError(f"{path}.undo", "belongs to post-deploy alone", "take it out")
    return hook


def _table(value: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - parsed TOML
    if not isinstance(value, dict):
        raise ConfigError(path, "must be a table", f"write [{path}] and its keys below")
    return value


def _build(kind: type, table: Any, path: str, built: frozenset[str] | set[str] = frozenset()) -> Any:  # noqa: ANN401
    """Check a table against a dataclass and make it; values named in `built` are taken as they are."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    # Where a number is 0 unless it is set, 0 may be written too.
    lowest = {field.name: 0 if field.default == 0 else 1 for field in dataclasses.fields(kind)}
    for key, value in _table(table, path).items():
        if key not in hints:
            raise UnknownKey(path, key, hints)
        values[key] = value if key in built else _typed(value, hints[key], f"{path}.{key}", lowest[key])
    for field in dataclasses.fields(kind):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values:
            raise ConfigError(f"{path}.{field.name}", "is missing", f"add {field.name} = {_example(hints[field.name])}")
    for key, value in values.items():
        if (kind.__name__, key) in CHOICES:
            _one_of(f"{path}.{key}", value, CHOICES[kind.__name__, key])
    return kind(**values)


def _typed(value: Any, hint: Any, path: str, lowest: int = 1) -> Any:  # noqa: ANN401 - parsed TOML
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if isinstance(value, list):
            return tuple(_typed(entry, item, f"{path}[{index}]") for index, entry in enumerate(value))
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        if hint is int and value < lowest:
            raise ConfigError(path, f"{value} is not a positive number", f"write a number above {lowest - 1}")
        return value
    raise ConfigError(path, f"has the wrong type ({type(value).__name__})", f"write it as {_example(hint)}")


def _example(hint: Any) -> str:  # noqa: ANN401 - a type
    return _EXAMPLES[get_origin(hint) or hint]
