"""What becomes of the 78 leads: disposed of within the month, their three questions settled, classified."""

from datetime import datetime
from zoneinfo import ZoneInfo

from casework.scenarios.zhejiang_2021.inspection import visits
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.places import Place, outcome_of
from units.enums import Classification, Disposition, QuestionKind
from units.models import Campaign, Lead, SelfInspection
from units.services.change_sets import handle_leads
from units.services.questions import classify_lead, settle_question

SHANGHAI = ZoneInfo("Asia/Shanghai")
PROPOSED_AT = datetime(2021, 8, 16, 10, 0, tzinfo=SHANGHAI)
DECIDED_AT = datetime(2021, 8, 17, 16, 0, tzinfo=SHANGHAI)
SETTLED_AT = datetime(2021, 11, 8, 9, 0, tzinfo=SHANGHAI)


def dispose(campaign: Campaign, places: list[Place], crew: Crew) -> None:
    """Propose and decide: verification where a visit is planned, inquiry elsewhere, the doubtful ones laid by."""
    visited = {visit.place.code for visit in visits(places)}
    ways = {}
    for number, place in enumerate(places):
        if place.code in visited:
            ways[place.code] = Disposition.VERIFICATION
        else:
            ways[place.code] = Disposition.INQUIRY if outcome_of(number) else Disposition.SHELVED
    leads = list(Lead.objects.filter(campaign=campaign).select_related("unit").order_by("pk"))
    for way in (Disposition.VERIFICATION, Disposition.INQUIRY, Disposition.SHELVED):
        chosen = [lead for lead in leads if ways[lead.unit.code] == way]
        handle_leads(chosen, way, actor=crew["officer1"], at=PROPOSED_AT, reason="按监测记录和单位情况提出。")
        decided = Lead.objects.filter(pk__in=[lead.pk for lead in chosen]).order_by("pk")
        handle_leads(decided, way, actor=crew["approver1"], at=DECIDED_AT, reason="同意。")


def settle(campaign: Campaign, places: list[Place], crew: Crew) -> None:
    """Settle what the inspection has not settled, on the units' own reports, and classify."""
    outcomes = {place.code: outcome_of(number) for number, place in enumerate(places)}
    reports = {
        row.unit_id: row.ref
        for row in SelfInspection.objects.filter(stage__campaign=campaign, stage__code="self_inspection")
    }
    actor = crew["officer1"]
    for lead in Lead.objects.filter(campaign=campaign, unit__code__in=outcomes).select_related("unit").order_by("pk"):
        outcome = outcomes[lead.unit.code]
        if not outcome:
            continue
        answers = {
            QuestionKind.MACHINE: "见自查报告终端清单和封存清单",
            QuestionKind.EXTENT: "见自查报告，时长按日志核对",
            QuestionKind.NATURE: outcome,
        }
        for question in lead.questions.filter(settled_at=None).order_by("pk"):
            settle_question(
                question,
                answers[QuestionKind(question.kind)],
                source_ref=reports[lead.unit_id],
                actor=actor,
                at=SETTLED_AT,
            )
        if not lead.classification:
            lead.refresh_from_db()
            classify_lead(lead, Classification(outcome), actor=actor, at=SETTLED_AT)
