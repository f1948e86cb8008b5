"""The register, monitoring and leads over the API: the same rules, one shape of refusal."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.build import a_compartment
from tests.build_units import NOW, a_block, a_list, a_sighting, a_unit
from tests.cast import Cast
from units.models import Lead, Person, Unit
from units.services.leads import raise_leads

pytestmark = pytest.mark.django_db


def as_(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def lead(cast: Cast) -> Lead:
    seen = a_list(a_compartment(*cast.members()))
    unit = a_unit("职教中心", code="EDU-2", leader=cast.unit_leader)
    a_sighting(seen, "198.51.100.37", block=a_block(unit, "198.51.100.0/24"))
    Person.objects.create(unit=unit, name="丁某某", id_number="330604199001010011", id_index="x")
    return raise_leads(seen, handler=cast.officer, actor=cast.campaign_officer, at=NOW)[0]


def test_a_lead_walks_its_way_by_version(cast: Cast, lead: Lead) -> None:
    officer, approver = as_(cast.officer), as_(cast.approver)
    found = officer.get(f"/api/v1/leads/{lead.pk}/")
    assert found.json()["actions"][0] == "study"
    assert len(found.json()["questions"]) == 3
    way = {"disposition": "verification", "reason": "有实物"}
    assert officer.post(f"/api/v1/leads/{lead.pk}/propose/", way).status_code == 428
    assert officer.post(f"/api/v1/leads/{lead.pk}/propose/", way, headers={"If-Match": '"v9"'}).status_code == 412
    proposed = officer.post(f"/api/v1/leads/{lead.pk}/propose/", way, headers={"If-Match": found["ETag"]})
    assert proposed.json()["state"] == "opinion_pending"
    refused = officer.post(f"/api/v1/leads/{lead.pk}/dispose/", way, headers={"If-Match": proposed["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "own_proposal")
    done = approver.post(f"/api/v1/leads/{lead.pk}/dispose/", way, headers={"If-Match": proposed["ETag"]})
    assert (done.json()["state"], done.json()["due_on"]) == ("verification", None)
    for kind, answer in (("machine", "三台矿机"), ("extent", "111 天"), ("nature", "active")):
        given = {"question": kind, "answer": answer, "source_ref": "笔录"}
        done = officer.post(f"/api/v1/leads/{lead.pk}/settle/", given, headers={"If-Match": done["ETag"]})
        assert done.status_code == 200, done.json()
    said = officer.post(
        f"/api/v1/leads/{lead.pk}/classify/", {"classification": "active"}, headers={"If-Match": done["ETag"]}
    )
    assert said.json()["classification"] == "active"


@pytest.mark.parametrize(
    "path", ["units", "people", "address-blocks", "address-conflicts", "registrations", "monitor-lists", "sightings", "leads",
             "imports", "search"]
)  # fmt: skip
def test_lists_show_only_what_the_caller_may_see(cast: Cast, lead: Lead, path: str) -> None:
    for name, user in cast.everyone().items():
        text = as_(user).get(f"/api/v1/{path}/", {"q": lead.number}).content.decode()
        assert "330604199001010011" not in text
        if path in {"monitor-lists", "sightings", "leads", "search"} and user in (cast.outsider, cast.unit_leader):
            assert lead.number not in text, name
            assert "198.51.100.37" not in text, name
        if not user.is_commission and user != cast.unit_leader and path != "search":
            assert '"results":[]' in text, (name, path)


def test_a_file_is_previewed_applied_and_taken_back(cast: Cast, lead: Lead) -> None:
    text = "统一社会信用代码,单位名称,单位类别,行政区划代码\nEDU-2,职业教育中心,学校,330604\nEDU-9,第九中学,学校,330604\nEDU-8,,学校,330604\n"
    client = as_(cast.campaign_officer)
    upload = {"kind": "units", "file": SimpleUploadedFile("units.csv", text.encode())}
    run = client.post("/api/v1/imports/", upload, format="multipart")
    assert run.status_code == 201
    assert {key: run.json()[key] for key in ("state", "created", "updated", "refused")} == {
        "state": "previewed", "created": 1, "updated": 1, "refused": 1,
    }  # fmt: skip
    assert not Unit.objects.filter(code="EDU-9").exists()
    rows = client.get(f"/api/v1/imports/{run.json()['id']}/lines/", {"outcome": "updated"}).json()["results"]
    assert rows[0]["changes"] == {"name": ["职教中心", "职业教育中心"]}
    assert client.post(f"/api/v1/imports/{run.json()['id']}/apply/").json()["state"] == "applied"
    assert Unit.objects.get(code="EDU-2").name == "职业教育中心"
    assert client.post(f"/api/v1/imports/{run.json()['id']}/undo/").json()["state"] == "undone"
    assert Unit.objects.get(code="EDU-2").name == "职教中心"
    assert not Unit.objects.filter(code="EDU-9").exists()
    bad = client.post(
        "/api/v1/imports/", {"kind": "units", "file": SimpleUploadedFile("x.csv", b"")}, format="multipart"
    )
    assert (bad.status_code, bad.json()["code"]) == (400, "unusable_file")
    upload = {"kind": "units", "file": SimpleUploadedFile("units.csv", text.encode())}
    assert as_(cast.officer).post("/api/v1/imports/", upload, format="multipart").status_code == 403


def test_a_unit_is_renamed_and_its_former_name_kept(cast: Cast, lead: Lead) -> None:
    client = as_(cast.campaign_officer)
    unit = lead.unit
    given = {"name": "上虞区职业中等专业学校", "from_on": "2021-09-01", "document": "虞编〔2021〕3号"}
    answer = client.post(f"/api/v1/units/{unit.pk}/rename/", given, headers={"If-Match": '"v1"'})
    assert (answer.status_code, answer.json()["name"]) == (200, "上虞区职业中等专业学校")
    assert unit.earlier_names.get().name == "职教中心"
    closing = {"closed_on": "2021-12-31"}
    refused = client.post(f"/api/v1/units/{unit.pk}/close/", closing, headers={"If-Match": answer["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")
    assert "198.51.100.0/24" in refused.json()["details"]["missing"][0]["text"]
