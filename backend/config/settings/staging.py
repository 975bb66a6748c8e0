"""Staging runs as production does; only its variables differ."""

from .production import *  # noqa: F401, F403
