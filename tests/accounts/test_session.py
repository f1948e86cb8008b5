"""What each request does for its session and for the database behind it."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casework.access.services.people import issue_token
from casework.accounts import middleware
from casework.accounts.models import Token, User
from casework.api import authentication
from casework.core import clock
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


def test_a_session_whose_text_was_altered_is_nobodys_also_after_it_was_read(cast: Cast) -> None:
    client = _signed_in(cast.officer)
    for _time in range(2):
        assert client.get("/account/").status_code == 200
    row = Session.objects.get(session_key=client.session.session_key)
    other = Session.objects.get(session_key=_signed_in(cast.auditor).session.session_key)
    whole = row.session_data
    for altered in (
        whole[:-1] + ("A" if whole[-1] != "A" else "B"),
        whole.partition(":")[0],
        "",
        other.session_data[:9],
    ):
        Session.objects.filter(pk=row.pk).update(session_data=altered)
        assert client.get("/account/").status_code == 302
    Session.objects.filter(pk=row.pk).update(session_data=whole)
    assert client.get("/account/").status_code == 200


def test_that_a_token_is_in_use_is_noted_once_a_minute_and_its_owner_is_read_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    ends = now + timedelta(days=30)
    secret = issue_token(cast.officer, "同步", scope=Token.Scope.READ, expires_at=ends, at=now)
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def asked() -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/cases/").status_code == 200
        return Token.objects.get().last_used_at, len(captured)

    first, _many = asked()
    assert first is not None
    assert asked() == (first, 3), "the token, its owner with all that is asked of him, the rows"
    assert _named() == str(cast.officer.pk)
    later: Any = clock.now() + authentication.NOTED
    monkeypatch.setattr(clock, "now", lambda: later)
    assert asked()[0] == later
