"""Relapse: the duty comes back, the earlier report stands beside it, and whether the leader answers is decided."""

from datetime import date

import pytest

from casework.core.errors import Invalid, NotAllowed, Refused
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import a_compartment, moment
from tests.build_campaigns import Scene, a_scene, campaign_unit_of, submitted
from tests.build_exchange import a_next_list
from tests.build_units import a_block
from tests.cast import Cast
from units.enums import LeadState
from units.enums_campaign import InspectionState, RectificationState
from units.enums_exchange import LiabilityState, RelapseKind
from units.models import Lead, LiabilityItem, Question, QuestionEvidence, Rectification, Registration, SelfInspection
from units.selectors.relapse import beside
from units.services.campaigns import set_outcome
from units.services.leads import raise_leads
from units.services.relapse import decide_liability, note_talk, reopen_duty
from units.services.reviews import accept_report, close_report, start_review, verify_report

pytestmark = pytest.mark.django_db
BACK = moment("2021-12-02 09:00")


def _closed(scene: Scene, cast: Cast) -> SelfInspection:
    inspection, officer, at = scene.inspection, cast.campaign_officer, moment("2021-10-26 12:00")
    set_outcome(campaign_unit_of(inspection), "cleared", basis_ref=inspection.ref, actor=officer, at=at)
    submitted(inspection, cast.unit_leader, at=at)
    start_review(inspection, actor=officer, at=at)
    verify_report(inspection, actor=officer, at=at)
    accept_report(inspection, actor=cast.approver, at=at)
    close_report(inspection, actor=officer, at=at)
    inspection.refresh_from_db()
    return inspection


def _lists(scene: Scene, cast: Cast) -> tuple[Lead, LiabilityItem | None]:
    """Three lists in a compartment of their own: seen, gone, back; the bystander's address is there throughout."""
    circle = a_compartment(*cast.members())
    block, other = a_block(scene.unit, "10.0.0.0/24"), a_block(scene.other_unit, "10.0.9.0/24")
    a_next_list(circle, "2021-07-20", {"10.0.0.1": block, "10.0.9.1": other})
    a_next_list(circle, "2021-09-20", {"10.0.9.1": other})
    third = a_next_list(circle, "2021-11-20", {"10.0.0.1": block, "10.0.0.2": block, "10.0.9.1": other})
    leads = raise_leads(third, handler=cast.officer, actor=cast.campaign_officer, at=BACK)
    lead = next(one for one in leads if one.unit_id == scene.unit.pk)
    return lead, LiabilityItem.objects.filter(lead=lead).first()


def test_an_address_that_is_back_reopens_the_duty_and_asks_for_the_leader(cast: Cast) -> None:
    scene = a_scene(cast)
    report = _closed(scene, cast)

    _lead, item = _lists(scene, cast)

    assert item is not None
    assert LiabilityItem.objects.count() == 1
    assert (item.kind, item.state, item.report, item.leader) == (
        RelapseKind.ADDRESS, LiabilityState.OPEN, report, scene.unit.leaders.get(),
    )  # fmt: skip
    (back,) = item.addresses.all()
    assert (back.ip, back.before_at, back.again_at) == (
        "10.0.0.1", moment("2021-07-20 08:00"), moment("2021-11-20 08:00"),
    )  # fmt: skip
    report.refresh_from_db()
    duty = Rectification.objects.get(inspection=report)
    assert (report.state, duty.state) == (InspectionState.RECTIFYING, RectificationState.OPEN)
    assert item.rectification == duty
    assert "10.0.0.1" not in duty.title + duty.measures
    told = Notice.objects.get(recipient=cast.unit_leader, ref=f"rectification:{duty.pk}")
    assert "10.0.0" not in told.title + told.body
    assert set(Notice.objects.filter(ref=item.ref).values_list("recipient__name", flat=True)) == {
        "承办人甲", "受理员甲", "专项行动办甲",
    }  # fmt: skip
    scene.bystander.refresh_from_db()
    assert scene.bystander.state == InspectionState.ISSUED
    seen = beside(item, cast.officer)
    assert (seen.report, seen.times, [row.ip for row in seen.back]) == (report, 2, ["10.0.0.1"])
    assert reopen_duty(item, actor=cast.campaign_officer, at=BACK).rectification == duty
    assert Rectification.objects.count() == 1


def test_the_leader_is_heard_before_it_is_decided_and_by_somebody_else(cast: Cast) -> None:
    scene = a_scene(cast)
    _closed(scene, cast)
    _lead, item = _lists(scene, cast)
    assert item is not None
    decide = {"held": True, "reason": "整改后再犯，管理失职"}
    with pytest.raises(Refused) as refusal:
        decide_liability(item, actor=cast.approver, at=BACK, **decide)
    assert refusal.value.code == "not_heard"
    with pytest.raises(Invalid):
        note_talk(item, talked_on=date(2021, 12, 9), statement="下周", actor=cast.officer, at=BACK)
    note_talk(item, talked_on=BACK.date(), statement="新来的实验员又装了", actor=cast.officer, at=BACK)
    with pytest.raises(NotAllowed):
        decide_liability(item, actor=cast.officer, at=BACK, **decide)

    done = decide_liability(item, actor=cast.approver, at=BACK, **decide)

    assert (done.state, done.decided_by) == (LiabilityState.HELD, cast.approver)
    for act in (
        lambda: note_talk(item, talked_on=BACK.date(), statement="改口", actor=cast.officer, at=BACK),
        lambda: decide_liability(item, actor=cast.approver, at=BACK, held=False, reason="改"),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "decided"
    kinds = list(Entry.objects.of(item.ref).values_list("kind", flat=True))
    assert kinds == ["liability.opened", "liability.duty_reopened", "liability.talked", "liability.decided"]
    for name, user in cast.everyone().items():
        expected = user in {*cast.members(), cast.auditor}
        assert LiabilityItem.objects.visible_to(user).exists() == expected, name


def test_a_unit_whose_lead_had_ended_is_a_relapse_too_and_may_wait_for_the_order(cast: Cast) -> None:
    scene = a_scene(cast)
    circle = a_compartment(*cast.members())
    block = a_block(scene.unit, "10.0.0.0/24")
    first = a_next_list(circle, "2021-07-20", {"10.0.0.1": block})
    (lead,) = raise_leads(first, actor=cast.campaign_officer, at=moment("2021-07-22 09:00"))
    Lead.objects.filter(pk=lead.pk).update(state=LeadState.CLOSED)
    second = a_next_list(circle, "2021-11-20", {"10.0.0.5": block})

    (again,) = raise_leads(second, actor=cast.campaign_officer, at=BACK, reopen=False)

    item = LiabilityItem.objects.get()
    assert (again.earlier, item.lead, item.kind, item.rectification) == (lead, again, RelapseKind.UNIT, None)
    with pytest.raises(Refused) as refusal:
        reopen_duty(item, actor=cast.campaign_officer, at=BACK)
    assert refusal.value.code == "no_report"


def test_what_lies_outside_a_registration_is_an_alarm(cast: Cast) -> None:
    scene = a_scene(cast)
    circle = a_compartment(*cast.members())
    block = a_block(scene.unit, "10.0.0.0/24")
    Registration.objects.create(
        unit=scene.unit, device="教学平台", purpose="教学", from_on=date(2021, 1, 1), network="10.0.0.8/32"
    )
    seen = a_next_list(circle, "2021-07-20", {"10.0.0.1": block, "10.0.9.1": a_block(scene.other_unit, "10.0.9.0/24")})

    leads = raise_leads(seen, handler=cast.officer, actor=cast.campaign_officer, at=moment("2021-07-22 09:00"))

    alarms = Notice.objects.filter(kind=f"lead.outside:{seen.pk}")
    assert {notice.recipient for notice in alarms} == {cast.officer, cast.intake, cast.campaign_officer}
    assert {notice.level for notice in alarms} == {"alarm"}
    against = QuestionEvidence.objects.get(stance="against")
    own = next(lead for lead in leads if lead.unit_id == scene.unit.pk)
    assert (against.question, against.candidate) == (Question.objects.get(lead=own, kind="nature"), "research")
