"""Addresses of health and status."""

from django.urls import path

from .views import HealthView, StatusView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("status/", StatusView.as_view(), name="status"),
]
