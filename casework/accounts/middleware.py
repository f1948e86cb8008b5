"""Names the user of a request to the database, so that triggers and row-level rules beneath can know him."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse


def set_database_actor(user_id: int) -> None:
    """Set ``casework.actor`` for the statements that follow on this connection; 0 is nobody."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('casework.actor', %s, false)", [str(user_id)])


class DatabaseActorMiddleware:
    """Sets the signed-in user for the request and takes him away at its end (connections are pooled).

    Requests with an API token are named by ``casework.api.authentication``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            set_database_actor(request.user.pk)
        try:
            return self.get_response(request)
        finally:
            # A broken transaction takes no statement; its connection is rolled back, and whoever
            # uses it next names himself first.
            if connection.connection is not None and not connection.needs_rollback:
                set_database_actor(0)
