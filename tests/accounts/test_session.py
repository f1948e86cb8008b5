"""What each request does for its session and for the database behind it."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from casework.access.services.people import issue_token
from casework.accounts import middleware, remembered
from casework.accounts.backends import read_asker
from casework.accounts.models import Appointment, Token, User
from casework.accounts.remembered import remember
from casework.api import authentication
from casework.api.base import VisibleViewSet
from casework.core import clock
from tests.build_cases import a_case
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


def test_session_and_user_are_read_together_once_it_is_known_whose_it_is(cast: Cast) -> None:
    client = _signed_in(cast.officer)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/cases/").status_code == 200
        return [one["sql"] for one in captured if "set_config" in one["sql"] or "django_session" in one["sql"]]

    asked()
    (one,) = asked()
    assert "set_config" in one
    assert "django_session" in one


def _status(client: Client) -> int:
    return client.get("/api/v1/cases/").status_code


def test_what_was_remembered_of_a_session_decides_nothing(cast: Cast) -> None:
    officer, auditor = _signed_in(cast.officer), _signed_in(cast.auditor)
    for client in (officer, auditor):
        assert [_status(client), _status(client)] == [200, 200]
    key, other = (client.session.session_key for client in (officer, auditor))
    remember(key, cast.auditor.pk)
    remember(other, 2**40)
    for client, user in ((officer, cast.officer), (auditor, cast.auditor)):
        response = client.get("/account/")
        assert response.wsgi_request.user == user
        assert _named() == str(user.pk)

    Session.objects.filter(pk=key).update(session_data=Session.objects.get(pk=other).session_data)
    assert officer.get("/account/").wsgi_request.user == cast.auditor, "whose it is says the session, not we"


def test_an_end_takes_effect_on_the_next_request_of_a_known_session(cast: Cast) -> None:
    now = clock.now()
    clients = [_signed_in(cast.officer) for _number in range(3)]
    secret = issue_token(cast.officer, "同步", scope=Token.Scope.READ, expires_at=now + timedelta(days=1), at=now)
    token = Client(headers={"authorization": f"Bearer {secret}"})
    for client in (*clients, token):
        assert [_status(client), _status(client)] == [200, 200]
    ended, expired, standing = clients

    Session.objects.filter(pk=ended.session.session_key).delete()
    Session.objects.filter(pk=expired.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert [_status(one) for one in (ended, expired, standing, token)] == [401, 401, 200, 200]
    assert _named() == str(cast.officer.pk)

    User.objects.filter(pk=cast.officer.pk).update(is_active=False)
    assert [_status(one) for one in (standing, token)] == [401, 401]
    User.objects.filter(pk=cast.officer.pk).update(is_active=True)
    assert [_status(one) for one in (standing, token)] == [200, 200]

    cast.officer.set_password("another one entirely")
    cast.officer.save()
    assert [_status(one) for one in (standing, token)] == [401, 200]
    Token.objects.update(revoked_at=now)
    assert _status(token) == 401


def test_a_role_that_was_withdrawn_is_gone_on_the_next_request_of_a_known_session(cast: Cast) -> None:
    client = _signed_in(cast.auditor)
    a_case(cast)
    assert [len(client.get("/api/v1/cases/").json()["results"]) for _time in range(2)] == [1, 1]
    Appointment.objects.filter(user=cast.auditor).delete()
    assert client.get("/api/v1/cases/").json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_nobody_is_named_for_a_session_that_has_ended(cast: Cast) -> None:
    client = _signed_in(cast.officer)
    assert [_status(client), _status(client)] == [200, 200]
    Session.objects.all().delete()
    _signed_in(cast.auditor).get("/")
    assert _status(client) == 401
    assert _named() == "0"


def test_no_more_is_remembered_than_a_process_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 3)
    for number in range(9):
        remember(f"key {number}", number)
        assert remembered.whose(f"key {number}") == number
    assert len(remembered._whose) <= 3


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
    assert asked() == (first, 2), "the token and its owner with all that is asked of him, the rows"
    assert _named() == str(cast.officer.pk)
    later: Any = clock.now() + authentication.NOTED
    monkeypatch.setattr(clock, "now", lambda: later)
    assert asked()[0] == later


def test_the_statement_that_every_request_puts_is_planned_once(cast: Cast) -> None:
    client = _signed_in(cast.officer)

    def put() -> tuple[str, int, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "select string_agg(statement, ';'), sum(custom_plans), sum(generic_plans) from pg_prepared_statements"
                " where statement like '%casework.actor%django_session%'"
            )
            text, made, kept = cursor.fetchone()
        return text, int(made), int(kept)

    for _time in range(8):
        assert _status(client) == 200
    text, made, kept = put()
    assert [_status(client), _status(client)] == [200, 200]
    assert put() == (text, made, kept + 2)
    # With more rows the planner would think better of a plan for this very day: it must not see one.
    assert not re.findall(r"[<>]=? \$\d+", text)
    assert re.findall(r"[<>]=? \(select \$\d+\)", text)


def test_whoever_is_read_with_his_session_is_the_very_object_that_a_query_gives(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        found = read_asker(cast.officer.pk, page=True)
        assert found is not None
        user = found[0]
        usual = User.objects.select_related("organisation").get(pk=cast.officer.pk)
        for mine, his in ((user, usual), (user.organisation, usual.organisation)):
            assert (type(mine), mine._state.adding, mine._state.db) == (type(his), False, his._state.db)
            assert {field.attname: getattr(mine, field.attname) for field in mine._meta.concrete_fields} == {
                field.attname: getattr(his, field.attname) for field in his._meta.concrete_fields
            }
            assert mine.get_deferred_fields() == set()
    assert len(captured) == 2
    user.post = "主任"
    user.save(update_fields=["post"])
    user.refresh_from_db()
    assert User.objects.get(pk=user.pk).post == user.post == "主任"


def test_an_answer_to_a_session_says_that_it_depends_on_the_cookie_also_where_a_view_says_of_what_else(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _signed_in(cast.officer)
    assert [client.get("/api/v1/cases/").headers["Vary"] for _time in range(2)] == ["Cookie", "Cookie"]
    monkeypatch.setattr(VisibleViewSet, "default_response_headers", property(lambda _view: {"Vary": "Accept"}))
    assert client.get("/api/v1/cases/").headers["Vary"] == "Accept, Cookie"
    client.cookies[settings.SESSION_COOKIE_NAME] = "nobody's"
    gone = client.get("/api/v1/cases/")
    assert (gone.status_code, gone.headers["Vary"]) == (401, "Accept, Cookie")
    assert gone.cookies[settings.SESSION_COOKIE_NAME].value == ""
