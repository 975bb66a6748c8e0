"""What every environment shares; the others import it and change what differs."""

import os
from pathlib import Path

from redis.backoff import NoBackoff
from redis.retry import Retry

from config import __version__
from config.environment import comma_list, database_settings, redis_url

BASE_DIR = Path(__file__).resolve().parent.parent.parent

DEFAULT_SECRET_KEY = "development-only-key-that-production-refuses"
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or DEFAULT_SECRET_KEY
DEBUG = False

# The loopback names serve the container's own health check.
ALLOWED_HOSTS = [*comma_list(os.environ.get("DJANGO_ALLOWED_HOSTS", "")), "localhost", "127.0.0.1"]
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")

# The deploy sets these, so that the image stays the same when only the commit changes.
RELEASE = os.environ.get("RELEASE", "")
RELEASE_COMMIT = os.environ.get("RELEASE_COMMIT", "")
RELEASE_VERSION = os.environ.get("RELEASE_VERSION") or __version__
ENVIRONMENT_NAME = os.environ.get("ENVIRONMENT_NAME", "")

BOARD_TOKEN = os.environ.get("BOARD_TOKEN", "")
BOARD_REPORT_MAX_BYTES = 1024 * 1024
BOARD_RUNS_KEPT = 1000
SEED_ALLOWED = False

INSTALLED_APPS = ["rest_framework", "drf_spectacular", "health", "board"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

DATABASES = {"default": database_settings()}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 2,
    # A database host that vanished must not hold a worker for the kernel's quarter of an hour.
    "tcp_user_timeout": 5000,
    **DATABASES["default"].get("OPTIONS", {}),
}

REDIS_URL = redis_url()
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "board",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
            # The client's own default retries with pauses of seconds; a cache must answer or not.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 1)},
            # Without Redis the board is slower, not down.
            "IGNORE_EXCEPTIONS": True,
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
METRICS_CACHE_SECONDS = 60

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "prune-runs": {"task": "board.tasks.prune_runs", "schedule": 24 * 60 * 60.0},
}

# The proxy ends TLS and says so in a header; only a public https address makes that header ours.
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["board.api.parsers.ReportParser"],
    "DEFAULT_PAGINATION_CLASS": "board.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Board API",
    "DESCRIPTION": "Environments, releases, pipeline runs and delivery metrics.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "ENUM_NAME_OVERRIDES": {
        "HealthStatus": "health.views.STATUSES",
        "RunStatus": "board.models.RunStatus.choices",
        "StageStatus": "board.models.StageStatus.choices",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"message-only": {"()": "config.logs.WithoutTraceback"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        # Django's own handler for this name would write to stderr a second time.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.security.DisallowedHost": {"filters": ["message-only"]},
        "django.server": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    },
}
