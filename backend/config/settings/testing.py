"""The test suite and the test stack."""

from .base import *  # noqa: F401, F403
from .base import CACHES, os

ALLOWED_HOSTS = ["*"]
BOARD_TOKEN = os.environ.get("BOARD_TOKEN", "testing")
ENVIRONMENT_NAME = os.environ.get("ENVIRONMENT_NAME") or "testing"
SEED_ALLOWED = True

# Workers of one test run share a Redis and must not see each other's keys.
CACHES["default"]["KEY_PREFIX"] = f"board-test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
