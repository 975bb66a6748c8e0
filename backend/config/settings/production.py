"""Production: refuses to start on anything that only development may leave out."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import require

require(("DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"))

from .base import *  # noqa: E402, F401, F403
from .base import DEFAULT_SECRET_KEY, SECRET_KEY  # noqa: E402

if SECRET_KEY == DEFAULT_SECRET_KEY or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is the development key, which is public: "
        "set a random value of 50 characters"
    )
