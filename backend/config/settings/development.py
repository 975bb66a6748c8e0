"""A developer's machine: everything has a default, errors are shown in full."""

from .base import *  # noqa: F401, F403
from .base import os

DEBUG = True
ALLOWED_HOSTS = ["*"]
BOARD_TOKEN = os.environ.get("BOARD_TOKEN", "development")
ENVIRONMENT_NAME = os.environ.get("ENVIRONMENT_NAME") or "development"
SEED_ALLOWED = True

# Volumes of the development stack, which `invoke dev.backup` keeps with the database.
MEDIA_ROOT = "/srv/media"
STATIC_ROOT = "/srv/static"
