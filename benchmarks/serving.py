"""Asking the application as a server does: Django's test client builds and reads much that no server pays for."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks import timing
from casework.accounts.models import User
from casework.wsgi import application


class Answer(NamedTuple):
    """What came back."""

    status_code: int
    content: bytes


class Reader:
    """Somebody who has signed in, and what his browser sends with each request."""

    def __init__(self, user: User) -> None:
        client = Client()
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        self._sent: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "HTTP_ACCEPT": "*/*",
            "HTTP_ACCEPT_ENCODING": "gzip, deflate", "HTTP_USER_AGENT": "benchmark",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": True,
            "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip

    def get(self, address: str) -> Answer:
        """Ask for the address and read the answer to its end."""
        path, _mark, query = address.partition("?")
        told: list[str] = []
        parts: Any = application(
            {**self._sent, "PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO()},
            lambda status, _headers, _error=None: told.append(status),
        )
        try:
            return Answer(int(told[0][:3]), b"".join(parts))
        finally:
            parts.close()


@contextmanager
def served() -> Iterator[None]:
    """Take the connection of each request from a pool and give it back at its end, as the server does (settings.py)."""
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["OPTIONS"] = {**usual["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    connection.settings_dict["CONN_HEALTH_CHECKS"] = False
    connection.ensure_connection()
    timing.watch(connection.connection.info.backend_pid)
    connection.close()
    try:
        yield
    finally:
        timing.watch()
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of this database alone
        connection.settings_dict.update(usual)
