"""`[tool.shiplane]` of pyproject.toml as a frozen, typed value."""

from shiplane.config.image_settings import Cache, Component, Images, Prune, Signing
from shiplane.config.load import find_checkout, load, parse, read, table_of
from shiplane.config.settings import (
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

__all__ = [
    "Backup",
    "Cache",
    "Component",
    "Config",
    "Development",
    "EnvironmentConfig",
    "Flaky",
    "GithubSettings",
    "Hook",
    "Hooks",
    "Images",
    "Limits",
    "Prune",
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
