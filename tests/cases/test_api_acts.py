"""What the pages of a case can do beside its steps, over HTTP: by whom, on whose case, and nobody else's moves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from cases.models import Case, CaseNote, CaseTask, CaseType, Intervention, KeyMoment, Measure, SiteHelper, Tie
from cases.services.measures import decide_measure, propose_measure
from casework.access.models import Recusal
from casework.accounts.models import User
from tests.build import moment
from tests.build_cases import DAY, a_case, a_suspect, an_inspection, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db
AT = moment(f"{DAY} 15:00")


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@dataclass(frozen=True)
class Try:
    """An operation on the case of the cast: who may, who of the same case may not, and what it makes."""

    name: str
    may: str
    may_not: str
    address: Callable[[Case], str]
    body: Callable[[Cast, Case], dict[str, Any]]
    model: Any = None
    code: int = 201
    versioned: bool = False
    state: str = "investigating"


def _measure(case: Case) -> Measure:
    found = case.measures.first()
    assert found is not None
    return found


TRIES = (
    Try(
        "ask for a measure", "officer", "approver", lambda _case: "/api/v1/measures/",
        lambda _cast, case: {"case": case.pk, "kind": "inquiry", "target": "王某", "purpose": "了解机房管理"}, Measure,
    ),
    Try(
        "approve a measure", "approver", "officer", lambda case: f"/api/v1/measures/{_measure(case).pk}/decide/",
        lambda _cast, _case: {"approve": True, "document": "浙监批〔2021〕1号"}, code=200, versioned=True,
    ),
    Try(
        "set a task", "officer", "inspector", lambda _case: "/api/v1/case-tasks/",
        lambda cast, case: {"case": case.pk, "title": "调取电费单", "holder": cast.officer.pk}, CaseTask,
    ),
    Try(
        "write a note", "approver", "inspector", lambda _case: "/api/v1/case-notes/",
        lambda _cast, case: {"case": case.pk, "text": "已约下周一谈话。"}, CaseNote,
    ),
    Try(
        "mark a moment", "officer", "inspector", lambda _case: "/api/v1/case-moments/",
        lambda _cast, case: {
            "case": case.pk, "lane": "conduct", "title": "购入矿机", "moment": "2021-03-01T10:00:00+08:00", "source": "发票",
        }, KeyMoment,
    ),
    Try(
        "note meddling", "officer", "inspector", lambda case: f"/api/v1/cases/{case.pk}/interventions/",
        lambda _cast, _case: {
            "kind": "asking", "person_name": "吴某某", "happened_at": "2021-09-18T09:00:00+08:00",
            "content": "打听案情", "answer": "拒绝并报告",
        }, Intervention,
    ),
    Try(
        "split", "approver", "officer", lambda case: f"/api/v1/cases/{case.pk}/split/",
        lambda _cast, case: {
            "suspects": [case.suspects.latest("pk").pk], "title": "何某某“挖矿”案", "reason": "互不相干",
        }, Case, versioned=True,
    ),
)  # fmt: skip


@pytest.fixture
def case(cast: Cast) -> Case:
    found = walk(cast, a_case(cast), "investigating")
    a_suspect(cast, found, "何某某")
    propose_measure(found, kind="inquiry", target="某某", purpose="了解", actor=cast.officer, at=AT)
    Case.objects.get(pk=found.pk)
    return Case.objects.get(pk=found.pk)


def _headers(one: Try, case: Case) -> dict[str, str]:
    if not one.versioned:
        return {}
    row = _measure(case) if "/measures/" in one.address(case) else case
    row.refresh_from_db()
    return {"If-Match": f'"v{row.version}"'}


@pytest.mark.parametrize("one", TRIES, ids=lambda one: one.name)
def test_whoever_may_does_it_and_nobody_else(cast: Cast, case: Case, one: Try) -> None:
    neighbour = a_case(cast, title="邻案")
    before = (neighbour.version, neighbour.measures.count(), neighbour.tasks.count(), neighbour.notes.count())
    people = cast.everyone()
    address, body, headers = one.address(case), one.body(cast, case), _headers(one, case)
    count = one.model.objects.count() if one.model else 0

    refused = api(people[one.may_not]).post(address, body, headers=headers, format="json")
    outside = api(cast.outsider).post(address, body, headers=headers, format="json")
    auditor = api(cast.auditor).post(address, body, headers=headers, format="json")
    assert (refused.status_code, outside.status_code, auditor.status_code) in {(403, 404, 403), (404, 404, 403)}
    if one.may_not in {"officer", "approver"}:
        assert refused.status_code == 403
    assert one.model is None or one.model.objects.count() == count

    done = api(people[one.may]).post(address, body, headers=headers, format="json")

    assert done.status_code == one.code, done.content.decode()
    assert one.model is None or one.model.objects.count() == count + 1
    neighbour.refresh_from_db()
    assert before == (neighbour.version, neighbour.measures.count(), neighbour.tasks.count(), neighbour.notes.count())


def test_a_measure_goes_from_asked_to_ended(cast: Cast, case: Case) -> None:
    row = decide_measure(_measure(case), approve=True, document="浙监批〔2021〕1号", actor=cast.approver, at=AT)
    client, address = api(cast.officer), f"/api/v1/measures/{row.pk}"
    stale = client.post(f"{address}/begin/", {}, format="json", headers={"If-Match": '"v0"'})
    begun = client.post(
        f"{address}/begin/",
        {"began_at": f"{DAY}T16:00:00+08:00", "second_officer": cast.second_officer.pk},
        format="json",
        headers={"If-Match": f'"v{row.version}"'},
    )
    ended = client.post(
        f"{address}/end/",
        {"ended_at": f"{DAY}T17:00:00+08:00", "result": "查明"},
        format="json",
        headers={"If-Match": begun.headers["ETag"]},
    )

    assert (stale.status_code, begun.status_code, ended.status_code) == (412, 200, 200), ended.content.decode()
    assert ended.json()["state"] == "ended"
    assert [one["id"] for one in client.get(f"/api/v1/measures/?case={case.pk}").json()["results"]] == [row.pk]
    assert client.get("/api/v1/measures/").json()["results"][0]["purpose"] == "了解"
    assert api(cast.outsider).get("/api/v1/measures/").json()["results"] == []


def test_tasks_and_moments_are_finished_pinned_and_withdrawn(cast: Cast, case: Case) -> None:
    client = api(cast.officer)
    body = {"case": case.pk, "title": "调取电费单", "holder": cast.officer.pk}
    task = client.post("/api/v1/case-tasks/", body, format="json").json()
    done = client.post(f"/api/v1/case-tasks/{task['id']}/finish/", {"result": "已调取"}, format="json")
    body = {
        "case": case.pk,
        "lane": "conduct",
        "title": "购入矿机",
        "moment": "2021-03-01T10:00:00+08:00",
        "source": "发票",
    }
    row = client.post("/api/v1/case-moments/", body, format="json").json()
    pinned = client.post(f"/api/v1/case-moments/{row['id']}/pin/", {"pinned": True}, format="json")
    shown = client.get(f"/api/v1/cases/{case.pk}/timeline/?lane=conduct").json()
    hidden = api(cast.outsider).post(f"/api/v1/case-moments/{row['id']}/withdraw/", format="json")
    gone = client.post(f"/api/v1/case-moments/{row['id']}/withdraw/", format="json")

    assert (done.status_code, done.json()["done_by"]) == (200, cast.officer.pk)
    assert pinned.json()["pinned"] is True
    assert [event["moment_id"] for event in shown["events"] if event["pinned"]] == [row["id"]]
    assert {event["lane"] for event in shown["events"]} == {"conduct"}
    assert (hidden.status_code, gone.status_code) == (404, 200)
    assert gone.json()["withdrawn_at"]


def test_merging_needs_the_version_and_both_cases(cast: Cast, case: Case) -> None:
    other = walk(cast, a_case(cast, title="另案"), "investigating")
    client, address = api(cast.approver), f"/api/v1/cases/{case.pk}/merge/"
    body = {"into": other.pk, "reason": "同一台矿机"}
    headers = {"If-Match": f'"v{case.version}"'}

    bare = client.post(address, body, format="json")
    unknown = client.post(address, {**body, "into": 0}, format="json", headers=headers)
    by_officer = api(cast.officer).post(address, body, format="json", headers=headers)
    done = client.post(address, body, format="json", headers=headers)

    assert (bare.status_code, unknown.status_code, by_officer.status_code) == (428, 400, 403)
    assert done.status_code == 201, done.content.decode()
    assert done.json()["other"] == other.pk
    case.refresh_from_db()
    assert case.state == "closed"


def test_a_closed_case_is_put_right_by_a_leader_alone(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "closed")
    address = f"/api/v1/cases/{case.pk}/correct/"
    body = {"field": "report", "text": "更正后的报告", "reason": "笔误", "document": "浙纪更〔2021〕1号"}
    headers = {"If-Match": f'"v{case.version}"'}

    by_officer = api(cast.officer).post(address, body, format="json", headers=headers)
    done = api(cast.approver).post(address, body, format="json", headers=headers)

    assert (by_officer.status_code, done.status_code) == (403, 201)
    assert done.json()["old"] == "事实清楚，证据确凿。"


def test_ties_are_ones_own_and_shut_out_at_once(cast: Cast, case: Case) -> None:
    client = api(cast.second_officer)
    made = client.post("/api/v1/ties/", {"kind": "relative", "person_name": "丁某某"}, format="json")
    assert made.status_code == 201, made.content.decode()
    recusal = Recusal.objects.get(compartment=case.compartment, user=cast.second_officer)
    lift = f"/api/v1/cases/{case.pk}/recusals/{recusal.pk}/lift/"

    assert client.get(f"/api/v1/cases/{case.pk}/").status_code == 404
    assert api(cast.officer).get("/api/v1/ties/").json()["results"] == []
    assert api(cast.officer).get(f"/api/v1/ties/{made.json()['id']}/").status_code == 404
    assert api(cast.unit_leader).post("/api/v1/ties/", {}, format="json").status_code == 403
    assert api(cast.auditor).post("/api/v1/ties/", {}, format="json").status_code == 403
    assert api(cast.officer).post(lift, {"reason": "同名"}, format="json").status_code == 403
    lifted = api(cast.approver).post(lift, {"reason": "同名之人"}, format="json")
    ended = client.post(f"/api/v1/ties/{made.json()['id']}/end/", {"reason": "查明同名"}, format="json")
    assert (lifted.status_code, ended.status_code) == (200, 200)
    assert lifted.json()["lifted_by"] == cast.approver.pk
    assert Tie.objects.get().until is not None


def test_levels_seats_and_delegations_are_set_by_whom_they_belong_to(cast: Cast) -> None:
    rank = {
        "rank": "处级正职",
        "organ": "省纪委监委",
        "levels": ["deputy", "head"],
        "words": "处级正职",
        "basis": "内部规定",
    }
    seat = {"user": cast.approver.pk, "level": "head", "document": "任字〔2021〕1号"}

    for place, body in (("approval-ranks", rank), ("approval-seats", seat)):
        address = f"/api/v1/{place}/"
        refused = [api(user).post(address, body, format="json").status_code for user in (cast.officer, cast.auditor)]
        assert refused == [403, 403]
        made = api(cast.security_admin).post(address, body, format="json")
        assert made.status_code == 201, made.content.decode()
        keys = [row["id"] for row in api(cast.approver).get(address).json()["results"]]
        assert made.json()["id"] in keys
        assert api(cast.unit_leader).get(address).json()["results"] == []


def test_emergency_access_is_told_and_bounded(cast: Cast, case: Case) -> None:
    outside = cast.approver
    strange = a_case(cast, title="别的案件")
    body = {"number": strange.number, "hours": 99, "reason": "举报人安全受到威胁，须当夜核实"}

    long = api(outside).post("/api/v1/emergency-accesses/", body, format="json")
    nobody = api(outside).post("/api/v1/emergency-accesses/", {**body, "hours": 2, "number": "没有"}, format="json")
    officer = api(cast.officer).post("/api/v1/emergency-accesses/", {**body, "hours": 2}, format="json")

    assert (long.status_code, nobody.status_code, officer.status_code) == (400, 409, 403)
    assert api(outside).get("/api/v1/emergency-accesses/").json()["results"] == []


def test_a_kind_of_case_is_published_by_a_leader(cast: Cast) -> None:
    body = {"code": "mining", "name": "“挖矿”案件", "kind": "both", "tasks": [{"title": "调取电费单", "days": 7}]}

    refused = api(cast.officer).post("/api/v1/case-types/", body, format="json")
    made = api(cast.approver).post("/api/v1/case-types/", body, format="json")

    assert (refused.status_code, made.status_code, made.json()["number"]) == (403, 201, 1)
    assert CaseType.objects.count() == 1
    assert api(cast.officer).get("/api/v1/case-types/").json()["results"][0]["tasks"]
    assert api(cast.unit_leader).get("/api/v1/case-types/").json()["results"] == []


def test_the_day_of_an_inspection_over_http(cast: Cast) -> None:
    inspection = an_inspection(cast)
    site = inspection.teams.get(number=1).sites.get()
    base = f"/api/v1/inspection-sites/{site.pk}"
    helper = {
        "name": "王某", "meet_place": "人民路 1 号门口", "meet_at": "2021-09-06T08:30:00+08:00",
        "tell_from": "2021-09-06T07:30:00+08:00",
    }  # fmt: skip

    assert api(cast.outsider).post(f"{base}/helpers/", helper, format="json").status_code == 404
    assert api(cast.inspector).post(f"{base}/helpers/", helper, format="json").status_code == 403
    assert api(cast.officer).post(f"{base}/helpers/", helper, format="json").status_code == 201
    assert SiteHelper.objects.get().site_id == site.pk
    assert api(cast.inspector).post(f"{base}/arrive/", {}, format="json").status_code == 200
    call = api(cast.inspector).post(f"{base}/help/", {"text": "需要电工"}, format="json")
    assert call.status_code == 201, call.content.decode()
    answer = f"{base}/help/{call.json()['id']}/answer/"
    assert api(cast.inspector).post(answer, {"answer": "马上到"}, format="json").status_code == 403
    assert api(cast.officer).post(answer, {"answer": "马上到"}, format="json").status_code == 200
    read = api(cast.officer).get(f"/api/v1/inspections/{inspection.pk}/readings/")
    assert read.status_code == 200
    assert api(cast.inspector).get(f"/api/v1/inspections/{inspection.pk}/readings/").status_code == 404
    assert api(cast.inspector).post(f"/api/v1/inspections/{inspection.pk}/release/", format="json").status_code == 403


def test_people_and_what_of_the_lead_goes_along_are_filed_with_the_case(cast: Cast) -> None:
    body = {
        "title": "金某某“挖矿”案", "kind": "both", "unit": a_case(cast).unit.code,
        "members": [cast.second_officer.pk, cast.approver.pk],
        "people": [{"name": "金某某", "post": "高级技术主管"}], "standing_on": "2021-09-01",
    }  # fmt: skip

    made = api(cast.officer).post("/api/v1/cases/", body, format="json")

    assert made.status_code == 201, made.content.decode()
    assert [one.name for one in Case.objects.get(pk=made.json()["id"]).suspects.all()] == ["金某某"]
