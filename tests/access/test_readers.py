"""An auditor is refused at the door whatever he would write, on pages and over the API; his own business stays his."""

import pytest
from django.test import Client
from django.urls import reverse

from casework.access.readers import may_write
from casework.accounts.enums import Role
from casework.accounts.models import Appointment
from tests.build import a_compartment
from tests.build_units import a_lead, a_unit
from tests.cast import Cast
from units.models import Lead

BACKEND = "casework.accounts.backends.AccountBackend"


@pytest.mark.parametrize("name", ["units:lead-assign", "units:lead-draft", "units:lead-handle"])
def test_pages_refuse_before_the_form_is_read(cast: Cast, client: Client, name: str) -> None:
    circle = a_compartment(*cast.members())
    row, bystander = a_lead(a_unit(), circle), a_lead(a_unit(), circle)
    before = list(Lead.objects.order_by("pk").values())
    client.force_login(cast.auditor, backend=BACKEND)

    answer = client.post(reverse(name, kwargs={"pk": row.pk}), {})

    assert answer.status_code == 403
    assert "只是查阅" in answer.content.decode()
    assert client.get(reverse("units:lead", kwargs={"pk": bystander.pk})).status_code == 200
    assert list(Lead.objects.order_by("pk").values()) == before


def test_the_api_refuses_before_the_version_is_asked(cast: Cast, client: Client) -> None:
    row = a_lead(a_unit(), a_compartment(*cast.members()))
    client.force_login(cast.auditor, backend=BACKEND)

    answer = client.post(f"/api/v1/leads/{row.pk}/assign/", {}, content_type="application/json")

    assert answer.status_code == 403
    assert "只是查阅" in answer.json()["message"]
    assert client.get(f"/api/v1/leads/{row.pk}/").status_code == 200


def test_own_business_and_a_second_role(cast: Cast) -> None:
    assert may_write(cast.auditor, "web", "web:language")
    assert may_write(cast.auditor, "cases", "cases:ties")
    assert not may_write(cast.auditor, "cases", "cases:act")
    assert may_write(cast.officer, "cases", "cases:act")
    assert not Appointment.objects.filter(user=cast.auditor).exclude(role=Role.AUDITOR).exists()
