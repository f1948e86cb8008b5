"""Clocks over the API: changes with reason, approver and document, from a named version."""

from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from casework.accounts.models import User
from casework.deadlines.models import Deadline
from tests.build import a_compartment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PAPERS = {"reason": "案情复杂", "approver": "省纪委主要负责人", "document": "浙纪批〔2026〕3号"}


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def clock_row(cast: Cast, settings: Any) -> Deadline:
    """A clock of six months, to be lengthened by six more, that the officer holds."""
    settings.CASEWORK_NOW = "2026-09-10"
    inside = a_compartment(*cast.members())
    return a_deadline("case:1", "H04", start_on=date(2026, 9, 1), holder=cast.officer, compartment=inside)


def test_stop_resume_and_refusals(cast: Cast, clock_row: Deadline) -> None:
    bystander = a_deadline("case:2", "H04", compartment=clock_row.compartment)
    client, base = client_of(cast.officer), f"/api/v1/deadlines/{clock_row.pk}/"

    assert client.post(f"{base}suspend/", PAPERS, format="json").status_code == 428
    assert client.post(f"{base}suspend/", {}, format="json", headers={"if-match": '"v1"'}).status_code == 400
    stopped = client.post(
        f"{base}suspend/", {**PAPERS, "from_on": "2026-09-08"}, format="json", headers={"if-match": "1"}
    )
    assert (stopped.status_code, stopped.data["state"], stopped["ETag"]) == (200, "stopped", '"v2"')
    assert client.post(f"{base}resume/", {}, format="json", headers={"if-match": '"v2"'}).status_code == 400
    stale = client.post(f"{base}resume/", PAPERS, format="json", headers={"if-match": "1"})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    resumed = client.post(f"{base}resume/", {**PAPERS, "to_on": "2026-09-10"}, format="json", headers={"if-match": "2"})
    assert (resumed.status_code, resumed.data["state"]) == (200, "open")
    assert date.fromisoformat(resumed.data["due_on"]) > clock_row.due_on
    long = client.post(
        f"{base}extend/", {**PAPERS, "amount": 900, "unit": "day"}, format="json", headers={"if-match": "3"}
    )
    assert long.status_code in {409, 422}
    assert "依据" in long.json()["message"]
    bystander.refresh_from_db()
    assert bystander.version == 1


@pytest.mark.parametrize(
    ("name", "status"), [("outsider", 404), ("auditor", 403), ("unit_leader", 404), ("system_admin", 404)]
)
@pytest.mark.parametrize("act", ["extend", "suspend", "resume"])
def test_others_change_nothing(cast: Cast, clock_row: Deadline, name: str, status: int, act: str) -> None:
    data = {**PAPERS, "amount": 1, "unit": "month"}

    answer = client_of(cast.everyone()[name]).post(
        f"/api/v1/deadlines/{clock_row.pk}/{act}/", data, format="json", headers={"if-match": "1"}
    )

    assert answer.status_code == status
    clock_row.refresh_from_db()
    assert clock_row.version == 1
