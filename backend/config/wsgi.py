"""The WSGI application that gunicorn serves."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

try:
    application = get_wsgi_application()
    # Loads every view before gunicorn forks, so that workers share them and start warm.
    get_resolver().url_patterns
except ImproperlyConfigured as error:
    # A wrong configuration is one line that says what to set, not a traceback.
    sys.exit(f"error: {error}")
