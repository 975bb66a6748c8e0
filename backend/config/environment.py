"""Read settings from environment variables, with errors that never show a value."""

import os
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def split_url(name: str, value: str, schemes: tuple[str, ...]) -> SplitResult:
    """Split a connection address, refusing one whose password was not percent-encoded."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable or parts.fragment:
        # The parser's own message quotes the piece it stumbled on: often the password.
        raise ImproperlyConfigured(
            f"{name} is not an address of the form {schemes[0]}://user:password@host:port/name: "
            "percent-encode the user and the password"
        ) from None
    return parts


def database_settings(environ: Mapping[str, str] = os.environ) -> dict[str, object]:
    """Return Django's database settings from DATABASE_URL or the DB_* variables."""
    common = {"ENGINE": "django.db.backends.postgresql"}
    url = environ.get("DATABASE_URL", "")
    if not url:
        return common | {
            "NAME": environ.get("DB_NAME") or "app",
            "USER": environ.get("DB_USER") or "app",
            "PASSWORD": environ.get("DB_PASSWORD") or "development",
            "HOST": environ.get("DB_HOST") or "db",
            "PORT": environ.get("DB_PORT") or "5432",
        }
    parts = split_url("DATABASE_URL", url, ("postgresql", "postgres"))
    return common | {
        "NAME": unquote(parts.path.lstrip("/")) or "app",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port or 5432),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def redis_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of Redis."""
    url = environ.get("REDIS_URL") or "redis://redis:6379/0"
    split_url("REDIS_URL", url, ("redis", "rediss"))
    return url


def comma_list(value: str) -> list[str]:
    """Split a comma-separated variable, dropping blanks."""
    return [item.strip() for item in value.split(",") if item.strip()]


def require(names: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> None:
    """Refuse to start while any of these variables is missing or blank; name all of them."""
    missing = [name for name in names if not environ.get(name, "").strip(" ,")]
    if missing:
        raise ImproperlyConfigured(
            f"missing in the environment: {', '.join(missing)}: "
            "set them in the environment's env file"
        )
