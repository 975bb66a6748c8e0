"""`[tool.shiplane]` of pyproject.toml as a frozen, typed value."""

from shiplane.config.load import find_checkout, load, parse, read, table_of
from shiplane.config.settings import (
    Backup,
    Cache,
    Component,
    Config,
    EnvironmentConfig,
    Flaky,
    GithubSettings,
    Hook,
    Hooks,
    Images,
    Limits,
    SecretSources,
    Signing,
    StepSettings,
    Vpn,
)

__all__ = [
    "Backup",
    "Cache",
    "Component",
    "Config",
    "EnvironmentConfig",
    "Flaky",
    "GithubSettings",
    "Hook",
    "Hooks",
    "Images",
    "Limits",
    "SecretSources",
    "Signing",
    "StepSettings",
    "Vpn",
    "find_checkout",
    "load",
    "parse",
    "read",
    "table_of",
]
