"""What every request does for its session: it finds out who asks, names him to the database and keeps the session alive."""

import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, auser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from casework.accounts.models import User
from casework.accounts.named import set_database_actor, somebody_is_named
from casework.accounts.remembered import remember

#: A session is written anew at most this often, in seconds; its end is right to that much.
RENEW_SECONDS: Final = 60

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_BACKEND: Final = "casework.accounts.backends.AccountBackend"


class KeptSessionMiddleware(SessionMiddleware):
    """Django's own; an answer to a session that was read and stays as it is says only that it depends on the cookie."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.modified or not session.accessed or session.is_empty() or response.has_header("Vary"):
            return super().process_response(request, response)
        response.headers["Vary"] = "Cookie"
        return response


class AskerMiddleware(AuthenticationMiddleware):
    """Finds out who asks, as Django's own does, but at once: every request is asked for it anyway.

    Session and user come by one statement once this process knows whose session it is. That is a guess and no more: the
    session is read each time, and where it names somebody else, or his password is another by now, Django's own way
    says what becomes of it.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asks = _guessed(request.session, page=not request.path_info.startswith("/api/")) or auth.get_user(request)
        if isinstance(asks, User) and request.session.session_key:
            remember(request.session.session_key, asks.pk)
        request.user = request._cached_user = asks  # type: ignore[attr-defined]
        request.auser = partial(auser, request)
        answer: HttpResponse = self.get_response(request)  # type: ignore[assignment]  # never asynchronous here
        return answer


def _guessed(session: Any, *, page: bool) -> User | None:
    """Return the user who was read together with the session, where it is his beyond doubt."""
    user: User | None = session.load_with_asker(page=page)
    if user is None or session.get(SESSION_KEY) != str(user.pk) or session.get(BACKEND_SESSION_KEY) != _BACKEND:
        return None
    mark = _mark_of(user.password, settings.SECRET_KEY)
    return user if constant_time_compare(session.get(HASH_SESSION_KEY, ""), mark) else None


@lru_cache(maxsize=1000)
def _mark_of(password: str, _key: str) -> str:
    """Return what a session carries of its user's password; the same password has the same mark under the same key."""
    return User(password=password).get_session_auth_hash()


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
        elif somebody_is_named():
            set_database_actor(0)
        return self.get_response(request)
