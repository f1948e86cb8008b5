"""What the campaign office does with a submitted report."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.deadlines.selectors import current_calendar
from casework.deadlines.services import cancel_deadline, open_deadline
from casework.ledger.record import record
from casework.notices.models import Level
from casework.notices.services.owing import owe_notice
from units.enums_campaign import InspectionState, SpotCheckResult
from units.models import ReturnRemark, SelfInspection, SpotCheck, SpotCheckDraw, Stage
from units.rules.answers import answered
from units.rules.drawing import drawn, new_seed
from units.selectors.false_reports import reported_falsely
from units.selectors.self_inspections import gaps_of, template_of
from units.services.inspection_steps import begin, finish, locked
from units.services.issuing import RULE, leaders_on, live_deadline

#: Working days that a unit gets for the corrections when the original due day has passed.
CORRECTION_DAYS = 5


def start_review(inspection: SelfInspection, *, actor: User, at: datetime) -> SelfInspection:
    """Take a submitted report into review; whoever does so is its reviewer."""
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "start_review", actor=actor, at=at)
        row.reviewer = actor
        return finish(row, "start_review", actor=actor, at=at, fields=("reviewer",))


def withdraw_report(inspection: SelfInspection, *, actor: User, at: datetime, reason: str) -> SelfInspection:
    """Withdraw a report that is still owed, because the unit is gone or was listed by mistake; its clock is voided.

    ``reason`` is read by the unit. What it has filled in stays readable.
    """
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "withdraw", actor=actor, at=at, reason=reason)
        row.withdrawn_reason = reason.strip()[:300]
        clock = live_deadline(row)
        if clock is not None:
            cancel_deadline(clock, actor=actor, at=at, reason=reason)
        finish(row, "withdraw", actor=actor, at=at, reason=reason, fields=("withdrawn_reason",))
        _tell(row, "withdrawn", _("自查自纠任务已撤回"), at)
    return row


def return_report(
    inspection: SelfInspection,
    remarks: Mapping[str, str],
    *,
    actor: User,
    at: datetime,
    due_on: date | None = None,
) -> SelfInspection:
    """Return the report with remarks at its questions (an empty code: on the whole report); a new clock starts.

    ``due_on`` when the corrections are due; by default the original day, or five working days when that has passed.
    """
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "return", actor=actor, at=at)
        texts = _texts(row, remarks)
        day = timezone.localdate(at)
        if due_on is not None and due_on < day:
            sentence = _("补正期限 %(due)s 早于今天。可以改成以后的日期。") % {"due": due_on}
            raise Invalid(sentence, details={"due_on": sentence})
        report = row.reports.order_by("-number").first()
        ReturnRemark.objects.bulk_create(
            ReturnRemark(report=report, inspection=row, code=code, text=text, at=at, by=actor)
            for code, text in texts.items()
        )
        leader = leaders_on([row.unit_id], day).get(row.unit_id)
        clock = open_deadline(
            row.ref,
            RULE,
            start_on=day,
            actor=actor,
            at=at,
            title=_("%(unit)s自查自纠报告补正") % {"unit": row.unit.name[:180]},
            holder=leader.user if leader else None,
            compartment=row.campaign_unit.campaign.compartment,
            named_on=due_on or _usual_due(row, day),
        )
        row.due_on = clock.due_on
        row.answered = answered(template_of(row), gaps_of(row))
        finish(
            row,
            "return",
            actor=actor,
            at=at,
            fields=("due_on", "answered"),
            data={"questions": sorted(texts), "due_on": row.due_on, "report": report.number if report else 0},
            personal=texts,
        )
        if leader is not None and leader.user is not None:
            owe_notice(
                key=f"{row.ref}:returned:{report.number if report else 0}:{leader.user_id}",
                to=leader.user,
                kind="selfinspection.returned",
                title=_("自查自纠报告退回补正"),
                body=ngettext(
                    "有 %(n)s 处要改，请改后重新签名上报，期限 %(due)s。",
                    "有 %(n)s 处要改，请改后重新签名上报，期限 %(due)s。",
                    len(texts),
                )
                % {"n": len(texts), "due": row.due_on},
                ref=row.ref,
                url=reverse("units:portal-report", args=[row.pk]),
                due_on=row.due_on,
                level=Level.WARN,
                at=at,
            )
    return row


def _texts(row: SelfInspection, remarks: Mapping[str, str]) -> dict[str, str]:
    known = template_of(row).by_code
    texts = {code: text.strip() for code, text in remarks.items() if text.strip()}
    if not texts:
        sentence = _("不能退回补正：没有写意见。可以在要改的题上写明怎样改。")
        raise Invalid(sentence, details={"remarks": sentence})
    unknown = [code for code in texts if code and code not in known]
    if unknown:
        raise Invalid(_("没有题目“%(code)s”。") % {"code": unknown[0]}, details={"remarks": unknown})
    return texts


def _usual_due(row: SelfInspection, day: date) -> date:
    return max(row.due_on, current_calendar().add_working_days(day, CORRECTION_DAYS))


def verify_report(inspection: SelfInspection, *, actor: User, at: datetime, reason: str = "") -> SelfInspection:
    """Confirm the report; where it contradicts the monitor, ``reason`` says how that is explained."""
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "verify", actor=actor, at=at, reason=reason)
        row.reviewer = actor
        return finish(row, "verify", actor=actor, at=at, reason=reason, fields=("reviewer",))


def accept_report(inspection: SelfInspection, *, actor: User, at: datetime, reason: str = "") -> SelfInspection:
    """Accept a verified report that found nothing; by another person than the one who verified it."""
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "accept", actor=actor, at=at, reason=reason)
        row.accepted_at = at
        finish(row, "accept", actor=actor, at=at, reason=reason, fields=("accepted_at",))
        _tell(row, "accepted", _("自查自纠报告已通过"), at)
    return row


def close_report(inspection: SelfInspection, *, actor: User, at: datetime, reason: str = "") -> SelfInspection:
    """Close the report out (销号); nothing more is asked of the unit in it."""
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "close", actor=actor, at=at, reason=reason)
        finish(row, "close", actor=actor, at=at, reason=reason)
        _tell(row, "closed", _("自查自纠已销号"), at)
    return row


def _tell(row: SelfInspection, what: str, title: str, at: datetime) -> None:
    leader = leaders_on([row.unit_id], timezone.localdate(at)).get(row.unit_id)
    if leader is not None and leader.user is not None:
        owe_notice(
            key=f"{row.ref}:{what}:{leader.user_id}",
            to=leader.user,
            kind=f"selfinspection.{what}",
            title=title,
            body=row.unit.name,
            ref=row.ref,
            url=reverse("units:portal-report", args=[row.pk]),
            at=at,
        )


def start_spot_check(
    inspection: SelfInspection, *, actor: User, at: datetime, draw: SpotCheckDraw | None = None
) -> SpotCheck:
    """Pick a report for an unannounced check; the unit goes on seeing 审核中."""
    with transaction.atomic():
        row = locked(inspection)
        begin(row, "spot_check", actor=actor, at=at)
        check = SpotCheck.objects.create(inspection=row, draw=draw, started_at=at, started_by=actor)
        finish(row, "spot_check", actor=actor, at=at, data={"draw": draw.pk if draw else 0})
    return check


def draw_spot_checks(
    stage: Stage, size: int, *, actor: User, at: datetime, seed: str = "", again: bool = False
) -> SpotCheckDraw:
    """Draw reports under review at random and start their spot checks.

    Seed and population are kept, so that anybody can repeat the draw (``rules.drawing``). With ``again`` every unit
    that reported falsely before, as the actor may know, is checked besides: it stands outside the draw, by name.
    """
    require(actor, "campaign.draw", stage)
    with transaction.atomic():
        pool = list(
            SelfInspection._base_manager.select_for_update()
            .filter(stage=stage, state=InspectionState.UNDER_REVIEW)
            .order_by("pk")
        )
        known = SelfInspection._base_manager.filter(pk__in=[one.pk for one in pool])
        always = sorted(reported_falsely(known, actor).values_list("pk", flat=True)) if again else []
        everyone = {one.pk: one for one in pool}
        pool = [one for one in pool if one.pk not in set(always)]
        size = min(size, len(pool)) if always else size
        if not (0 < size <= len(pool) or always):
            sentence = _("不能抽取 %(size)s 家：审核中的报告有 %(n)s 份。可以改抽取的家数。") % {
                "size": size,
                "n": len(pool),
            }
            raise Invalid(sentence, details={"size": sentence})
        population = [one.pk for one in pool]
        draw = SpotCheckDraw.objects.create(
            stage=stage,
            seed=seed or new_seed(),
            population=population,
            size=max(size, 1),
            always=always,
            drawn_at=at,
            drawn_by=actor,
        )
        picked = [*always, *(drawn(population, draw.seed, size) if size else [])]
        record(
            "campaign.spot_checks_drawn",
            ref=f"campaign:{stage.campaign_id}",
            actor=actor,
            at=at,
            data={
                "stage": stage.code,
                "seed": draw.seed,
                "of": len(population),
                "always": always,
                "picked": picked,
            },
        )
        for pk in picked:
            start_spot_check(everyone[pk], actor=actor, at=at, draw=draw)
    return draw


def record_spot_check(check: SpotCheck, result: str, *, note: str, actor: User, at: datetime) -> SpotCheck:
    """Record what the spot check found; a false report is marked on the inspection for good (weighs later)."""
    require(actor, "selfinspection.record_spot_check", check.inspection)
    if result not in SpotCheckResult.values:
        raise Invalid(_("没有选抽查结果。"), details={"result": _("选一项：与上报一致，或上报不实。")})
    if result == SpotCheckResult.FALSE_REPORT and not note.strip():
        raise Invalid(_("没有写明哪里不实。"), details={"note": _("写明哪里不实、怎样查明。")})
    with transaction.atomic():
        row = locked(check.inspection)
        found = SpotCheck._base_manager.select_for_update().get(pk=check.pk)
        if found.result:
            raise Invalid(_("不能登记抽查结果：结果已经登记为“%(result)s”。") % {"result": found.get_result_display()})
        found.result, found.note, found.ended_at = result, note.strip(), at
        found.save(update_fields=["result", "note", "ended_at"])
        if result == SpotCheckResult.FALSE_REPORT:
            row.false_report = True
            row.bump("false_report")
        record(
            "selfinspection.spot_check_ended",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"result": result, "check": found.pk},
            personal={"note": found.note},
        )
    return found
