"""Decisions on party organisations and units on their pages and over the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cases.models import BodyDecision
from cases.services.bodies import advance_body
from cases.services.body_notices import body_ref
from casework.documents.registry import collected, offered, subject_of
from casework.documents.services.documents import NUMBER, draft_document, issue_document, submit_document
from casework.ledger.refs import resolve
from casework.notices.models import Notice
from tests.build_bodies import ADVICE, PARTY, UNIT, acts, drafted, go
from tests.build_campaigns import a_leader
from tests.build_penalties import a_case
from tests.cast import Cast

# -- the pages --------------------------------------------------------------------------------------------------------


def browse(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def test_who_belongs_to_the_case_reads_and_nobody_else_knows(cast: Cast) -> None:
    decision = go(cast, drafted(cast, a_case(cast), UNIT, "UM_JOINT_SUGGESTION", **ADVICE), "issue")
    for name, user in cast.everyone().items():
        knows = name in {"officer", "second_officer", "hearing_officer", "approver", "auditor"}
        client = browse(user)
        for url in (f"/penalties/bodies/{decision.pk}/", f"/penalties/bodies/{decision.pk}/paper/"):
            assert client.get(url).status_code == (200 if knows else 404), (name, url)
        listed = client.get("/penalties/bodies/")
        assert (decision.number in listed.content.decode()) is knows, name
        answer = APIClient()
        answer.force_authenticate(user)
        assert answer.get(f"/api/v1/body-decisions/{decision.pk}/").status_code == (200 if knows else 404), name


def test_on_its_pages_from_draft_to_service(cast: Cast, settings: Any) -> None:
    case = a_case(cast)
    settings.CASEWORK_NOW = "2021-11-02 09:00"
    officer, leader = browse(cast.officer), browse(cast.approver)
    assert f"/penalties/bodies/new/{case.pk}/" in officer.get(f"/cases/{case.pk}/").content.decode()
    form = {
        "unit": case.unit_id, "receiver": "unit", "paper": "UM_SUPERVISION_SUGGESTION", "grounds": "机房无人管理",
        "evidence": "检查笔录", **ADVICE, "rectify_by": "2021-12-31",
    }  # fmt: skip
    wrong = officer.post(f"/penalties/bodies/new/{case.pk}/", {**form, "handling": "PO_CHECK"})
    assert wrong.status_code == 400
    text = wrong.content.decode()
    assert "只适用于党组织，不适用于单位" in text
    assert "机房无人管理" in text
    assert officer.post(f"/penalties/bodies/new/{case.pk}/", form).status_code == 302
    decision = BodyDecision.objects.get()
    url = f"/penalties/bodies/{decision.pk}/"
    changed = officer.post(f"{url}edit/", {**form, "grounds": "机房长期无人管理", "version": decision.version})
    assert changed.status_code == 302
    stale = officer.post(f"{url}edit/", {**form, "version": decision.version})
    assert stale.status_code == 400
    assert "已被他人处理" in stale.content.decode()
    page = leader.get(f"{url}step/approve/").content.decode()
    assert "机房长期无人管理" in page
    decision.refresh_from_db()

    def take(client: Client, name: str, **data: Any) -> None:
        row = BodyDecision.objects.get(pk=decision.pk)
        answer = client.post(f"{url}step/{name}/", {"on": "2021-11-02", "version": row.version, **data})
        assert answer.status_code == 302, answer.content.decode()

    take(leader, "approve", digest=decision.digest)
    take(officer, "issue")
    take(officer, "serve", second_officer=cast.second_officer.pk, who="办公室主任", document="送达回证1号")
    shown = officer.get(url).content.decode()
    for part in ("监察建议书", "已送达，待落实", "办公室主任", "送达回证1号", "反馈落实情况"):
        assert part in shown, part
    take(officer, "finish", outcome="adopted", text="整改报告")
    assert "已采纳并整改" in officer.get(url).content.decode()
    assert officer.get(f"{url}step/nothing/").status_code == 404
    assert browse(cast.auditor).get(f"{url}step/hear/").status_code == 403


# -- the API ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(settings: Any) -> Callable[[Any], APIClient]:
    settings.CASEWORK_NOW = "2021-11-02 09:00"

    def client(user: Any) -> APIClient:
        found = APIClient()
        found.force_authenticate(user)
        return found

    return client


def test_the_whole_way_by_requests(cast: Cast, api: Callable[[Any], APIClient]) -> None:
    case, url = a_case(cast), "/api/v1/body-decisions/"
    assert case.unit is not None
    body = {
        "case": case.pk, "unit": case.unit.pk, "receiver": PARTY, "measures": ["PO_CRITICISE"],
        "body": "中共某中心支部委员会", "grounds": "机房无人管理", "evidence": "检查笔录",
    }  # fmt: skip
    officer, leader = api(cast.officer), api(cast.approver)
    assert set(api(cast.outsider).post(url, body).data["details"]) == {"case"}
    refused = officer.post(url, {**body, "measures": ["UM_JOINT_SUGGESTION"]})
    assert (refused.status_code, refused.data["code"]) == (409, "unlawful")
    assert refused.data["details"]["article"] == "《监督执纪工作规则》第十九条"
    made = officer.post(url, body, headers={"Idempotency-Key": "b1"})
    assert officer.post(url, body, headers={"Idempotency-Key": "b1"}).data["id"] == made.data["id"]
    assert (made.status_code, [row["step"] for row in made.data["actions"]]) == (201, ["hear"])
    address = f"{url}{made.data['id']}/"
    assert officer.put(address, body).status_code == 428
    put = officer.put(address, {**body, "grounds": "机房长期无人管理"}, headers={"If-Match": made["ETag"]})
    assert put.data["draft"] == 2

    def take(client: APIClient, name: str, **data: Any) -> Any:
        version = BodyDecision.objects.get().version
        answer = client.post(f"{address}steps/{name}/", data, headers={"If-Match": str(version)})
        assert answer.status_code == 200, answer.data
        return answer.data

    second = cast.second_officer.pk
    take(officer, "hear", second_officer=second, who="支部书记")
    data = take(officer, "deliberate", who="纪委常委会", members=7, present=7, votes_for=7)
    take(leader, "approve", digest=data["digest"])
    assert take(officer, "issue")["number"].startswith("浙纪问〔2021〕")
    take(officer, "serve", second_officer=second, who="支部书记", document="1号")
    done = take(officer, "finish", outcome="carried_out", text="通报")
    assert (done["state"], len(done["acts"]), done["actions"]) == ("done", 6, [])
    assert len(officer.get(f"{url}?state=done&case={case.pk}").data["results"]) == 1
    assert officer.get(f"{url}?state=served").data["results"] == []
    forbidden = api(cast.auditor).post(f"{address}steps/hear/", {}, headers={"If-Match": str(done["version"])})
    assert forbidden.status_code in {403, 409}


# -- the unit and the leaders -----------------------------------------------------------------------------------------


def test_the_units_leader_learns_of_a_paper_once_it_was_served_and_of_nothing_else(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast)
    assert case.unit is not None
    a_leader(case.unit, cast.unit_leader)
    if other.unit != case.unit and other.unit is not None:
        a_leader(other.unit, cast.other_leader)
    before = go(cast, drafted(cast, case, UNIT, "UM_JOINT_SUGGESTION", **ADVICE), "issue")
    client, url = browse(cast.unit_leader), f"/portal/decisions/{before.pk}/"
    assert client.get(url).status_code == 404
    assert before.number not in client.get("/portal/").content.decode()
    assert not Notice.objects.filter(recipient=cast.unit_leader).exists()
    assert resolve(body_ref(before), cast.unit_leader) is None

    served = advance_body(before, "serve", **acts(cast)["serve"])

    notice = Notice.objects.get(recipient=cast.unit_leader)
    assert (notice.kind, notice.url, notice.due_on) == ("body.served", url, served.rectify_by)
    assert case.title not in notice.body
    page = client.get(url).content.decode()
    for part in (served.number, "一是全面清查机房设备和用电。", "书面反馈整改情况"):
        assert part in page, part
    assert served.number in client.get("/portal/").content.decode()
    opened = client.get(f"/notices/{notice.pk}/").content.decode()
    assert url in opened
    # He reads the paper; neither the decision, its case nor what was done are his.
    for shut in (f"/penalties/bodies/{served.pk}/", f"/cases/{case.pk}/", f"/trail/{body_ref(served)}/"):
        assert client.get(shut).status_code in {403, 404}, shut
    for name in ("other_leader", "liaison", "officer", "auditor"):
        assert browse(getattr(cast, name)).get(url).status_code == 404, name


def test_a_draft_that_waits_is_told_to_the_deciders_alone(cast: Cast) -> None:
    unit = drafted(cast, a_case(cast), UNIT, "UM_RECTIFICATION_NOTICE")
    party = drafted(cast, a_case(cast), PARTY, "PO_CHECK")
    told = Notice.objects.filter(kind="body.waits")
    assert list(told.values_list("recipient", "ref")) == [(cast.approver.pk, body_ref(unit))]
    go(cast, party, "deliberate")
    assert set(told.values_list("recipient", "ref")) == {
        (cast.approver.pk, body_ref(unit)), (cast.approver.pk, body_ref(party)),
    }  # fmt: skip


def test_its_official_document_says_what_was_issued_under_the_same_number(cast: Cast) -> None:
    for receiver, codes, more, kind in (
        (PARTY, ("PO_CRITICISE",), {}, "body_decision"),
        (UNIT, ("UM_SUPERVISION_SUGGESTION",), ADVICE, "body_advice"),
    ):
        draft = drafted(cast, a_case(cast), receiver, *codes, **more)
        assert offered_of(draft, cast) == []
        issued = go(cast, draft, "issue")
        assert offered_of(issued, cast) == [kind, "service_receipt"]
        subject = subject_of(body_ref(issued), cast.officer)
        assert subject is not None
        at = issued.issued_at
        assert at is not None
        data = collected(kind, subject, cast.officer, at)
        number = data.pop(NUMBER)
        row = submit_document(
            draft_document(subject, kind, data, actor=cast.officer, at=at, number=number), actor=cast.officer, at=at
        )
        made = issue_document(row, actor=cast.approver, at=at)
        assert made.number == issued.number
        lines = issued.document.split("\n")
        assert [data["title"], *data["body"].split("\n")] == [lines[0], *lines[3:-3]]
        assert data["to"] == issued.body


def offered_of(decision: BodyDecision, cast: Cast) -> list[str]:
    subject = subject_of(body_ref(decision), cast.officer)
    return sorted(offered(subject)) if subject else []
