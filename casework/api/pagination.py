"""Cursor pagination: stable under inserts, flat in cost at any depth."""

from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """Pages by a strict order ending in the key; ``?limit=`` up to 200."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_param = "cursor"
