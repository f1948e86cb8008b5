"""Every writing route of cases and inspections, as those who may read all or nothing: refused, never answered."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.models import Entry
from tests.build_cases import a_case, a_proved_fact, a_record, a_suspect, an_inspection
from tests.cast import Cast
from tests.routes import Route, routes

pytestmark = pytest.mark.django_db

#: Lists answer a POST without a known bulk act with a refusal of its own.
LISTS = {"cases:list", "cases:decisions", "cases:inspections", "cases:penalties", "cases:recoveries", "cases:bodies"}
#: Creation that a case officer may begin without knowing of anything.
BEGINNINGS = {"cases:file", "cases:inspection-plan", "cases:penalty-prepare"}
#: One's own declaration: an empty one is drawn again.
OWN = {"cases:ties"}


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def _ours() -> list[Route]:
    return [route for route in routes() if route.name.startswith("cases:")]


@pytest.fixture
def filled(cast: Cast) -> dict[str, dict[str, Any]]:
    """Beginning of a pattern → what fills its addresses."""
    case, other = a_case(cast), a_case(cast)
    suspect = a_suspect(cast, case)
    fact = a_proved_fact(cast, case, suspect)
    record = a_record(cast, case)
    inspection = an_inspection(cast)
    site = inspection.teams.get(number=1).sites.get()
    return {
        "": {"pk": 0},
        "cases/": {
            "pk": case.pk, "name": "approve_filing", "part": "plan", "suspect_pk": suspect.pk, "fact_pk": fact.pk,
            "interview_pk": record.pk, "row_pk": 0, "number": 1, "other_pk": other.pk,
        },
        "inspections/": {"pk": inspection.pk, "number": 1},
        "inspections/sites/": {"pk": site.pk, "interview_pk": 0, "row_pk": 0},
        "penalties/": {"pk": 0, "name": "deliberate", "suspect_pk": suspect.pk, "case_pk": case.pk},
    }  # fmt: skip


def _address(route: Route, filled: dict[str, dict[str, Any]]) -> str:
    key = max((key for key in filled if route.pattern.startswith(key)), key=len)
    return reverse(route.name, kwargs={name: filled[key][name] for name in route.kwargs})


@pytest.mark.parametrize("role", ["auditor", "outsider", "unit_leader", "liaison", "security_admin"])
def test_no_writing_route_answers_who_may_not_write(cast: Cast, filled: dict[str, dict[str, Any]], role: str) -> None:
    client = _client(cast.everyone()[role])
    acts = Entry.objects.exclude(kind="inspection.targets_read")  # to look is on record, and changes nothing
    before = acts.count()

    answered = {}
    for route in _ours():
        code = client.post(_address(route, filled)).status_code
        allowed = {403, 404, 405} | ({409} if route.name in LISTS else set())
        if role == "outsider" and route.name in BEGINNINGS:
            allowed |= {400, 409}
        if role == "outsider" and route.name in OWN:
            allowed |= {200}
        if code not in allowed:
            answered[route.name] = code

    assert answered == {}
    assert acts.count() == before
