"""Leads: raised once from matched sightings, moved only along the table, classified only when all is known."""

import re
from datetime import date
from typing import Any

import pytest

from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from tests.build import a_compartment, a_user, moment
from tests.build_units import NOW, a_block, a_lead, a_list, a_sighting, a_unit
from tests.cast import Cast
from units.enums import Classification, Disposition, LeadState, QuestionKind, UnitKind
from units.lead_workflow import MOVES, move_named
from units.models import ChangeSet, Lead, Question, QuestionEvidence, Registration, Sighting
from units.services.change_sets import handle_leads, undo_change_set
from units.services.dispositions import (
    dispose_lead,
    move_lead,
    propose_disposition,
    undo_disposition,
)
from units.services.leads import assign_lead, mark_filed, note_lead, raise_leads
from units.services.questions import add_evidence, classify_lead, settle_question

pytestmark = pytest.mark.django_db
LATER = moment("2021-08-20 10:00")


def test_one_lead_for_each_public_unit(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    seen = a_list(circle)
    school, company = a_unit("职教中心"), a_unit("某公司", kind=UnitKind.OTHER)
    block = a_block(school, "10.0.0.0/24")
    for ip, at in (
        ("10.0.0.1", "2021-07-02 08:00"),
        ("10.0.0.1", "2021-07-29 23:41"),
        ("10.0.0.2", "2021-07-03 08:00"),
    ):
        a_sighting(seen, ip, at=at, block=block)
    other = a_sighting(seen, "192.0.2.1", block=a_block(company, "192.0.2.0/24"))
    registered = Registration.objects.create(unit=school, device="一号机", purpose="研究", from_on=date(2021, 1, 1))
    explained = a_sighting(seen, "10.0.0.9", block=block, registration=registered)

    (lead,) = raise_leads(seen, handler=cast.officer, actor=cast.campaign_officer, at=NOW)

    assert (lead.unit, lead.state) == (school, LeadState.ASSIGNED)
    assert re.fullmatch(r"2021-挖[2-9A-Z]{3}-0001", lead.number)
    assert sorted(lead.questions.values_list("kind", flat=True)) == ["extent", "machine", "nature"]
    first = lead.addresses.get(ip="10.0.0.1")
    assert (first.first_seen_at, first.last_seen_at) == (moment("2021-07-02 08:00"), moment("2021-07-29 23:41"))
    assert lead.sightings.count() == 3
    assert QuestionEvidence.objects.get(stance="for").candidate == "28 天以上"
    clock = Deadline.objects.get()
    assert (clock.kind, clock.due_on, clock.holder) == ("L01", date(2021, 9, 2), cast.officer)
    other.refresh_from_db()
    explained.refresh_from_db()
    assert (other.lead, explained.lead) == (None, None)
    assert raise_leads(seen, actor=cast.campaign_officer, at=NOW) == []
    assert Lead.objects.count() == 1


def test_new_sightings_go_to_the_open_lead_and_a_new_lead_names_the_ended_one(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    block = a_block(a_unit(), "10.0.0.0/24")
    july = a_list(circle)
    a_sighting(july, "10.0.0.1", block=block)
    (lead,) = raise_leads(july, actor=cast.campaign_officer, at=NOW)
    august = a_list(circle, sampled_at=moment("2021-08-31 18:00"))
    a_sighting(august, "10.0.0.2", at="2021-08-20 08:00", block=block)
    assert raise_leads(august, actor=cast.campaign_officer, at=LATER) == [lead]
    assert lead.addresses.count() == 2
    Lead.objects.filter(pk=lead.pk).update(state=LeadState.CLOSED)
    october = a_list(circle, sampled_at=moment("2021-10-31 18:00"))
    a_sighting(october, "10.0.0.1", at="2021-10-20 08:00", block=block)

    (relapse,) = raise_leads(october, actor=cast.campaign_officer, at=moment("2021-11-02 09:00"))

    assert (relapse.earlier, relapse.number) == (lead, lead.number.replace("0001", "0002"))


def test_a_handler_belongs_to_the_compartment(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()), state=LeadState.REGISTERED)
    bystander = a_lead(a_unit(), lead.compartment, state=LeadState.REGISTERED)
    with pytest.raises(Refused) as refusal:
        assign_lead(lead, cast.outsider, actor=cast.approver, at=NOW)
    assert refusal.value.code == "handler_outside"

    assign_lead(lead, cast.officer, actor=cast.approver, at=NOW)

    lead.refresh_from_db()
    bystander.refresh_from_db()
    assert (lead.handler, lead.state) == (cast.officer, LeadState.ASSIGNED)
    assert (bystander.handler, bystander.state) == (None, LeadState.REGISTERED)


@pytest.mark.parametrize("way", Disposition.values)
def test_proposing_and_deciding_are_two_people(cast: Cast, way: str) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    bystander = a_lead(a_unit(), lead.compartment)
    organ = Organisation.objects.create(code="JX", name="省经信厅", kind=OrganisationKind.AGENCY)
    with pytest.raises(Refused) as refusal:
        dispose_lead(lead, way, actor=cast.approver, at=NOW)
    assert refusal.value.code == "wrong_state"
    propose_disposition(lead, way, actor=cast.officer, at=NOW, reason="现场与监测一致")
    with pytest.raises(NotAllowed):
        dispose_lead(lead, way, actor=cast.hearing_officer, at=NOW)

    done = dispose_lead(lead, way, actor=cast.approver, at=LATER, to=organ)

    assert (done.state, done.disposition, done.disposed_by) == (way, way, cast.approver)
    assert list(Entry.objects.of(f"lead:{lead.pk}").values_list("kind", flat=True)) == [
        "lead.proposed",
        "lead.disposed",
    ]
    bystander.refresh_from_db()
    assert (bystander.state, bystander.disposition, bystander.version) == (LeadState.UNDER_STUDY, "", 1)
    with pytest.raises(Refused):
        mark_filed(bystander, source_ref="case:1", actor=cast.officer, at=LATER)


def test_nobody_decides_on_the_own_proposal(cast: Cast) -> None:
    both = a_user("兼任", Role.CASE_OFFICER, Role.APPROVER)
    lead = a_lead(a_unit(), a_compartment(both, *cast.members()))
    propose_disposition(lead, Disposition.SHELVED, actor=both, at=NOW)
    with pytest.raises(Refused) as refusal:
        dispose_lead(lead, Disposition.SHELVED, actor=both, at=NOW)
    assert refusal.value.code == "own_proposal"


def test_another_decision_than_proposed_needs_a_reason(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    propose_disposition(lead, Disposition.CLOSED, actor=cast.officer, at=NOW)
    with pytest.raises(Invalid):
        dispose_lead(lead, Disposition.VERIFICATION, actor=cast.approver, at=NOW)
    assert (
        dispose_lead(lead, Disposition.VERIFICATION, actor=cast.approver, at=NOW, reason="有实物").state
        == "verification"
    )


@pytest.mark.parametrize("state", LeadState.values)
@pytest.mark.parametrize("move", [move.name for move in MOVES if move.by_hand])
def test_moves_by_hand_follow_the_table(cast: Cast, move: str, state: str) -> None:
    unit, circle = a_unit(), a_compartment(*cast.members())
    target = a_lead(a_unit(), circle)
    lead = a_lead(unit, circle, state=state, merged_into=target if state == LeadState.MERGED else None)
    step = move_named(move)
    if state in step.sources:
        assert move_lead(lead, move, actor=cast.approver if "dispose" in step.act or "assign" in step.act else cast.officer,
                         at=NOW, reason="理由").state == step.target  # fmt: skip
    else:
        with pytest.raises(Refused):
            move_lead(lead, move, actor=cast.approver if "dispose" in step.act or "assign" in step.act else cast.officer,
                      at=NOW, reason="理由")  # fmt: skip


def test_undo_takes_back_a_change_set_while_nothing_rests_on_it(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    seen = a_list(circle)
    for number in range(3):
        a_sighting(seen, f"10.0.{number}.1", block=a_block(a_unit(), f"10.0.{number}.0/24"))
    leads = raise_leads(seen, handler=cast.officer, actor=cast.campaign_officer, at=NOW)
    bystander = a_lead(a_unit(), circle)

    name = handle_leads(leads[:2], Disposition.VERIFICATION, actor=cast.officer, at=NOW)

    assert list(Lead.objects.filter(change_set=name)) == leads[:2]
    assert Deadline.objects.live().count() == 1
    assert undo_change_set(name, actor=cast.officer, at=NOW) == 2
    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).values_list("state", flat=True)) == {"assigned"}
    assert Deadline.objects.live().count() == 3
    bystander.refresh_from_db()
    assert bystander.version == 1
    name = handle_leads(leads[:2], Disposition.VERIFICATION, actor=cast.officer, at=NOW)
    dispose_lead(leads[0], Disposition.VERIFICATION, actor=cast.approver, at=NOW)
    mark_filed(leads[0], source_ref="case:1", actor=cast.officer, at=NOW)
    with pytest.raises(Refused):
        undo_disposition(leads[0], actor=cast.approver, at=NOW)
    with pytest.raises(Refused):
        undo_disposition(leads[1], actor=cast.second_officer, at=NOW)


def test_a_lead_is_classified_only_when_all_three_questions_are_settled(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    bystander = a_lead(a_unit(), lead.compartment)
    with pytest.raises(NotReady) as refusal:
        classify_lead(lead, Classification.ACTIVE, actor=cast.officer, at=NOW)
    assert [missing.text for missing in refusal.value.missing] == [f"还没有认定：{kind.label}" for kind in QuestionKind]
    for kind, answer in (("machine", "机房自购矿机 3 台"), ("extent", "111 天"), ("nature", "active")):
        question = Question.objects.get(lead=lead, kind=kind)
        settle_question(question, answer, source_ref="现场笔录第 3 页", actor=cast.officer, at=NOW)
    with pytest.raises(NotReady):
        classify_lead(lead, Classification.PASSIVE, actor=cast.officer, at=NOW)

    assert classify_lead(lead, Classification.ACTIVE, actor=cast.officer, at=NOW).classification == "active"

    nature = Question.objects.get(lead=lead, kind="nature")
    with pytest.raises(Refused):
        settle_question(nature, "passive", source_ref="杀毒日志", actor=cast.officer, at=NOW, reason="新证据")
    bystander.refresh_from_db()
    assert (bystander.classification, bystander.questions.filter(answer="").count()) == ("", 3)


@pytest.mark.parametrize(("answer", "source"), [("", "笔录"), ("active", ""), ("不知道", "笔录"), ("  ", "  ")])
def test_a_question_needs_answer_and_source(cast: Cast, answer: str, source: str) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    nature = Question.objects.get(lead=lead, kind="nature")
    with pytest.raises(Invalid):
        settle_question(nature, answer, source_ref=source, actor=cast.officer, at=NOW)
    assert Question.objects.get(pk=nature.pk).is_open


def test_research_needs_a_registration(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    for question in lead.questions.all():
        answer = "research" if question.kind == "nature" else "一台"
        settle_question(question, answer, source_ref="笔录", actor=cast.officer, at=NOW)
    with pytest.raises(NotReady) as refusal:
        classify_lead(lead, Classification.RESEARCH, actor=cast.officer, at=NOW)
    assert "备案" in refusal.value.missing[0].text
    Registration.objects.create(unit=lead.unit, device="一号机", purpose="研究", from_on=date(2021, 1, 1))
    assert classify_lead(lead, Classification.RESEARCH, actor=cast.officer, at=NOW).classification == "research"


def test_a_passive_unit_goes_down_no_punitive_track(cast: Cast) -> None:
    lead = a_lead(
        a_unit(), a_compartment(*cast.members()), state=LeadState.VERIFICATION, classification="passive",
        classified_at=NOW, classified_by=cast.officer,
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        mark_filed(lead, source_ref="case:1", actor=cast.officer, at=NOW)
    assert refusal.value.code == "not_punitive"


def test_notes_and_evidence_keep_personal_text_out_of_the_record(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    note_lead(lead, "丁某某自购矿机", actor=cast.officer, at=NOW)
    add_evidence(
        lead.questions.get(kind="machine"), "自购矿机", "for", "采购凭证", actor=cast.officer, at=NOW, ref="item:1"
    )
    for entry in Entry.objects.of(f"lead:{lead.pk}"):
        assert "矿机" not in bytes(entry.header).decode()
    assert Lead.objects.get(pk=lead.pk).note == "丁某某自购矿机"


def test_who_sees_leads_and_sightings(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    lead = a_lead(a_unit(leader=cast.unit_leader), circle)
    row = a_sighting(a_list(circle), "10.0.0.1")
    inside = {user.pk for user in (*cast.members(), cast.auditor)}
    for name, user in cast.everyone().items():
        expected = user.pk in inside
        assert Lead.objects.visible_to(user).filter(pk=lead.pk).exists() == expected, name
        assert Sighting.objects.visible_to(user).filter(pk=row.pk).exists() == expected, name
        assert Question.objects.visible_to(user).exists() == expected, name


def test_thousands_of_leads_are_one_change_set_in_a_fixed_number_of_questions(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    circle = a_compartment(*cast.members())
    unit = a_unit()
    Lead.objects.bulk_create(
        Lead(number=f"2021-挖TST-{number:04d}", unit=unit, compartment=circle, received_on=date(2021, 8, 2))
        for number in range(400)
    )
    leads = list(Lead.objects.order_by("pk"))
    bystander = a_lead(a_unit(), circle)
    with django_assert_max_num_queries(40):
        name = handle_leads(leads, Disposition.INQUIRY, actor=cast.officer, at=NOW, conditions="状态：分析研判")
    made = ChangeSet.objects.get(name=name)
    assert (made.count, made.conditions, made.made_by) == (400, "状态：分析研判", cast.officer)
    (entry,) = Entry.objects.of(f"changeset:{made.pk}").filter(kind="leads.handled")
    assert entry.payload["data"]["leads"] == [lead.pk for lead in leads]
    assert Entry.objects.filter(kind="lead.proposed").count() == 400
    with django_assert_max_num_queries(60):
        assert undo_change_set(name, actor=cast.officer, at=LATER) == 400
    assert Entry.objects.of(f"lead:{leads[7].pk}").last().stream_seq == 2
    assert undo_change_set(name, actor=cast.officer, at=LATER) == 0
    bystander.refresh_from_db()
    assert bystander.version == 1
    handle_leads(leads[:3], Disposition.SHELVED, actor=cast.officer, at=LATER)
    with pytest.raises(NotReady) as refusal:
        handle_leads(leads[:5], Disposition.SHELVED, actor=cast.officer, at=LATER)
    assert len(refusal.value.missing) == 3
    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in leads[3:5]]).values_list("state", flat=True)) == {
        LeadState.UNDER_STUDY
    }


def test_a_passive_lead_ends_only_after_its_unit_has_put_right_with_proof(cast: Cast) -> None:
    given = {"classification": "passive", "classified_at": NOW, "classified_by": cast.officer}
    lead = a_lead(a_unit(), a_compartment(*cast.members()), **given)
    propose_disposition(lead, Disposition.CLOSED, actor=cast.officer, at=NOW)
    with pytest.raises(NotReady) as refusal:
        dispose_lead(lead, Disposition.CLOSED, actor=cast.approver, at=NOW)
    assert [item.text for item in refusal.value.missing] == [
        "被动“挖矿”的整改还没有附证明", "被动“挖矿”的整改还没有核查销号",
    ]  # fmt: skip
    with pytest.raises(NotReady):
        handle_leads([lead], Disposition.CLOSED, actor=cast.approver, at=NOW)


def test_the_refusal_to_classify_names_the_open_questions(cast: Cast) -> None:
    lead = a_lead(a_unit(), a_compartment(*cast.members()))
    for kind in ("machine", "nature"):
        answer = "active" if kind == "nature" else "自购矿机"
        settle_question(lead.questions.get(kind=kind), answer, source_ref="笔录", actor=cast.officer, at=NOW)
    with pytest.raises(NotReady) as refusal:
        classify_lead(lead, Classification.ACTIVE, actor=cast.officer, at=NOW)
    assert refusal.value.message == "不能定性：因为“几台、多久、多少”还没有认定。可以先逐个认定。"
