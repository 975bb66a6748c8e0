"""The public half of an SSH key."""

from __future__ import annotations

from pathlib import Path


def public_key(file: str) -> str:
    """Give kind and key as `authorized_keys` holds them; "" where there is no key that can be read."""
    from paramiko import PKey, SSHException  # noqa: PLC0415 - slow to import

    try:
        key = PKey.from_path(Path(file))
    except (OSError, ValueError, TypeError, AssertionError, SSHException):
        return ""
    return f"{key.get_name()} {key.get_base64()}"
