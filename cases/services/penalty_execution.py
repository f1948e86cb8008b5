"""From the approval to the end of the influence period: document, service, announcement, tasks, restoration, expiry."""

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.enums_penalties import DeliveryAct, PenaltyState, Station
from cases.execution_plan import COMMISSION, PlannedTask, left_over, plan
from cases.models import Delivery, Execution, Penalty, Recovery
from cases.penalty_document import paragraphs
from cases.penalty_periods import period_of
from cases.penalty_route import passed, route
from cases.penalty_workflow import BY_NAME, readiness
from cases.routing import Route
from cases.selectors.penalties import specs_of
from cases.services.penalty_flow import begin, end_clocks, move, ref_of, refuse_input, two
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.calendar import add_months
from casework.core.errors import Invalid, Refused, Stale
from casework.core.numbering import next_number
from casework.files.models import Blob
from casework.ledger.record import record

#: Numbers of decisions: 浙纪处〔2021〕9号.
SERIES = "浙纪处"


def issue_decision(
    penalty: Penalty, *, actor: User, at: datetime, sealed: bool = True, expected_version: int | None = None
) -> Penalty:
    """Issue the decision: number, frozen text with its digest. ``sealed`` confirms the organ's seal (第四十五条)."""
    with transaction.atomic():
        locked, step = begin(penalty, "issue", actor=actor, at=at, expected_version=expected_version)
        if not sealed:
            raise Invalid(
                _("不能制发：因为没有盖作出决定机关的印章。依据公职人员政务处分法第四十五条。可以盖章后再登记。"),
                details={"sealed": _("盖章后勾选")},
            )
        day = timezone.localdate(at)
        locked.number = next_number(SERIES, day.year)
        with translation.override("zh-hans"):
            locked.document = "\n".join(paragraphs(locked, locked.number, day))
        locked.document_digest = hashlib.sha256(locked.document.encode()).hexdigest()
        locked.issued_at = at
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            fields=("number", "document", "document_digest", "issued_at"),
            data={"number": locked.number, "document": locked.document_digest},
        )


def serve_decision(
    penalty: Penalty,
    *,
    served_on: date,
    receiver: str,
    second_officer: User | None,
    actor: User,
    at: datetime,
    receipt: str = "",
    refusal: str = "",
    place: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Record the service of the decision with its receipt (送达回证), or with the note of a refused signature."""
    with transaction.atomic():
        locked, step = begin(penalty, "serve", actor=actor, at=at, expected_version=expected_version)
        second = two(actor, second_officer)
        _check_delivery(served_on, locked.issued_at, at, receiver, receipt or refusal, "receipt")
        Delivery.objects.create(
            penalty=locked,
            act=DeliveryAct.SERVED,
            on=served_on,
            place=place,
            receiver=receiver.strip(),
            receipt=receipt.strip(),
            refusal=refusal.strip(),
            officer=actor,
            second_officer=second,
            at=at,
        )
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            data={"served_on": served_on, "receipt": receipt.strip(), "refused": bool(refusal.strip())},
            personal={"receiver": receiver.strip()},
            officers=(second,),
        )


def announce_decision(
    penalty: Penalty,
    *,
    announced_on: date,
    place: str,
    second_officer: User | None,
    actor: User,
    at: datetime,
    receiver: str = "",
    opinion: str = "",
    refusal: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Record that two officers announced the decision; ``place`` is the circle, ``opinion`` what the person signed."""
    with transaction.atomic():
        locked, step = begin(penalty, "announce", actor=actor, at=at, expected_version=expected_version)
        second = two(actor, second_officer)
        served = locked.deliveries.get(act=DeliveryAct.SERVED)
        if announced_on < served.on:
            raise Invalid(_("宣布日期早于送达日期。可以改正日期。"), details={"announced_on": _("不早于送达日期")})
        _check_delivery(announced_on, locked.issued_at, at, place, "-", "place")
        Delivery.objects.create(
            penalty=locked,
            act=DeliveryAct.ANNOUNCED,
            on=announced_on,
            place=place.strip(),
            receiver=receiver.strip() or locked.suspect.name,
            opinion=opinion.strip(),
            refusal=refusal.strip(),
            officer=actor,
            second_officer=second,
            at=at,
        )
        move(
            locked,
            step,
            actor=actor,
            at=at,
            data={"announced_on": announced_on},
            personal={"place": place.strip(), "opinion": opinion.strip()},
            officers=(second,),
        )
        end_clocks(locked, "X01", "X05", actor=actor, at=at)
    return locked


def _check_delivery(
    day: date, issued_at: datetime | None, at: datetime, who: str, paper: str, paper_field: str
) -> None:
    wrong = {}
    if issued_at is not None and day < timezone.localdate(issued_at):
        wrong["on"] = _("日期不早于决定书制发日期")
    if day > timezone.localdate(at):
        wrong["on"] = _("日期不晚于登记日期")
    if not who.strip():
        wrong["receiver"] = _("写明签收人、到场人员或者宣布范围")
    if not paper.strip():
        wrong[paper_field] = _("写明送达回证编号；拒绝签收的注明情况")
    refuse_input(wrong)


def start_execution(penalty: Penalty, *, actor: User, at: datetime, expected_version: int | None = None) -> Penalty:
    """Send the decision to be carried out: one task for each thing that has to be done, with its day."""
    with transaction.atomic():
        locked, step = begin(penalty, "execute", actor=actor, at=at, expected_version=expected_version)
        start = locked.effective_on or timezone.localdate(at)
        measures = {row.code: row for row in locked.measures.all()}
        way = route(locked, start)
        last = locked.tasks.order_by("-seq").values_list("seq", flat=True).first() or 0
        done = locked.tasks.filter(done_on__isnull=False, waived_reason="").values_list("kind", "text")
        planned = left_over([*plan(specs_of(locked)), *_later(way, locked)], set(done))
        Execution.objects.bulk_create(
            Execution(
                penalty=locked,
                measure=measures.get(task.code),
                seq=seq,
                kind=task.kind,
                text=task.text,
                responsible=task.responsible,
                due_on=add_months(start, task.months),
            )
            for seq, task in enumerate(planned, last + 1)
        )
        dated = _date_dues(locked, add_months(start, 1))
        data = {"tasks": [task.kind for task in planned], "dues": dated}
        return move(locked, step, actor=actor, at=at, data=data)


def _date_dues(penalty: Penalty, day: date) -> list[int]:
    """Set the last day for what the person still owes, where none is set (监察法实施条例第二百四十条: one month)."""
    if not penalty.measures.filter(family="property").exists():
        return []
    rows = Recovery.objects.select_for_update().filter(suspect_id=penalty.suspect_id, due_on__isnull=True)
    owed = list(rows.filter(amount_due__gt=F("amount_paid")).order_by("pk"))
    for row in owed:
        row.due_on = day
        row.bump("due_on")
    return [row.pk for row in owed]


def _later(way: Route, penalty: Penalty) -> list[PlannedTask]:
    """Return what the way of the approval leaves to be told or ratified."""
    tasks = [PlannedTask(kind, text, COMMISSION, 1) for kind, text in way.after]
    ahead = passed(penalty).get(Station.PLENUM)
    if ahead is not None and ahead.ahead:
        tasks.append(PlannedTask("ratify", "召开全体会议时追认", ahead.body, 12))
    return tasks


def finish_task(
    task: Execution,
    *,
    done_on: date,
    actor: User,
    at: datetime,
    proof: str = "",
    document: str = "",
    blob: Blob | None = None,
    waived_reason: str = "",
) -> Execution:
    """Record that a task is done, with its proof; or that it is not carried out (``waived_reason``)."""
    with transaction.atomic():
        penalty: Penalty = Penalty.locked(task.penalty_id)
        require(actor, "penalty.task", penalty)
        row: Execution = Execution.objects.select_for_update().get(pk=task.pk)
        if penalty.state not in {PenaltyState.EXECUTING, PenaltyState.REVOKED}:
            raise Refused(
                _("不能登记：因为处分（处理）%(state)s。可以在执行中登记。") % {"state": penalty.get_state_display()},
                code="wrong_state",
            )
        if not row.is_open:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
        wrong = {}
        if not proof.strip() and not waived_reason.strip():
            wrong["proof"] = _("写明办结证明，例如通知、凭证或者谈话记录")
        if done_on > timezone.localdate(at):
            wrong["done_on"] = _("办结日期不晚于登记日期")
        if penalty.effective_on and done_on < penalty.effective_on:
            wrong["done_on"] = _("办结日期不早于决定生效日期")
        refuse_input(wrong)
        row.done_on, row.proof, row.document, row.blob = done_on, proof.strip(), document.strip(), blob
        row.waived_reason, row.done_by, row.at = waived_reason.strip(), actor, at
        row.save(update_fields=["done_on", "proof", "document", "blob", "waived_reason", "done_by", "at"])
        record(
            "penalty.task_done",
            ref=ref_of(penalty),
            actor=actor,
            at=at,
            data={
                "task": row.seq,
                "kind": row.kind,
                "done_on": done_on,
                "document": row.document,
                "blob": blob.sha256 if blob else "",
                "waived": bool(row.waived_reason),
            },
            personal={"proof": row.proof},
            reason=row.waived_reason,
        )
    return row


def finish_execution(
    penalty: Penalty, *, actor: User, at: datetime, executed_on: date | None = None, expected_version: int | None = None
) -> Penalty:
    """Report the execution: every task has its proof and every sum is paid. An influence period then simply runs."""
    with transaction.atomic():
        locked, step = begin(penalty, "finish", actor=actor, at=at, expected_version=expected_version)
        locked.executed_on = executed_on or timezone.localdate(at)
        runs = locked.period_until is not None or locked.probation_until is not None
        over = locked.period_until is not None and locked.period_until < timezone.localdate(at)
        target = PenaltyState.EXPIRED if over else PenaltyState.RUNNING if runs else PenaltyState.EXECUTED
        move(
            locked,
            step,
            actor=actor,
            at=at,
            to=target,
            fields=("executed_on",),
            data={"executed_on": locked.executed_on, "period_until": locked.period_until or ""},
        )
        end_clocks(locked, "X03", "X10", actor=actor, at=at)
    return locked


def restore_rights(
    penalty: Penalty,
    *,
    restored_on: date,
    reason: str,
    actor: User,
    at: datetime,
    document: str = "",
    expected_version: int | None = None,
) -> Penalty:
    """Restore party rights after 留党察看, by a decision of its own; the influence period starts with that day."""
    with transaction.atomic():
        locked, step = begin(penalty, "restore", actor=actor, at=at, expected_version=expected_version, reason=reason)
        if locked.probation_until is not None and restored_on <= locked.probation_until:
            raise Invalid(
                _("恢复日期在察看期内。可以填写察看期满以后的日期。"), details={"restored_on": _("晚于察看期止")}
            )
        locked.restored_on = restored_on
        locked.period_until, _probation = period_of(locked)
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            fields=("restored_on", "period_until"),
            data={"restored_on": restored_on, "document": document, "period_until": locked.period_until or ""},
            reason=reason.strip(),
        )


def extend_probation(
    penalty: Penalty,
    *,
    reason: str,
    document: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Penalty:
    """Extend one year of 留党察看 by another, once, when the rights cannot be restored yet (第十二条)."""
    with transaction.atomic():
        locked, step = begin(penalty, "extend", actor=actor, at=at, expected_version=expected_version, reason=reason)
        refuse_input({} if document.strip() else {"document": _("写明决定文号")})
        locked.probation_extended_on = timezone.localdate(at)
        locked.period_until, locked.probation_until = period_of(locked)
        return move(
            locked,
            step,
            actor=actor,
            at=at,
            fields=("probation_extended_on", "period_until", "probation_until"),
            data={"document": document.strip(), "probation_until": locked.probation_until or ""},
            reason=reason.strip(),
        )


def expire_penalty(penalty: Penalty, *, actor: User, at: datetime, expected_version: int | None = None) -> Penalty:
    """Note that the influence period is over; nothing has to be cancelled (2023 第四十六条, 政务处分法第二十六条)."""
    with transaction.atomic():
        locked, step = begin(penalty, "expire", actor=actor, at=at, expected_version=expected_version)
        return move(locked, step, actor=actor, at=at, data={"period_until": locked.period_until or ""})


def expire_due(*, at: datetime) -> list[int]:
    """Expire every penalty whose period ended before today; what still needs a decision stays. Returns their ids."""
    day = timezone.localdate(at)
    step = BY_NAME["expire"]
    expired = []
    for pk in Penalty.objects.filter(state=PenaltyState.RUNNING, period_until__lt=day).values_list("pk", flat=True):
        with transaction.atomic():
            penalty: Penalty = Penalty.locked(pk)
            missing, _met = readiness(penalty, step, day)
            if penalty.state != PenaltyState.RUNNING or missing:
                continue
            penalty.state, penalty.state_since, penalty.updated_at = PenaltyState.EXPIRED, at, at
            penalty.bump("state", "state_since", "updated_at")
            record(
                "penalty.expired",
                ref=ref_of(penalty),
                actor=None,
                at=at,
                data={"from": PenaltyState.RUNNING, "to": penalty.state, "period_until": penalty.period_until or ""},
                personal={"name": penalty.suspect.name},
            )
            expired.append(pk)
    return expired
