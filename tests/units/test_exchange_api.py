"""Letters and relapses over the API: the liaison's token sees and does what the liaison may."""

import pytest
from rest_framework.test import APIClient

from casework.accounts.models import User
from tests.build import a_compartment, moment
from tests.build_exchange import a_liaison, a_next_list, an_agency
from tests.build_units import a_block, a_lead, a_unit
from tests.cast import Cast
from units.models import HandOver, LiabilityItem
from units.services.leads import raise_leads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(settings: object) -> None:
    settings.CASEWORK_NOW = "2021-12-03 10:00"  # type: ignore[attr-defined]


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_lookup_over_the_api(cast: Cast) -> None:
    circle, agency = a_compartment(*cast.members()), an_agency()
    listed = a_next_list(circle, "2021-11-20", {"100.126.0.2": None})
    office, liaison = api(cast.campaign_officer), api(a_liaison(agency))
    given = {"monitor_list": listed.pk, "agency": agency.code}
    assert office.post("/api/v1/lookups/", {**given, "agency": "??"}).status_code == 400
    sent = office.post("/api/v1/lookups/", given, headers={"Idempotency-Key": "k1"})
    assert sent.status_code == 201
    again = office.post("/api/v1/lookups/", given, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["number"]) == (201, sent.json()["number"])
    [row] = liaison.get("/api/v1/lookups/").json()["results"]
    page = f"/api/v1/lookups/{row['id']}/"
    one = liaison.get(page)
    assert [address["ip"] for address in one.json()["addresses"]] == ["100.126.0.2"]
    assert liaison.post(f"{page}receive/").status_code == 428
    got = liaison.post(f"{page}receive/", headers={"If-Match": one["ETag"]})
    assert got.json()["state"] == "received"
    done = liaison.post(f"{page}answer/", {"text": "查不到"}, headers={"If-Match": got["ETag"]})
    assert done.json()["state"] == "answered"
    assert liaison.post(f"{page}close/", headers={"If-Match": done["ETag"]}).status_code == 403
    assert office.post(f"{page}close/", headers={"If-Match": done["ETag"]}).json()["state"] == "closed"
    for other in (cast.outsider, cast.unit_leader, cast.liaison):
        assert api(other).get(page).status_code == 404


def test_hand_overs_and_relapses_over_the_api(cast: Cast) -> None:
    circle, agency = a_compartment(*cast.members()), an_agency()
    lead, liaison = a_lead(a_unit(), circle), api(a_liaison(agency))
    given = {"lead": lead.number, "agency": agency.code, "purpose": "assist", "title": "商请", "text": "请提供日志"}
    sent = api(cast.officer).post("/api/v1/hand-overs/", given)
    assert sent.status_code == 201
    page = f"/api/v1/hand-overs/{sent.json()['id']}/"
    assert "lead" not in liaison.get(page).json()
    got = liaison.post(f"{page}receive/", headers={"If-Match": sent["ETag"]})
    done = liaison.post(
        f"{page}answer/", {"result": "已提供", "result_on": "2021-12-02"}, headers={"If-Match": got["ETag"]}
    )
    assert (done.json()["state"], done.json()["result_on"]) == ("answered", "2021-12-02")
    brought = liaison.post("/api/v1/hand-overs/", {"title": "发现", "text": "某校"})
    assert (brought.status_code, brought.json()["way"]) == (201, "in")
    assert HandOver.objects.count() == 2

    block = a_block(a_unit(), "10.0.0.0/24")
    a_next_list(circle, "2021-07-20", {"10.0.0.1": block})
    a_next_list(circle, "2021-09-20", {"10.9.9.9": None})
    raise_leads(
        a_next_list(circle, "2021-11-20", {"10.0.0.1": block}),
        actor=cast.campaign_officer,
        at=moment("2021-12-02 09:00"),
    )
    item = LiabilityItem.objects.get()
    url = f"/api/v1/relapses/{item.pk}/"
    one = api(cast.officer).get(url)
    assert [row["ip"] for row in one.json()["addresses"]] == ["10.0.0.1"]
    talked = api(cast.officer).post(
        f"{url}talk/", {"talked_on": "2021-12-02", "statement": "又装了"}, headers={"If-Match": one["ETag"]}
    )
    held = api(cast.approver).post(
        f"{url}decide/", {"held": True, "reason": "再犯"}, headers={"If-Match": talked["ETag"]}
    )
    assert held.json()["state"] == "held"
    assert api(cast.auditor).post(f"{url}talk/", {}, headers={"If-Match": "3"}).status_code in {400, 403}
    assert liaison.get("/api/v1/relapses/").json()["results"] == []
