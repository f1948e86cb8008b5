"""The same acts over HTTP, with the same refusals."""

from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from cases.models import Case
from casework.accounts.models import User
from tests.build_cases import DAY, a_case, a_record, a_suspect, a_unit, an_inspection, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_case_is_filed_once_for_its_key(cast: Cast) -> None:
    body = {
        "title": "丁某某“挖矿”案",
        "kind": "both",
        "unit": a_unit().code,
        "members": [cast.second_officer.pk, cast.approver.pk],
    }
    client = api(cast.officer)

    first = client.post("/api/v1/cases/", body, headers={"Idempotency-Key": "k1"}, format="json")
    again = client.post("/api/v1/cases/", body, headers={"Idempotency-Key": "k1"}, format="json")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert Case.objects.count() == 1
    assert first.headers["ETag"]


def test_what_is_kept_of_an_answer_names_nobody(cast: Cast) -> None:
    case = a_case(cast)
    client = api(cast.approver)
    body = {
        "kind": "asking", "person_name": "打听者某", "happened_at": f"{DAY}T10:00:00+08:00", "content": "打听案情",
        "answer": "已拒绝",
    }  # fmt: skip
    address = f"/api/v1/cases/{case.pk}/interventions/"
    first = client.post(address, body, headers={"Idempotency-Key": "k2"}, format="json")
    again = client.post(address, body, headers={"Idempotency-Key": "k2"}, format="json")
    other = client.post(address, {**body, "content": "又问"}, headers={"Idempotency-Key": "k2"}, format="json")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 400), first.content
    assert again.json() == first.json()
    with connection.cursor() as cursor:
        cursor.execute("select answer::text || body from api_idempotentanswer")
        kept = "".join(row[0] for row in cursor.fetchall())
    assert "打听" not in kept
    assert "\\u6253\\u542c" not in kept
    assert '"sealed"' in kept


def test_the_actions_are_those_of_the_caller(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)

    leader = api(cast.approver).get(f"/api/v1/cases/{case.pk}/").json()["actions"]
    officer = api(cast.officer).get(f"/api/v1/cases/{case.pk}/").json()["actions"]
    auditor = api(cast.auditor).get(f"/api/v1/cases/{case.pk}/").json()["actions"]

    assert [action["step"] for action in leader] == ["approve_filing", "refuse_filing", "return_paper"]
    assert [missing["text"] for missing in leader[0]["missing"]] == ["这一稿您还没有读"]
    assert officer == []
    assert auditor == []


def test_a_decision_over_http_is_bound_to_the_draft(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    client = api(cast.approver)
    paper = client.post(f"/api/v1/cases/{case.pk}/paper/")
    body: dict[str, Any] = {"step": "approve_filing", "document": "浙委批〔2021〕3号"}
    version = paper.headers["ETag"]

    forged = client.post(
        f"/api/v1/cases/{case.pk}/steps/", {**body, "digest": "0" * 64}, headers={"If-Match": version}, format="json"
    )
    bare = client.post(f"/api/v1/cases/{case.pk}/steps/", body, format="json")
    done = client.post(
        f"/api/v1/cases/{case.pk}/steps/",
        {**body, "digest": paper.json()["digest"]},
        headers={"If-Match": version},
        format="json",
    )
    late = client.post(
        f"/api/v1/cases/{case.pk}/steps/", {"step": "approve_plan"}, headers={"If-Match": version}, format="json"
    )

    assert (forged.status_code, forged.json()["code"]) == (412, "content_changed")
    assert bare.status_code == 428
    assert (done.status_code, done.json()["state"]) == (200, "filed")
    assert (late.status_code, late.json()["code"]) == (412, "stale")


def test_what_is_missing_comes_whole(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    a_record(cast, case, suspect=case.suspects.get(), signed=False, pages=2)
    client = api(cast.officer)
    version = client.get(f"/api/v1/cases/{case.pk}/").headers["ETag"]

    answer = client.post(
        f"/api/v1/cases/{case.pk}/steps/", {"step": "meet_facts"}, headers={"If-Match": version}, format="json"
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "not_ready"
    texts = [missing["text"] for missing in answer.json()["details"]["missing"]]
    assert texts == ["丁某某第 1 次谈话笔录：第 1、2 页未签名", "没有列出待证事实"]


def test_people_facts_and_records_over_http(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    client = api(cast.officer)

    suspect = client.post(
        "/api/v1/suspects/",
        {"case": case.pk, "name": "何某某", "standing_on": "2021-09-01", "employment": "dispatched"},
        format="json",
    )
    changed = client.patch(
        f"/api/v1/suspects/{suspect.json()['id']}/",
        {"party_member": False, "reason": "组织关系证明"},
        headers={"If-Match": suspect.headers["ETag"]},
        format="json",
    )
    record = client.post(
        "/api/v1/interviews/",
        {
            "case": case.pk,
            "kind": "talk",
            "suspect": suspect.json()["id"],
            "place": "谈话室",
            "began_at": "2021-09-18T10:00:00+08:00",
            "ended_at": "2021-09-18T10:30:00+08:00",
            "second_officer": cast.second_officer.pk,
            "lines": [{"question": "问", "answer": "答"}],
            "signed": True,
        },
        format="json",
    )
    fact = client.post("/api/v1/facts/", {"case": case.pk, "statement": "用办公电脑“挖矿”"}, format="json")
    cited = client.post(
        f"/api/v1/facts/{fact.json()['id']}/cite/", {"item": record.json()["item"], "stance": "for"}, format="json"
    )

    assert (suspect.status_code, record.status_code, fact.status_code) == (201, 201, 201)
    assert changed.json()["party_member"] is False
    assert cited.json()["exhibits"][0]["stance"] == "for"
    seen = client.get(f"/api/v1/cases/{case.pk}/").json()
    assert seen["matrix"]["facts"][0]["verdict"] == "lone"


@pytest.mark.parametrize("role", ["outsider", "campaign_officer", "unit_leader", "system_admin", "hearing_officer"])
def test_outsiders_find_nothing(cast: Cast, role: str) -> None:
    case = walk(cast, a_case(cast), "facts_meeting")
    record, suspect, fact = case.interviews.first(), case.suspects.get(), case.facts.get()
    assert record is not None
    client = api(cast.everyone()[role])

    for path in (
        f"/api/v1/cases/{case.pk}/",
        f"/api/v1/cases/{case.pk}/history/",
        f"/api/v1/suspects/{suspect.pk}/",
        f"/api/v1/facts/{fact.pk}/",
        f"/api/v1/interviews/{record.pk}/",
    ):
        assert client.get(path).status_code == 404, path
    for path in ("cases", "suspects", "facts", "interviews", "inspections", "inspection-sites"):
        assert client.get(f"/api/v1/{path}/").json()["results"] == []
    answer = client.post(
        f"/api/v1/cases/{case.pk}/steps/", {"step": "submit_report"}, headers={"If-Match": "1"}, format="json"
    )
    assert answer.status_code == 404


def test_a_recused_person_finds_nothing_over_http(cast: Cast) -> None:
    case = a_case(cast)

    answer = api(cast.approver).post(
        f"/api/v1/cases/{case.pk}/recuse/", {"user": cast.second_officer.pk, "reason": "近亲属"}, format="json"
    )

    assert answer.status_code == 200
    assert api(cast.second_officer).get(f"/api/v1/cases/{case.pk}/").status_code == 404


def test_an_inspection_over_http(cast: Cast) -> None:
    inspection = an_inspection(cast)
    client = api(cast.inspector)
    site = client.get("/api/v1/inspection-sites/").json()["results"][0]

    first = client.post(f"/api/v1/inspection-sites/{site['id']}/arrive/")
    closed = client.post(f"/api/v1/inspections/{inspection.pk}/close/")

    # The clock of the test runs long after the planned days.
    assert first.json()["state"] == "visited"
    assert closed.status_code == 403


def test_lists_cost_the_same_whatever_their_length(cast: Cast, django_assert_num_queries: Any) -> None:
    client = api(cast.officer)
    a_case(cast)
    client.get("/api/v1/cases/")
    with django_assert_num_queries(1):
        client.get("/api/v1/cases/")
    for number in range(3):
        a_case(cast, title=f"案{number}")

    with django_assert_num_queries(1):
        client.get("/api/v1/cases/")
