"""The board's application."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """Name the application and check it at the start."""

    name = "board"
    verbose_name = "Board"
