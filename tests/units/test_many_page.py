"""All leads under the conditions in the address: asked once in a plain sentence, then done as one change set."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.build import a_compartment
from tests.build_units import a_lead, a_unit
from tests.cast import Cast
from units.enums import LeadState
from units.models import ChangeSet, Lead

pytestmark = pytest.mark.django_db
BACKEND = "casework.accounts.backends.AccountBackend"


def test_the_sentence_is_read_before_all_are_handled(cast: Cast, client: Client) -> None:
    circle = a_compartment(*cast.members())
    mine = {"handler": cast.officer, "state": LeadState.ASSIGNED}
    chosen = [a_lead(a_unit(), circle, **mine) for _number in range(3)]
    bystander = a_lead(a_unit(), circle, handler=cast.officer, state=LeadState.SHELVED)
    client.force_login(cast.officer, backend=BACKEND)
    page = f"{reverse('units:leads-many')}?phase=waiting"

    asked = client.post(page, {"way": "shelved", "reason": "一并"})
    assert "对 3 条线索暂存待查？" in asked.content.decode()
    assert not ChangeSet.objects.exists()
    # Another lead came in meanwhile: the sentence no longer holds and is put anew.
    a_lead(a_unit(), circle, **mine)
    again = client.post(page, {"way": "shelved", "reason": "一并", "count": "3"})
    assert "对 4 条线索暂存待查？" in again.content.decode()

    done = client.post(page, {"way": "shelved", "reason": "一并", "count": "4"})

    assert (done.status_code, done["Location"]) == (302, reverse("units:leads"))
    made = ChangeSet.objects.get()
    assert (made.count, made.disposition) == (4, "shelved")
    assert set(Lead.objects.filter(change_set=made.name)) >= set(chosen)
    bystander.refresh_from_db()
    assert bystander.change_set == ""
    assert client.post(page, {"way": "", "count": "0"}).status_code == 200
