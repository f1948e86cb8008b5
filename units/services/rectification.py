"""Putting right (整改): a duty with measures and a day, the unit's result with proof, the check, the close-out."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services import meet_deadline, open_deadline
from casework.files.models import Blob
from casework.ledger.record import record
from casework.notices.models import Level
from casework.notices.services.owing import owe_notice
from units.enums_campaign import InspectionState, RectificationState
from units.models import CampaignUnit, Finding, Rectification, SelfInspection, UnitLeader
from units.policy_campaign import leads
from units.services.inspection_steps import begin, finish, locked
from units.services.issuing import RULE, leaders_on
from units.services.rectification_checks import last_check, missing_for_close


def ref_of(rectification: Rectification) -> str:
    """Return the text reference in ledger, deadlines and notices."""
    return f"rectification:{rectification.pk}"


def order_rectification(
    campaign_unit: CampaignUnit,
    *,
    title: str,
    measures: str,
    due_on: date,
    actor: User,
    at: datetime,
    inspection: SelfInspection | None = None,
    finding: Finding | None = None,
) -> Rectification:
    """Lay a duty on the unit, with its own clock; the first one moves a verified report to 整改中.

    ``title`` and ``measures`` are read by the unit: they must not say what is known of it beyond its own report.
    """
    require(actor, "rectification.order", campaign_unit)
    _check_order(campaign_unit, title, measures, due_on, timezone.localdate(at), inspection, finding)
    with transaction.atomic():
        row = locked(inspection) if inspection else None
        if row is not None and row.state != InspectionState.RECTIFYING:
            begin(row, "rectify", actor=actor, at=at)
        leader = _leader(campaign_unit, timezone.localdate(at))
        duty = Rectification.objects.create(
            campaign_unit=campaign_unit,
            inspection=row,
            finding=finding,
            title=title.strip(),
            measures=measures.strip(),
            ordered_at=at,
            ordered_by=actor,
            due_on=due_on,
        )
        clock = open_deadline(
            ref_of(duty),
            RULE,
            start_on=timezone.localdate(at),
            actor=actor,
            at=at,
            title=_("%(unit)s整改：%(title)s") % {"unit": campaign_unit.unit.name[:80], "title": duty.title[:100]},
            holder=leader.user if leader else None,
            compartment=campaign_unit.campaign.compartment,
            named_on=due_on,
        )
        if clock.due_on != duty.due_on:
            duty.due_on = clock.due_on
            duty.bump("due_on")
        record(
            "rectification.ordered",
            ref=ref_of(duty),
            actor=actor,
            at=at,
            data={
                "unit": campaign_unit.unit.code,
                "title": duty.title,
                "due_on": duty.due_on,
                "inspection": row.pk if row else 0,
            },
        )
        if row is not None and row.state == InspectionState.VERIFIED:
            finish(row, "rectify", actor=actor, at=at, data={"rectification": duty.pk})
        _tell(duty, leader, "ordered", _("整改通知：%(title)s") % {"title": duty.title}, at)
    return duty


def _check_order(
    campaign_unit: CampaignUnit,
    title: str,
    measures: str,
    due_on: date,
    day: date,
    inspection: SelfInspection | None,
    finding: Finding | None,
) -> None:
    wrong = {}
    if not title.strip():
        wrong["title"] = _("写明整改事项。")
    if not measures.strip():
        wrong["measures"] = _("写明要求的措施。")
    if due_on < day:
        wrong["due_on"] = _("整改期限 %(due)s 早于今天。可以改成以后的日期。") % {"due": due_on}
    if inspection is not None and inspection.campaign_unit_id != campaign_unit.pk:
        wrong["inspection"] = _("自查报告属于另一家单位。")
    if finding is not None and finding.campaign_unit_id != campaign_unit.pk:
        wrong["finding"] = _("发现属于另一家单位。")
    if wrong:
        raise Invalid(_("不能下发整改：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)


def _leader(campaign_unit: CampaignUnit, day: date) -> UnitLeader | None:
    return leaders_on([campaign_unit.unit_id], day).get(campaign_unit.unit_id)


def _tell(duty: Rectification, leader: UnitLeader | None, what: str, title: str, at: datetime) -> None:
    if leader is None or leader.user is None:
        return
    owe_notice(
        key=f"{ref_of(duty)}:{what}:{duty.version}:{leader.user_id}",
        to=leader.user,
        kind=f"rectification.{what}",
        title=title[:200],
        body=_("期限 %(due)s。") % {"due": duty.due_on},
        ref=ref_of(duty),
        url=reverse("units:portal-rectification", args=[duty.pk]),
        due_on=duty.due_on,
        level=Level.WARN if what == "returned" else Level.INFO,
        at=at,
    )


def report_rectification(
    rectification: Rectification,
    *,
    done: str,
    actor: User,
    at: datetime,
    proof: Blob | None = None,
    proof_name: str = "",
) -> Rectification:
    """Report what was done, with proof; when every duty of the report is reported it moves to 整改完成."""
    with transaction.atomic():
        inspection = locked(rectification.inspection) if rectification.inspection else None
        duty = Rectification.locked(rectification.pk)
        if not actor.is_active or not leads(actor, duty.campaign_unit.unit_id, timezone.localdate(at)):
            raise NotAllowed(_("不能报整改结果：您不是这个单位现任的负责人。可以请现任负责人办理。"))
        if duty.state != RectificationState.OPEN:
            raise Refused(
                _("不能报整改结果：这件整改已经是“%(state)s”。") % {"state": duty.get_state_display()},
                code="wrong_state",
            )
        if not done.strip():
            raise Invalid(_("不能报整改结果：没有写明做了什么。"), details={"done": _("写明措施、时间和负责的人。")})
        duty.done, duty.state = done.strip(), RectificationState.REPORTED
        duty.reported_at, duty.reported_by = at, actor
        if proof is not None:
            duty.proof, duty.proof_name = proof, proof_name[-200:]
        duty.bump("done", "state", "reported_at", "reported_by", "proof", "proof_name")
        clock = Deadline.objects.live().filter(ref=ref_of(duty), kind=RULE).first()
        if clock is not None:
            meet_deadline(clock, actor=actor, at=at)
        record(
            "rectification.reported",
            ref=ref_of(duty),
            actor=actor,
            at=at,
            data={"proof": duty.proof.sha256 if duty.proof else ""},
            personal={"done": duty.done},
        )
        waiting = inspection is not None and inspection.rectifications.filter(state=RectificationState.OPEN).exists()
        if inspection is not None and inspection.state == InspectionState.RECTIFYING and not waiting:
            begin(inspection, "rectified", actor=actor, at=at)
            finish(inspection, "rectified", actor=actor, at=at)
    return duty


def return_rectification(
    rectification: Rectification, *, remark: str, due_on: date, actor: User, at: datetime
) -> Rectification:
    """Send a result back because it is not enough, or because a re-scan hit again (复测再现), with a new day."""
    require(actor, "rectification.return", rectification)
    day = timezone.localdate(at)
    wrong = {}
    if not remark.strip():
        wrong["remark"] = _("写明还要做什么。")
    if due_on < day:
        wrong["due_on"] = _("整改期限 %(due)s 早于今天。可以改成以后的日期。") % {"due": due_on}
    if wrong:
        raise Invalid(_("不能退回整改：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        inspection = locked(rectification.inspection) if rectification.inspection else None
        duty = Rectification.locked(rectification.pk)
        if duty.state != RectificationState.REPORTED:
            raise Refused(
                _("不能退回整改：这件整改是“%(state)s”。") % {"state": duty.get_state_display()}, code="wrong_state"
            )
        leader = _leader(duty.campaign_unit, day)
        clock = open_deadline(
            ref_of(duty),
            RULE,
            start_on=day,
            actor=actor,
            at=at,
            title=_("%(unit)s整改：%(title)s") % {"unit": duty.campaign_unit.unit.name[:80], "title": duty.title[:100]},
            holder=leader.user if leader else None,
            compartment=duty.campaign_unit.campaign.compartment,
            named_on=due_on,
        )
        duty.state, duty.remark, duty.due_on = RectificationState.OPEN, remark.strip(), clock.due_on
        duty.bump("state", "remark", "due_on")
        record(
            "rectification.returned",
            ref=ref_of(duty),
            actor=actor,
            at=at,
            data={"due_on": duty.due_on},
            personal={"remark": duty.remark},
        )
        if inspection is not None and inspection.state == InspectionState.RECTIFIED:
            begin(inspection, "relapse", actor=actor, at=at)
            finish(inspection, "relapse", actor=actor, at=at, data={"rectification": duty.pk})
        _tell(duty, leader, "returned", _("整改退回：%(title)s") % {"title": duty.title}, at)
    return duty


def close_rectification(rectification: Rectification, *, actor: User, at: datetime, checked: str = "") -> Rectification:
    """Close the duty out (销号) after it was checked; refused while a check or the monitor says otherwise.

    ``checked`` says how it was checked and is never shown to the unit; by default the note of the last check.
    """
    require(actor, "rectification.close", rectification)
    with transaction.atomic():
        duty = Rectification.locked(rectification.pk)
        if duty.state == RectificationState.CLOSED:
            return duty
        missing = missing_for_close(duty, actor, checked)
        if missing:
            raise NotReady(_("不能销号：还差 %(n)s 项。") % {"n": len(missing)}, missing)
        last = last_check(duty)
        duty.checked = checked.strip() or (last.note if last else "")
        duty.state, duty.closed_at, duty.closed_by = RectificationState.CLOSED, at, actor
        duty.bump("state", "checked", "closed_at", "closed_by")
        record(
            "rectification.closed",
            ref=ref_of(duty),
            actor=actor,
            at=at,
            data={"unit": duty.campaign_unit.unit.code, "check": last.pk if last else 0},
            personal={"checked": duty.checked},
        )
        _tell(duty, _leader(duty.campaign_unit, timezone.localdate(at)), "closed", _("整改已销号"), at)
    return duty
