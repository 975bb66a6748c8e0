"""Who may post a report."""

import pytest
from rest_framework.test import APIClient

from board.models import Run

from .builders import make_report

URL = "/api/v1/reports/"
ODD_TOKEN = "p)$'\"#\\ ü"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic testing", "testing"]
)
def test_without_the_token_nothing_is_written(api, settings, header):
    settings.BOARD_TOKEN = "testing"
    headers = {} if header is None else {"HTTP_AUTHORIZATION": header}
    response = api.post(URL, make_report(), **headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "testing" not in response.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize("header", ["Bearer ", "Bearer anything", ""])
def test_a_board_without_a_token_refuses_every_write(api, settings, header):
    settings.BOARD_TOKEN = ""
    response = api.post(URL, make_report(), HTTP_AUTHORIZATION=header)
    assert response.status_code == 403
    assert "BOARD_TOKEN" in response.json()["detail"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_token_may_hold_any_characters(settings, scheme):
    settings.BOARD_TOKEN = ODD_TOKEN
    as_wsgi_sees_it = ODD_TOKEN.encode().decode("latin-1")
    client = APIClient(HTTP_AUTHORIZATION=f"{scheme} {as_wsgi_sees_it}")
    assert client.post(URL, make_report()).status_code == 200


def test_a_report_cannot_be_read(writer):
    assert writer.get(URL).status_code == 405


def test_reading_needs_no_token(api):
    for name in ("runs", "releases", "environments", "metrics"):
        assert api.get(f"/api/v1/{name}/").status_code == 200
