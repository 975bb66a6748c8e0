"""Reading the environment, and refusing to start on a bad one."""

import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import __version__
from config.environment import comma_list, database_settings, redis_url, require

ODD = "p)$'\"#\\ ü/@:?%"
COMPLETE = {
    "DJANGO_SECRET_KEY": "k" * 50,
    "DJANGO_ALLOWED_HOSTS": "board.example.com",
    "DATABASE_URL": "postgresql://app:secret@db:5432/app",
    "REDIS_URL": "redis://:secret@redis:6379/0",
}


def start(module: str, changes: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    """Load the WSGI application in a process of its own."""
    given = COMPLETE | changes | {"DJANGO_SETTINGS_MODULE": f"config.settings.{module}"}
    environ = {"PATH": os.environ["PATH"]} | {k: v for k, v in given.items() if v is not None}
    code = "from config.wsgi import application; from django.conf import settings as s; print(s.X)"
    shown = code.replace("s.X", "s.ALLOWED_HOSTS, s.SECURE_HSTS_SECONDS, s.RELEASE_VERSION")
    return subprocess.run(
        [sys.executable, "-c", shown],
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize("module", ["production", "staging"])
def test_a_complete_environment_starts(module):
    done = start(module, {"PUBLIC_URL": "https://board.example.com"})
    assert done.returncode == 0, done.stderr
    hosts = "['board.example.com', 'localhost', '127.0.0.1']"
    assert done.stdout == f"{hosts} {60 * 60 * 24 * 30} {__version__}\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DJANGO_SECRET_KEY": None}, "missing in the environment: DJANGO_SECRET_KEY"),
        ({"DJANGO_SECRET_KEY": "django-insecure-x"}, "DJANGO_SECRET_KEY is the development key"),
        (
            {"DJANGO_SECRET_KEY": "development-only-key-that-production-refuses"},
            "DJANGO_SECRET_KEY is the development key",
        ),
        ({"DJANGO_ALLOWED_HOSTS": " , "}, "missing in the environment: DJANGO_ALLOWED_HOSTS"),
        (
            {"DJANGO_SECRET_KEY": "", "DATABASE_URL": None, "REDIS_URL": ""},
            "missing in the environment: DJANGO_SECRET_KEY, DATABASE_URL, REDIS_URL",
        ),
        ({"DATABASE_URL": "postgresql://app:s/ecret@db:5432/app"}, "DATABASE_URL is not"),
    ],
)
def test_an_incomplete_environment_is_refused_in_one_line(changes, words):
    done = start("production", changes)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {words}")
    assert done.stderr.count("\n") == 1
    assert "ecret@" not in done.stderr and "django-insecure-x" not in done.stderr


def test_a_password_may_hold_any_characters():
    encoded = quote(ODD, safe="")
    found = database_settings(
        {"DATABASE_URL": f"postgresql://a%40b:{encoded}@h:1/n%20m?sslmode=disable"}
    )
    assert (found["USER"], found["PASSWORD"]) == ("a@b", ODD)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("h", "1", "n m")
    assert found["OPTIONS"] == {"sslmode": "disable"}
    assert redis_url({"REDIS_URL": f"redis://:{encoded}@redis:6379/0"}).endswith("@redis:6379/0")


def test_without_an_address_the_parts_count():
    found = database_settings({"DB_NAME": "n", "DB_USER": "u", "DB_PASSWORD": ODD, "DB_HOST": "h"})
    expected = {"NAME": "n", "USER": "u", "PASSWORD": ODD, "HOST": "h", "PORT": "5432"}
    assert found == expected | {"ENGINE": "django.db.backends.postgresql"}
    assert database_settings({})["HOST"] == "db"
    assert redis_url({}) == "redis://redis:6379/0"


@pytest.mark.parametrize(
    "address",
    [
        "app",
        "mysql://u:hidden@h/n",
        "postgresql://u:hid/den@h:5432/n",
        "postgresql://u:hid#den@h/n",
        "postgresql://u:hidden@/n",
        "postgresql://u:hid[den@h/n",
        "postgresql://u:hidden@h:99999/n",
    ],
)
def test_a_bad_address_is_refused_without_showing_it(address):
    with pytest.raises(ImproperlyConfigured) as caught:
        database_settings({"DATABASE_URL": address})
    assert "DATABASE_URL" in str(caught.value) and "percent-encode" in str(caught.value)
    assert "hid" not in str(caught.value) and caught.value.__cause__ is None


def test_a_bad_redis_address_is_refused():
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        redis_url({"REDIS_URL": "redis://:hid/den@redis:6379/0"})


def test_small_readers():
    assert comma_list(" a, ,b,") == ["a", "b"]
    require(("A",), {"A": "x"})


def test_the_version_can_be_read_without_importing():
    text = (settings.BASE_DIR / "config" / "__init__.py").read_text()
    assert f'\n__version__ = "{__version__}"\n' in text
    assert "import" not in text


def test_security_headers(api, db):
    response = api.get("/api/v1/runs/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
