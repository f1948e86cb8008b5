"""What each request does for its session and for the database behind it."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from casework.accounts import middleware
from casework.accounts.models import User
from tests.cast import Cast

BACKEND = "casework.accounts.backends.AccountBackend"


def _named() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('casework.actor', true)")
        return str(cursor.fetchone()[0])


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_a_request_names_its_user_and_the_next_one_names_another(cast: Cast) -> None:
    officer, auditor = _signed_in(cast.officer), _signed_in(cast.auditor)
    for client, user in ((officer, cast.officer), (auditor, cast.auditor), (officer, cast.officer)):
        client.get("/")
        assert _named() == str(user.pk)


@pytest.mark.django_db(transaction=True)
def test_nobody_keeps_the_name_of_the_request_before(cast: Cast) -> None:
    _signed_in(cast.officer).get("/")
    assert _named() == str(cast.officer.pk)
    Client().get("/healthz")
    Client().get("/accounts/login/")
    assert _named() == "0"
    _signed_in(cast.officer).get("/")
    assert _named() == str(cast.officer.pk)


def test_a_session_is_written_at_most_once_a_minute_and_ends_half_an_hour_after_the_last_request(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _signed_in(cast.officer)
    client.get("/")
    begun = client.session["renewed"]
    assert client.session.get_expiry_age() == 30 * 60
    client.get("/")
    assert client.session["renewed"] == begun
    later: Any = time.time() + middleware.RENEW_SECONDS + 1
    monkeypatch.setattr(middleware.time, "time", lambda: later)
    client.get("/")
    assert client.session["renewed"] == int(later)
