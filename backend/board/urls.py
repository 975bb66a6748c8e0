"""Addresses of the board."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import views
from .api.fields import ID_PATTERN


class IdConverter(StringConverter):
    """An id, dots and colons included."""

    regex = ID_PATTERN


register_converter(IdConverter, "id")

urlpatterns = [
    path("reports/", views.ReportsView.as_view(), name="reports"),
    path("runs/", views.RunsView.as_view(), name="runs"),
    path("runs/<id:pk>/", views.RunView.as_view(), name="run"),
    path("releases/", views.ReleasesView.as_view(), name="releases"),
    path("releases/<id:pk>/", views.ReleaseView.as_view(), name="release"),
    path("environments/", views.EnvironmentsView.as_view(), name="environments"),
    path("metrics/", views.MetricsView.as_view(), name="metrics"),
]
