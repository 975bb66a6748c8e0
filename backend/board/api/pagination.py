"""Pages of a list."""

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """`?limit=&offset=`, bounded."""

    default_limit = 20
    max_limit = 100
