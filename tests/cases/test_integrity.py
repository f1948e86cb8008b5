"""Standing back by itself, meddling on record, access in an emergency, what an outsider may never infer."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from cases.models import Case, Intervention, Tie
from cases.services.cases import advance, file_case
from cases.services.facts import state_fact
from cases.services.filing import file_with_suspects
from cases.services.integrity import (
    break_glass,
    declare_tie,
    end_break_glass,
    end_tie,
    lift_member_recusal,
    log_intervention,
    shut_out_tied,
)
from cases.services.members import add_member, remove_member
from casework.access.models import Grant, Recusal, compartments_of
from casework.access.services.compartments import object_to_recusal
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_suspect, a_unit
from tests.cast import Cast
from units.models import UnitLeader

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 16:00")


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def _sees(user: User, case: Case) -> bool:
    return Case.objects.visible_to(user).filter(pk=case.pk).exists()


def test_a_declared_tie_shuts_out_when_the_person_is_listed(cast: Cast) -> None:
    declare_tie(cast.second_officer, kind="relative", person_name="丁某某", actor=cast.second_officer, at=LATER)
    case, neighbour = a_case(cast), a_case(cast, title="邻案")
    assert _sees(cast.second_officer, case)

    a_suspect(cast, case)

    row = Recusal.objects.get(user=cast.second_officer)
    assert (row.compartment_id, row.decided_by) == (case.compartment_id, None)
    assert not _sees(cast.second_officer, case)
    assert _sees(cast.second_officer, neighbour)
    with pytest.raises(NotAllowed):
        state_fact(case, "事实", actor=cast.second_officer, at=LATER)
    # The leaders learn of it, the person himself is told nothing.
    told = Notice.objects.filter(kind="case.recused").values_list("recipient", flat=True)
    assert list(told) == [cast.approver.pk]
    assert Entry.objects.filter(kind="case.member_recused", ref=f"case:{case.pk}").count() == 1
    assert shut_out_tied(case, at=LATER) == []
    with pytest.raises(NotReady) as refusal:
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号")
    assert "办案人员只有 1 名，至少两名" in [one.text for one in refusal.value.missing]


def test_a_tie_declared_later_shuts_out_of_cases_that_run(cast: Cast) -> None:
    case = a_case(cast)
    unit = case.unit
    assert unit is not None

    declare_tie(cast.second_officer, kind="served", unit=unit, actor=cast.second_officer, at=LATER)

    assert not _sees(cast.second_officer, case)
    with pytest.raises(Refused) as refusal:
        add_member(case, cast.second_officer, actor=cast.officer, at=LATER)
    assert refusal.value.article == "监察法第六十七条"


def test_whoever_is_tied_files_nothing_against_it(cast: Cast) -> None:
    unit = a_unit()
    declare_tie(cast.officer, kind="interest", unit=unit, actor=cast.officer, at=LATER)

    with pytest.raises(Refused):
        file_case(None, title="案", unit=unit, kind="both", members=[cast.approver], actor=cast.officer, at=LATER)
    declare_tie(cast.officer, kind="relative", person_name="丁某某", actor=cast.officer, at=LATER)
    with pytest.raises(CaseworkError):
        file_with_suspects(
            None, people=[("丁某某", ""), ("何某某", "")], standing_on=date(2021, 9, 1), unit=None, title="案",
            kind="both", members=[cast.approver], actor=cast.officer, at=LATER,
        )  # fmt: skip

    assert not Case.objects.exists()


def test_an_officer_under_investigation_knows_of_it_no_more(cast: Cast) -> None:
    case = a_case(cast)

    a_suspect(cast, case, cast.second_officer.name)

    assert not _sees(cast.second_officer, case)


def test_a_recusal_is_lifted_by_a_leader_and_stays_lifted(cast: Cast) -> None:
    tie = declare_tie(cast.second_officer, kind="relative", person_name="丁某某", actor=cast.second_officer, at=LATER)
    case = a_case(cast)
    a_suspect(cast, case)
    row = Recusal.objects.get()

    object_to_recusal(row, "同名不同人", actor=cast.second_officer, at=LATER)
    with pytest.raises(Refused):
        object_to_recusal(row, "代他说", actor=cast.officer, at=LATER)
    with pytest.raises(NotAllowed):
        lift_member_recusal(case, row, actor=cast.officer, at=LATER, reason="查明")
    with pytest.raises(Invalid):
        lift_member_recusal(case, row, actor=cast.approver, at=LATER, reason=" ")
    lift_member_recusal(case, row, actor=cast.approver, at=LATER + timedelta(minutes=1), reason="查明不是同一人")

    assert not _sees(cast.second_officer, case)
    end_tie(tie, actor=cast.second_officer, at=LATER, reason="查明不是同一人")
    assert shut_out_tied(case, at=LATER + timedelta(days=2)) == []
    add_member(case, cast.second_officer, actor=cast.officer, at=LATER + timedelta(days=2))
    assert Recusal.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "name"), [("relative", ""), ("served", "丁某某"), ("relative", "   ")], ids=["nobody", "no unit", "blank"]
)
def test_a_tie_is_to_somebody(cast: Cast, kind: str, name: str) -> None:
    with pytest.raises(Invalid):
        declare_tie(cast.officer, kind=kind, person_name=name, actor=cast.officer, at=LATER)

    assert not Tie.objects.exists()


def test_meddling_is_put_on_record_even_when_it_is_over(cast: Cast) -> None:
    case = a_case(cast)
    common = {
        "kind": "pleading", "person_name": "王某", "happened_at": LATER, "content": "问能不能轻一点", "answer": "拒绝并报告",
    }  # fmt: skip

    row = log_intervention(case, **common, actor=cast.officer, at=LATER)  # type: ignore[arg-type]
    for wrong in ({"person_name": " "}, {"content": ""}, {"answer": ""}, {"happened_at": LATER + timedelta(days=1)}):
        with pytest.raises(Invalid):
            log_intervention(case, **{**common, **wrong}, actor=cast.officer, at=LATER)  # type: ignore[arg-type]
    for user in (cast.outsider, cast.auditor, cast.unit_leader):
        with pytest.raises(NotAllowed):
            log_intervention(case, **common, actor=user, at=LATER)  # type: ignore[arg-type]

    entry = Entry.objects.get(kind="case.intervention_logged")
    assert "王某".encode() not in bytes(entry.header)
    assert Intervention.objects.get() == row
    assert Notice.objects.filter(kind="case.intervention").values_list("recipient", flat=True)[0] == cast.approver.pk


def test_emergency_access_ends_by_itself_and_tells_the_security_administrator(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)
    assert not _sees(other, case)

    typed = case.number.replace("〔", " (").replace("〕", "） ")  # as a phone has it
    break_glass(typed, actor=other, at=LATER, reason="上级机关当面查问案件进展", hours=2)

    notice = Notice.objects.get(kind="access.emergency")
    grant = Grant.objects.get(emergency=True)
    assert notice.recipient == cast.security_admin
    assert case.compartment.public_id in notice.title
    assert case.number not in notice.title + notice.body
    held = {hour: case.compartment_id in set(compartments_of(other, on=LATER.date(), at=LATER + timedelta(hours=hour)).values_list("compartment_id", flat=True)) for hour in (0, 1, 2, 3)}  # fmt: skip
    assert held == {0: True, 1: True, 2: False, 3: False}
    assert grant.until == LATER.date()
    # Knowing is not acting: nothing can be decided with it.
    with pytest.raises(NotAllowed):
        advance(case, "refuse_filing", actor=other, at=LATER, reason="不立")


def test_a_security_administrator_ends_emergency_access_and_its_holder_learns_why(cast: Cast) -> None:
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)
    at = clock.now()
    break_glass(case.number, actor=other, at=at, reason="上级机关当面查问案件进展", hours=2)
    grant = Grant.objects.get(emergency=True)
    bystander = Grant.objects.get(user=cast.officer, compartment=case.compartment)

    page = _client(cast.security_admin).get(reverse("cases:emergencies")).content.decode()
    assert case.compartment.public_id in page
    assert "分管领导乙" in page
    assert not any(said in page for said in (case.number, case.title, "上级机关当面查问"))
    url = reverse("cases:emergency-end", args=[grant.pk])
    assert _client(cast.security_admin).post(url, {"reason": ""}).status_code == 400
    assert _sees(other, case)

    answer = _client(cast.security_admin).post(url, {"reason": "与上级机关核对，没有这件事"})

    assert answer["Location"] == reverse("cases:emergencies")
    assert not _sees(other, case)
    told = Notice.objects.get(recipient=other, kind="access.emergency")
    assert "没有这件事" in told.body
    entry = Entry.objects.get(kind="compartment.emergency_ended")
    assert (entry.ref, entry.payload["reason"]) == (f"compartment:{case.compartment_id}", "与上级机关核对，没有这件事")
    assert _client(cast.security_admin).post(url, {"reason": "再收一次"}).status_code == 409
    bystander.refresh_from_db()
    assert bystander.until is None
    # Ordinary access is not ended here, whoever asks.
    ordinary = reverse("cases:emergency-end", args=[bystander.pk])
    assert _client(cast.security_admin).post(ordinary, {"reason": "试一试"}).status_code == 404


def test_nobody_else_ends_emergency_access_or_reads_of_it(cast: Cast) -> None:
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)
    break_glass(case.number, actor=other, at=clock.now(), reason="上级机关当面查问案件进展", hours=2)
    grant = Grant.objects.get(emergency=True)

    for name, user in cast.everyone().items():
        if name == "security_admin":
            continue
        assert _client(user).get(reverse("cases:emergencies")).status_code == 404, name
        ended = _client(user).post(reverse("cases:emergency-end", args=[grant.pk]), {"reason": "试一试"})
        assert ended.status_code in {403, 404}, name
        assert api(user).get("/api/v1/emergency-openings/").json()["results"] == [], name
        with pytest.raises(NotAllowed):
            end_break_glass(grant, actor=user, at=clock.now(), reason="试一试")
    assert _sees(other, case)


def test_emergency_access_is_ended_over_http(cast: Cast) -> None:
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)
    break_glass(case.number, actor=other, at=clock.now(), reason="上级机关当面查问案件进展", hours=2)
    client = api(cast.security_admin)
    rows = client.get("/api/v1/emergency-openings/").json()["results"]

    assert [row["compartment"] for row in rows] == [case.compartment.public_id]
    assert set(rows[0]) == {"id", "compartment", "kind", "user", "name", "from_on", "until_at"}
    ended = client.post(f"/api/v1/emergency-openings/{rows[0]['id']}/end/", {"reason": "没有这件事"}, format="json")
    assert ended.status_code == 200
    assert not _sees(other, case)


@pytest.mark.parametrize("hours", [0, 25])
def test_emergency_access_has_a_reason_and_a_limit(cast: Cast, hours: int) -> None:
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)

    with pytest.raises(Invalid):
        break_glass(case.number, actor=other, at=LATER, reason="上级机关当面查问案件进展", hours=hours)
    with pytest.raises(Invalid):
        break_glass(case.number, actor=other, at=LATER, reason="看看", hours=2)
    assert not Grant.objects.filter(emergency=True).exists()


def test_emergency_access_gives_one_answer_for_nothing_and_for_not_you(cast: Cast) -> None:
    case = a_case(cast)
    tied = a_user("分管领导乙", Role.APPROVER)
    declare_tie(tied, kind="relative", person_name="丁某某", actor=tied, at=LATER)
    a_suspect(cast, case)
    remove_member(case, cast.second_officer, actor=cast.officer, at=LATER, reason="调离")
    answers = set()
    for number in (case.number, "浙纪立〔2021〕999号"):
        with pytest.raises(Refused) as refusal:
            break_glass(number, actor=tied, at=LATER, reason="上级机关当面查问案件进展", hours=2)
        answers.add(refusal.value.message.replace(number, "N"))
    with pytest.raises(NotAllowed):
        break_glass(case.number, actor=cast.second_officer, at=LATER, reason="上级机关当面查问案件进展", hours=2)

    assert len(answers) == 1
    assert not Notice.objects.filter(kind="access.emergency").exists()


def test_whoever_of_the_commission_leads_the_unit_is_shut_out(cast: Cast) -> None:
    case = a_case(cast)
    UnitLeader.objects.create(unit=case.unit, user=cast.second_officer, name="承办人乙", until=date(2019, 12, 31))
    UnitLeader.objects.create(unit=case.unit, user=cast.unit_leader, name="某单位负责人甲", from_on=date(2020, 1, 1))

    assert shut_out_tied(case, at=LATER) == [cast.second_officer]

    assert not _sees(cast.second_officer, case)
    assert _sees(cast.officer, case)
    assert list(Recusal.objects.values_list("user", "reason")) == [(cast.second_officer.pk, "在所涉单位任职")]
