"""Lists of the API that are put by a statement made before read the very rows that a query built anew would read."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory, force_authenticate

from cases.api import routes
from cases.api.cases import CaseViewSet
from cases.api.investigation import SuspectViewSet
from cases.models import CaseMember
from casework.access.models import Grant, Reach
from casework.access.services.compartments import let_out
from casework.accounts.backends import AccountBackend
from casework.accounts.models import User
from casework.api import statements
from casework.api.base import _stands_for
from casework.api.pagination import Cursor
from tests.build import a_compartment, moment
from tests.build_cases import a_case, a_record, a_suspect
from tests.cast import Cast

STANDING = {prefix: kind for prefix, kind, _name in routes if _stands_for(kind) is not None}
#: Ways to ask for a part of a list; each stands for a text of its own, or for none.
ASKED = ["", "limit=1", "limit=200", "updated_after=2021-10-01T00:00:00%2B08:00", "updated_after=x", "else=1",
    "cursor=cD0x", "cursor=cj0xJnA9OTk5OTk%3D", "cursor=bz0x", "cursor=cD1h", "cursor=cD0tMQ%3D%3D", "cursor=%25"]  # fmt: skip


def _filters(kind: Any) -> list[str]:
    names = kind.filterset_fields
    found = []
    for name in names:
        column = kind.model._meta.get_field(name)
        own = [str(key) for key, _label in column.flatchoices][:1] or ["true" if column.choices is None else "1", "1"]
        found += [f"{name}={text}" for text in (*own, "x", "")]
    last = names[-1]
    huge = [f"{names[0]}={'9' * 20}", f"{names[0]}={'9' * 80}"]
    return [*found, f"{names[0]}=1&{last}=1", f"{names[0]}=1&{names[0]}=2&limit=1&cursor=cD0x", *huge]


def _place(request: Any) -> str:
    try:
        place = Cursor().decode_cursor(Request(request))
    except NotFound:
        return ""
    return "" if place is None else str(place.position)


def _asker(user: User) -> Any:
    """Return what asks a list as that reader, who was read as a request reads him."""
    reader = AccountBackend().get_user(user.pk)
    factory = APIRequestFactory()

    def ask(kind: Any, asked: str) -> tuple[int, bytes, list[str]]:
        """Return the answer, and the statements that read rows of the list with their values in them.

        The place in the list is the one value that is sent apart.
        """
        request = factory.get(f"/api/v1/list/?{asked}")
        force_authenticate(request, reader)
        with CaptureQueriesContext(connection) as captured:
            answer = kind.as_view({"get": "list"})(request)
            if hasattr(answer, "render"):  # what is not written at once
                answer.render()
        read = [
            one["sql"].replace("$1", _place(request)) for one in captured if one["sql"].startswith('SELECT "cases_')
        ]
        return answer.status_code, answer.content, read

    return ask


def test_the_lists_of_cases_and_of_what_belongs_to_them_stand() -> None:
    assert STANDING.keys() >= {"cases", "suspects", "interviews", "measures"}
    assert STANDING["cases"] is CaseViewSet


def test_a_kept_statement_is_the_one_that_would_be_built_anew(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        case = a_case(cast, title=f"第{number}案")
        a_record(cast, case, suspect=a_suspect(cast, case))
    hidden = a_case(cast, title="旁案")
    Grant.objects.filter(compartment=hidden.compartment).exclude(user=cast.approver).delete()
    let_out(hidden.compartment, cast.approver, actor=cast.approver, at=moment("2021-10-01 10:00"))
    CaseMember.objects.filter(case=hidden).delete()
    a_compartment(cast.officer)  # so that two readers belong to different numbers of them
    people = [cast.officer, cast.approver, cast.auditor, cast.security_admin]
    askers = [_asker(user) for user in people]
    asked = [(kind, text) for kind in STANDING.values() for text in _filters(kind)[:: 1 if kind is CaseViewSet else 3]]
    asked += [(kind, text) for kind in (CaseViewSet, SuspectViewSet) for text in ASKED]
    kept = statements.rows_of
    monkeypatch.setattr(statements, "rows_of", lambda view, plan: None)
    everybody = [(place, ask, what) for what in asked for place, ask in enumerate(askers)]
    everybody = [one for one in everybody if one[2][0] is CaseViewSet or one[0] % 2 == 0]
    usual = {(place, *what): ask(*what) for place, ask, what in everybody}
    monkeypatch.setattr(statements, "rows_of", kept)

    statements._kept.clear()
    for place, ask, what in everybody:  # made for the first of those who belong to circles, put again for the next
        assert ask(*what) == usual[place, *what], (people[place].name, what)
    assert {key.reach for key in statements._kept} == {Reach.CIRCLES, Reach.EVERYTHING}
    told = [usual[place, CaseViewSet, ""][1].decode() for place in range(len(people))]
    assert [one.count('"number"') for one in told] == [2, 2, 3, 0]
    assert ["旁案" in one for one in told] == [False, False, True, False]


def test_a_kept_statement_asks_for_the_circles_of_now(cast: Cast) -> None:
    case = a_case(cast)
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    assert client.get("/api/v1/cases/").json()["results"][0]["id"] == case.pk
    grant = Grant.objects.get(compartment=case.compartment, user=cast.officer)
    grant.until = max(grant.from_on, date(2021, 10, 1))
    grant.save()
    assert client.get("/api/v1/cases/").json()["results"] == []


def test_no_more_statements_are_kept_than_a_process_has_room_for(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_KEPT", 3)
    statements._kept.clear()
    ask = _asker(cast.auditor)
    for number in range(9):
        assert ask(CaseViewSet, f"number={number}")[0] == 200
        assert len(statements._kept) <= 3
    ask(CaseViewSet, f"number={'9' * 100}")
    assert all(len(text) <= 60 for key in statements._kept for _name, text in key.filters)
