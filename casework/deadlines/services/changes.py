"""Stopping, resuming and lengthening a running clock: each with reason, approver and document."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.core.moments import cn_date
from casework.deadlines.enums import LIVE, State, Unit
from casework.deadlines.followers import tell_followers
from casework.deadlines.models import Deadline
from casework.deadlines.rules import Rule, Step, due, span
from casework.deadlines.selectors import current_calendar, inputs
from casework.deadlines.services.lifecycle import DUE_FIELDS, apply_due, reminder_day, rule_of
from casework.ledger.record import record


def suspend_deadline(
    deadline: Deadline,
    *,
    approver: str,
    actor: User,
    at: datetime,
    reason: str,
    document: str = "",
    from_on: date | None = None,
    version: int | None = None,
) -> Deadline:
    """Stop the clock from ``from_on`` (by default the day of ``at``); that day counts no more."""
    require(actor, "deadline.suspend", deadline)
    day = from_on or timezone.localdate(at)
    _need_papers(reason, approver)
    with transaction.atomic():
        row = _locked(deadline, version)
        _need_running(row, _("暂停计时"))
        found = rule_of(row)
        if found.back or found.unit == Unit.HOUR:
            raise Refused(
                _("不能暂停计时：因为“%(label)s”没有中止的规定。") % {"label": found.label},
                article=found.citation,
            )
        if day <= row.start_on or day > row.due_on or day > timezone.localdate(at):
            raise Invalid(
                _("暂停之日 %(day)s 不能用：填写起算日 %(start)s 以后、到期日 %(due)s 以前且不晚于今天的日期。")
                % {"day": cn_date(day), "start": cn_date(row.start_on), "due": cn_date(row.due_on)},
                details={"from_on": _("改为计时期间内的日期")},
            )
        if row.suspensions.filter(to_on__gt=day).exists():
            raise Invalid(
                _("这一天已经暂停过，改为上次恢复之日或以后的日期。"), details={"from_on": _("与上次暂停重叠")}
            )
        row.suspensions.create(from_on=day, reason=reason, approver=approver, document=document, recorded_by=actor)
        row.state = State.STOPPED
        _recount(row, timezone.localdate(at), "state")
        record(
            "deadline.suspended",
            ref=f"deadline:{row.pk}",
            actor=actor,
            at=at,
            data={"of": row.ref, "rule": row.kind, "from_on": day, "approver": approver, "document": document},
            reason=reason,
        )
    return row


def resume_deadline(
    deadline: Deadline,
    *,
    approver: str,
    actor: User,
    at: datetime,
    reason: str,
    document: str = "",
    to_on: date | None = None,
    version: int | None = None,
) -> Deadline:
    """Let the clock run again from ``to_on`` (by default the day of ``at``); that day counts. Moves the due date."""
    require(actor, "deadline.resume", deadline)
    day = to_on or timezone.localdate(at)
    _need_papers(reason, approver)
    with transaction.atomic():
        row = _locked(deadline, version)
        stop = row.suspensions.filter(to_on=None).first()
        if stop is None or row.state != State.STOPPED:
            raise Refused(_("不能恢复计时：因为这项期限没有暂停。"), code="not_stopped")
        if day < stop.from_on or day > timezone.localdate(at):
            raise Invalid(
                _("恢复之日 %(day)s 不能用：填写暂停之日 %(from)s 以后且不晚于今天的日期。")
                % {"day": cn_date(day), "from": cn_date(stop.from_on)},
                details={"to_on": _("改为暂停之日以后的日期")},
            )
        before = row.due_on
        stop.to_on, stop.resume_reason, stop.resume_approver, stop.resume_document = day, reason, approver, document
        stop.save(update_fields=["to_on", "resume_reason", "resume_approver", "resume_document"])
        row.state = State.OPEN
        _recount(row, timezone.localdate(at), "state")
        record(
            "deadline.resumed",
            ref=f"deadline:{row.pk}",
            actor=actor,
            at=at,
            data={
                "of": row.ref,
                "rule": row.kind,
                "to_on": day,
                "approver": approver,
                "document": document,
                "due_before": before,
                "due_on": row.due_on,
            },
            reason=reason,
        )
    return row


def extend_deadline(
    deadline: Deadline,
    amount: int,
    unit: str,
    *,
    approver: str,
    actor: User,
    at: datetime,
    reason: str,
    document: str = "",
    version: int | None = None,
) -> Deadline:
    """Lengthen a clock that has not run out, as far as the rule's text allows."""
    require(actor, "deadline.extend", deadline)
    _need_papers(reason, approver)
    with transaction.atomic():
        row = _locked(deadline, version)
        found = rule_of(row)
        if row.state not in {State.OPEN, State.STOPPED}:
            _need_running(row, _("延长期限"))
        expired = at > row.due_at if row.due_at else timezone.localdate(at) > row.due_on
        if expired and row.state == State.OPEN:
            raise Refused(
                _("不能延长期限：因为已于%(due)s到期，延长应当在到期前申请。可以尽快办结，并说明超期原因。")
                % {"due": cn_date(row.due_on)},
                code="expired",
                article=found.citation,
            )
        step = _allowed_step(found, row.extensions.count())
        _check_length(found, step, amount, unit)
        before = row.due_on
        row.extensions.create(
            amount=amount,
            unit=unit,
            reason=reason,
            approver=approver,
            document=document,
            granted_at=at,
            recorded_by=actor,
        )
        _recount(row, timezone.localdate(at))
        record(
            "deadline.extended",
            ref=f"deadline:{row.pk}",
            actor=actor,
            at=at,
            data={
                "of": row.ref,
                "rule": row.kind,
                "amount": amount,
                "unit": unit,
                "approver": approver,
                "document": document,
                "due_before": before,
                "due_on": row.due_on,
            },
            reason=reason,
        )
    return row


def hand_over_deadlines(
    deadlines: QuerySet[Deadline], holder: User | None, *, actor: User, at: datetime, reason: str = ""
) -> int:
    """Give live clocks to another holder, who is told of the rung reached; return how many changed hands.

    The act above that causes it (another leader, another officer) is guarded there.
    """
    with transaction.atomic():
        rows = list(deadlines.select_for_update(of=("self",)).filter(state__in=LIVE).order_by("pk"))
        rows = [row for row in rows if row.holder_id != (holder.pk if holder else None)]
        calendar, today = current_calendar(), timezone.localdate(at)
        for row in rows:
            before, row.holder = row.holder_id, holder
            row.next_on = reminder_day(row, calendar, today) if row.state == State.OPEN else None
            row.bump("holder", "next_on")
            record(
                "deadline.handed_over",
                ref=f"deadline:{row.pk}",
                actor=actor,
                at=at,
                data={"of": row.ref, "rule": row.kind, "from": before or 0, "to": holder.pk if holder else 0},
                reason=reason,
            )
    return len(rows)


def _locked(deadline: Deadline, version: int | None) -> Deadline:
    """Return the row locked, if it still is the ``version`` that the reader's form was drawn from (None: any)."""
    row = Deadline.locked(deadline.pk)
    if version is not None and version != row.version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
    return row


def _recount(row: Deadline, today: date, *also: str) -> None:
    """Compute the due date from the rows as they now are, and save."""
    calendar = current_calendar()
    found, facts = inputs(row)
    before = row.due_on
    apply_due(row, due(found, facts, calendar), calendar, today)
    row.bump(*DUE_FIELDS, *also)
    if row.due_on != before:
        tell_followers({(row.ref, row.kind): row.due_on})


def _need_papers(reason: str, approver: str) -> None:
    missing = {}
    if not reason.strip():
        missing["reason"] = _("写明事由")
    if not approver.strip():
        missing["approver"] = _("写明批准人或批准机关")
    if missing:
        raise Invalid(_("还差：%(what)s。") % {"what": "、".join(missing.values())}, details=missing)


def _need_running(row: Deadline, act: str) -> None:
    if row.state != State.OPEN:
        raise Refused(
            _("不能%(act)s：因为这项期限%(state)s。") % {"act": act, "state": row.get_state_display()},
            code="not_running",
        )


def _allowed_step(found: Rule, taken: int) -> Step:
    step = found.extension_step(taken)
    if step is None:
        why = _("已经延长 %(n)s 次，没有再延长的规定") % {"n": taken} if taken else _("没有延长的规定")
        raise Refused(
            _("不能延长期限：因为“%(label)s”%(why)s。依据%(source)s。可以在到期前办结。")
            % {"label": found.label, "why": why, "source": found.citation},
            code="no_extension",
            article=found.citation,
        )
    return step


def _check_length(found: Rule, step: Step, amount: int, unit: str) -> None:
    if step.amount is None:
        if unit not in {Unit.DAY, Unit.WORKING_DAY, Unit.MONTH} and unit != found.unit:
            raise Invalid(_("延长的单位填写日、工作日或月。"), details={"unit": _("改为日、工作日或月")})
        return
    if unit != step.unit or not 0 < amount <= step.amount:
        raise Refused(
            _("不能延长 %(asked)s：因为最多可以延长 %(most)s，由%(by)s批准。依据%(source)s。")
            % {
                "asked": span(amount, unit),
                "most": span(step.amount, step.unit),
                "by": step.by,
                "source": found.citation,
            },
            code="too_long",
            article=found.citation,
        )
