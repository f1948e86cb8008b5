"""Asking a list for its rows as one reader sees them, through the very view that he would open: same guards, same rights.

A saved filter is looked at in the background. The view of its address is called with a ``WatchRequest``; the list
answers by raising ``Watched`` instead of drawing a page.
"""

from collections.abc import Sequence

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from casework.accounts.models import User
from casework.core.errors import CaseworkError

#: More rows than this are not watched.
MOST_WATCHED = 2000


class WatchRequest(HttpRequest):
    """A request that wants rows, not a page."""


class Watched(Exception):
    """The rows: (key, words, address)."""

    def __init__(self, rows: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self.rows = list(rows)


def rows_of(user: User, path: str, query: str) -> list[tuple[str, str, str]] | None:
    """Return the rows that the reader would see at the address now; None when it is no list of his (any more)."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    request = WatchRequest()
    request.method = "GET"
    request.path = request.path_info = path
    request.GET = QueryDict(query)
    request.user = user
    request.session = SessionStore()
    request.resolver_match = found
    try:
        found.func(request, *found.args, **found.kwargs)
    except Watched as answer:
        return answer.rows
    except (Http404, PermissionDenied, CaseworkError):
        return None
    return None
