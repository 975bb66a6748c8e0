"""The board's copy of a run: `reports` draws it from the journal, `BoardClient` sends it."""

from __future__ import annotations

from shiplane.report.board_body import Body, reports
from shiplane.report.board_client import BoardClient, close_all
from shiplane.report.board_post import http_post

__all__ = ["BoardClient", "Body", "close_all", "http_post", "reports"]
