"""What every request of a signed-in user does for its session: it names him to the database and keeps the session alive."""

import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db import connection
from django.http import HttpRequest, HttpResponse

#: A session is written anew at most this often, in seconds; its end is right to that much.
RENEW_SECONDS: Final = 60

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# Who is named on each open connection; a connection that broke takes its name with it.
_named: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def set_database_actor(user_id: int) -> None:
    """Set ``casework.actor`` for the statements that follow on this connection; 0 is nobody."""
    if connection.connection is not None and _named.get(connection.connection) == user_id:
        return
    with connection.cursor() as cursor:
        cursor.execute("select set_config('casework.actor', %s, false)", [str(user_id)])
    has_named(user_id)


def has_named(user_id: int) -> None:
    """Remember that a statement on this connection has just named the user."""
    if connection.in_atomic_block:  # a rollback would take the name back
        _named.pop(connection.connection, None)
    else:
        _named[connection.connection] = user_id


class DatabaseActorMiddleware:
    """Names the signed-in user, or nobody, for the request: triggers and row-level rules beneath can know him.

    Every request names its user before its first own statement, so nothing need be taken away at its end.
    Requests with an API token are named by ``casework.api.authentication``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if user.is_authenticated:
            if user.known_of is None:  # the query that reads him from the session names him too
                set_database_actor(user.pk)
            elif request.method not in _SAFE:
                user.known_of = None  # what is written may change it
            renewed = request.session.get("renewed", 0)
            if not 0 <= time.time() - renewed < RENEW_SECONDS:
                request.session["renewed"] = int(time.time())
        elif connection.connection is not None and _named.get(connection.connection):
            set_database_actor(0)
        return self.get_response(request)
