"""Addresses of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("api/v1/", include("health.urls")),
    path("api/v1/", include("board.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
]

handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
