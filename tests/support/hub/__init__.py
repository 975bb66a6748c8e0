"""GitHub played: its state, its answers, and its own description against which both sides are held."""

from hub.github import Hub
from hub.server import served

__all__ = ["Hub", "served"]
