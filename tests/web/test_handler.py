"""The API answers through its shorter chain of middlewares as it would through all of them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import set_script_prefix

from casework.access.services.people import issue_token
from casework.accounts.models import Token, User
from casework.core import clock
from casework.urls import router
from casework.web.handler import FOR_PAGES, Handler
from tests.build_cases import a_case
from tests.cast import Cast

BACKEND = "casework.accounts.backends.AccountBackend"
#: What a page of ours carries against forged forms, and against forms sent twice, is another one each time.
_MARK = re.compile(rb"\b\w{64}\b|(?<=name=\"once\" value=\")[^\"]+")
Answer = tuple[str, list[tuple[str, str]], bytes]


@pytest.fixture(autouse=True)
def one_connection(db: None) -> Iterator[None]:
    """Leave the test's own transaction open between its requests, and no other test below an address asked for here."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    set_script_prefix("/")
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _ask(handler: WSGIHandler, address: str, method: str = "GET", body: bytes = b"", **sent: str) -> Answer:
    path, _mark, query = address.partition("?")
    told: list[Any] = []
    parts = handler(
        {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "testserver",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(), "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_REQUEST_ID": "the-same-number", **sent,
        },
        lambda status, headers: told.extend((status, headers)),
    )  # fmt: skip
    headers = [(name, value.partition("=")[0] if name == "Set-Cookie" else value) for name, value in told[1]]
    return told[0], headers, _MARK.sub(b"", b"".join(parts))


def _cookie(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["renewed"] = int(clock.now().timestamp())  # else the first of two requests would be sent a cookie
    session.save()
    return {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


def _askers(cast: Cast) -> dict[str, dict[str, str]]:
    now = clock.now()
    secret = issue_token(cast.officer, "同步", scope=Token.Scope.READ, expires_at=now + timedelta(days=1), at=now)
    everybody = {one: _cookie(getattr(cast, one)) for one in ("officer", "auditor", "unit_leader")}
    return {**everybody, "token": {"HTTP_AUTHORIZATION": f"Bearer {secret}"}, "nobody": {}}


def test_both_chains_answer_alike(cast: Cast) -> None:
    case, both = a_case(cast), (Handler(), WSGIHandler())
    one = f"/api/v1/cases/{case.pk}/"
    lists = [f"/api/v1/{prefix}/" for prefix, _kind, _name in router.registry]
    reading = [*lists, one, "/api/v1/cases/?limit=1", "/api/v1/cases/?limit=1&cursor=nothing", "/api/v1/cases/0/",
               "/api/v1/cases", "/api/v1//cases/"]  # fmt: skip
    for who, sent in _askers(cast).items():
        for address in reading:
            short, usual = (_ask(handler, address, **sent) for handler in both)
            assert short == usual, (who, address)
        for method, body in (("POST", b"{}"), ("POST", b"{"), ("PATCH", b"{}"), ("DELETE", b""), ("OPTIONS", b"")):
            for address in ("/api/v1/cases/", one):
                short, usual = (_ask(handler, address, method, body, **sent) for handler in both)
                assert short == usual, (who, method, address)
    for other in ({"HTTP_HOST": "elsewhere.example"}, {"HTTP_ACCEPT": "text/html"}, {"wsgi.url_scheme": "https"},
                  {"SCRIPT_NAME": "/below"}):  # fmt: skip
        short, usual = (_ask(handler, "/api/v1/cases/", **_cookie(cast.officer), **other) for handler in both)
        assert short[0] == usual[0], other
        assert short[1:] == usual[1:] or short[0].startswith("400"), other  # that page has a mark of its own


def test_what_views_are_asked_for_is_asked_on_either_chain(cast: Cast) -> None:
    handler = Handler()
    asked: list[Any] = []
    for at, hook in enumerate(list(handler._view_middleware)):
        handler._view_middleware[at] = lambda *of, hook=hook: asked.append(hook) or hook(*of)
    _ask(handler, "/api/v1/cases/", **_cookie(cast.officer))
    names = {type(getattr(hook, "__self__", None)).__name__ for hook in asked}
    assert {"DoorMiddleware", "ReaderMiddleware", "CsrfViewMiddleware"} <= names
    assert len(handler._exception_middleware) == len(WSGIHandler()._exception_middleware) > 0


def test_only_middlewares_that_there_are_stand_aside() -> None:
    assert set(settings.MIDDLEWARE) > FOR_PAGES


def test_pages_go_through_all_middlewares(cast: Cast) -> None:
    for address in ("/accounts/login/", "/api/docs/", "/static/nothing.css", "/nothing/"):
        short, usual = (_ask(handler, address) for handler in (Handler(), WSGIHandler()))
        assert short[0] == usual[0], address
        assert [name for name, _value in short[1]] == [name for name, _value in usual[1]], address


def test_an_address_of_the_api_is_found_once_and_the_next_one_by_itself(cast: Cast) -> None:
    handler, case = Handler(), a_case(cast)
    sent = _cookie(cast.officer)
    for _turn in range(2):
        assert case.title in _ask(handler, "/api/v1/cases/", **sent)[2].decode()
        assert _ask(handler, f"/api/v1/cases/{case.pk}/", **sent)[0] == "200 OK"
        assert _ask(handler, "/api/v1/cases/0/", **sent)[0].startswith("404")
        assert _ask(handler, "/api/v1/suspects/", **sent)[2] != _ask(handler, "/api/v1/cases/", **sent)[2]
    assert set(handler._fixed) == {"/api/v1/cases/", "/api/v1/suspects/"}
