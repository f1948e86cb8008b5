"""Accounts over the API: for the administrators alone, each with his own part."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from casework.accounts.models import User
from casework.core import clock
from tests.cast import Cast

URL = "/api/v1/accounts/"


def client(user: Any) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


def body(cast: Cast) -> dict[str, Any]:
    organisation = cast.officer.organisation_id
    return {
        "username": "newcomer",
        "name": "新来的人",
        "organisation": organisation,
        "password": "four words make a key",
    }


def test_the_system_administrator_opens_and_the_security_administrator_appoints(cast: Cast) -> None:
    system, security = client(cast.system_admin), client(cast.security_admin)
    opened = system.post(URL, body(cast))
    assert (opened.status_code, opened.data["appointments"]) == (201, [])
    assert "password" not in opened.data
    address = f"{URL}{opened.data['id']}/"
    role = {"role": "case_officer", "from_on": clock.today().isoformat()}
    assert system.post(f"{address}roles/", role).status_code == 403
    given = security.post(f"{address}roles/", role)
    assert [row["role"] for row in given.data["appointments"]] == ["case_officer"]
    both = security.post(f"{address}roles/", {**role, "role": "system_admin"})
    assert both.status_code == 400
    appointment = given.data["appointments"][0]["id"]
    assert security.post(f"{URL}{cast.officer.pk}/roles/{appointment}/end/").status_code == 404
    assert security.post(f"{address}roles/{appointment}/end/", {"reason": "误任"}).data["appointments"] == []
    assert security.post(f"{address}close/", {"reason": "调离"}).status_code == 403
    assert system.post(f"{address}close/", {"reason": "调离"}).data["is_active"] is False
    assert User.objects.get(pk=cast.officer.pk).is_active


def test_a_password_is_set_and_never_answered(cast: Cast) -> None:
    answer = client(cast.system_admin).post(f"{URL}{cast.officer.pk}/password/", {"password": "another four word key"})
    assert (answer.status_code, answer.data) == (204, None)
    assert User.objects.get(pk=cast.officer.pk).check_password("another four word key")
    weak = client(cast.system_admin).post(f"{URL}{cast.officer.pk}/password/", {"password": "1qaz2wsx3edc"})
    assert weak.status_code == 400


@pytest.mark.parametrize("who", ["officer", "approver", "auditor", "unit_leader", "custodian"])
def test_nobody_else_learns_who_has_an_account(cast: Cast, who: str) -> None:
    api = client(getattr(cast, who))
    assert api.get(URL).data["results"] == []
    assert api.get(f"{URL}{cast.officer.pk}/").status_code == 404
    assert api.post(URL, body(cast)).status_code == 403
    assert not User.objects.filter(username="newcomer").exists()
