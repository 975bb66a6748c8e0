"""How gunicorn serves the backend."""

import os

from gunicorn.glogging import Logger

HEALTH_PATH = "/api/v1/health/"


class AccessLog(Logger):
    """Log requests by path alone, and health checks only when they fail."""

    def access(self, resp, req, environ, request_time):
        """Write one line per request, without query string and headers."""
        # PATH_INFO is decoded and could hold line breaks; the raw target cannot.
        path = environ.get("RAW_URI", "").partition("?")[0]
        if path == HEALTH_PATH and resp.status_code == 200:
            return
        super().access(resp, req, environ | {"PATH_INFO": path}, request_time)


wsgi_app = "config.wsgi"
# Workers share the loaded code, and a wrong setting ends the start at once.
preload_app = True
bind = os.environ.get("GUNICORN_BIND", "0.0.0.0:8000")
worker_class = "gthread"
workers = int(os.environ.get("GUNICORN_WORKERS") or 2)
threads = int(os.environ.get("GUNICORN_THREADS") or 4)
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

timeout = 30
# The container's stop_grace_period must be longer, or requests in flight are cut.
graceful_timeout = int(os.environ.get("GUNICORN_GRACEFUL_TIMEOUT") or 25)
# Longer than the proxy keeps idle connections, so that it is never the one surprised.
keepalive = 75

logger_class = AccessLog
accesslog = "-"
errorlog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms'
