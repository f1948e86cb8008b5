"""Tasks, notes and key moments of a case; published versions of kinds of cases."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import CaseKind, Lane, Precision
from cases.models import Case, CaseNote, CaseTask, CaseType, KeyMoment
from cases.selectors.cases import ref_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record


def set_task(
    case: Case, *, title: str, holder: User, actor: User, at: datetime, due_on: date | None = None
) -> CaseTask:
    """Give somebody who works on the case something to do until a day."""
    if not title.strip():
        raise Invalid(_("没有写明任务。"), details={"title": _("写一件具体的事，例如“调取考勤记录”")})
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.note", case)
        if due_on is not None and due_on < timezone.localdate(at):
            raise Invalid(_("期限在今天以前。"), details={"due_on": _("改为今天或者以后")})
        if not case.members.filter(user=holder, until__isnull=True).exists():
            raise Invalid(
                _("%(name)s不是本案的办案人员。") % {"name": holder.name}, details={"holder": _("选本案的人员")}
            )
        row = CaseTask.objects.create(
            case=case, title=title.strip()[:200], holder=holder, due_on=due_on, made_by=actor, made_at=at
        )
        record(
            "task.set",
            ref=f"casetask:{row.pk}",
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"title": row.title, "holder": holder.pk, "due_on": due_on.isoformat() if due_on else ""},
        )
    return row


def finish_task(task: CaseTask, *, actor: User, at: datetime, result: str = "") -> CaseTask:
    """Note that the task is done; a second time changes nothing."""
    with transaction.atomic():
        case = Case.locked(task.case_id)
        require(actor, "case.note", case)
        row = CaseTask.locked(task.pk)
        if row.done_at is not None:
            return row
        row.done_at, row.done_by, row.result = at, actor, result.strip()[:300]
        row.bump("done_at", "done_by", "result")
        record(
            "task.done",
            ref=f"casetask:{row.pk}",
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"title": row.title},
            reason=result,
        )
    return row


def add_note(case: Case, text: str, *, actor: User, at: datetime) -> CaseNote:
    """Add a note for those who work on the case; it is never edited."""
    if not text.strip():
        raise Invalid(_("没有写内容。"), details={"text": _("写下要记的事")})
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.note", case)
        row = CaseNote.objects.create(case=case, text=text.strip(), by=actor, at=at)
        record("case.noted", ref=ref_of(case), actor=actor, at=at, data={"note": row.pk}, personal={"text": row.text})
    return row


def add_moment(
    case: Case,
    *,
    lane: Lane | str,
    title: str,
    moment: datetime,
    source: str,
    actor: User,
    at: datetime,
    until: datetime | None = None,
    precision: Precision | str = Precision.EXACT,
    pinned: bool = False,
) -> KeyMoment:
    """Put a moment on the timeline, with what it rests on and how exactly it is known."""
    wrong = {}
    if not title.strip():
        wrong["title"] = _("写明发生了什么")
    if not source.strip():
        wrong["source"] = _("写明依据，例如“采购合同”")
    if until is not None and until < moment:
        wrong["until"] = _("止早于起，改为起以后")
    if wrong:
        raise Invalid(_("时点还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.note", case)
        row = KeyMoment.objects.create(
            case=case,
            lane=Lane(lane),
            title=title.strip()[:200],
            at=moment,
            until=until,
            precision=Precision(precision),
            source=source.strip()[:200],
            pinned=pinned,
            by=actor,
            made_at=at,
        )
        record(
            "case.moment_set",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"moment": row.pk, "lane": row.lane, "at": moment, "precision": row.precision},
            personal={"title": row.title, "source": row.source},
        )
    return row


def change_moment(moment: KeyMoment, *, actor: User, at: datetime, pinned: bool | None = None) -> KeyMoment:
    """Pin a moment or take the pin off; without ``pinned`` the moment is withdrawn and leaves the timeline."""
    with transaction.atomic():
        case = Case.locked(moment.case_id)
        require(actor, "case.note", case)
        row = KeyMoment.locked(moment.pk)
        if row.withdrawn_at is not None:
            raise Refused(_("这个时点已经撤下。"), code="gone")
        if pinned is None:
            row.withdrawn_at = at
            row.bump("withdrawn_at")
        else:
            row.pinned = pinned
            row.bump("pinned")
        record(
            "case.moment_changed",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"moment": row.pk, "pinned": row.pinned, "withdrawn": row.withdrawn_at is not None},
        )
    return row


def publish_case_type(
    *, code: str, name: str, kind: CaseKind | str, tasks: Sequence[dict[str, Any]], actor: User, at: datetime
) -> CaseType:
    """Publish the next version of a kind of case; cases that run keep the version they began with.

    ``tasks``: ``{"title": …, "days": …}``, set for the lead officer when the case is filed.
    """
    require(actor, "case_type.publish")
    if not name.strip() or not code.strip():
        raise Invalid(_("没有写明案件类型的名称和代码。"), details={"name": _("填写名称"), "code": _("填写代码")})
    usual = [(str(one["title"]).strip(), int(one["days"])) for one in tasks if str(one["title"]).strip()]
    if any(not 0 < days <= 366 for _title, days in usual):
        raise Invalid(_("任务的天数不对。"), details={"tasks": _("天数填 1 至 366")})
    rows = [{"title": words, "days": days} for words, days in usual]
    with transaction.atomic():
        last = CaseType.objects.filter(code=code).order_by("-number").first()
        row = CaseType.objects.create(
            code=code, number=(last.number if last else 0) + 1, name=name.strip(), kind=CaseKind(kind), tasks=rows,
            published_by=actor, published_at=at,
        )  # fmt: skip
        record(
            "case_type.published",
            ref=f"casetype:{row.pk}",
            actor=actor,
            at=at,
            data={"code": code, "number": row.number, "name": row.name, "tasks": rows},
        )
    return row


def set_usual_tasks(case: Case, *, holder: User | None, actor: User, at: datetime) -> int:
    """Set the tasks of the case's type for the lead officer; called by the approval of the filing."""
    if case.type is None or holder is None:
        return 0
    day = timezone.localdate(at)
    for one in case.type.tasks:
        row = CaseTask.objects.create(
            case=case,
            title=one["title"],
            holder=holder,
            due_on=day + timedelta(days=one["days"]),
            made_by=actor,
            made_at=at,
        )
        record(
            "task.set",
            ref=f"casetask:{row.pk}",
            stream=ref_of(case),
            actor=actor,
            at=at,
            data={"title": row.title, "holder": holder.pk, "type": str(case.type), "due_on": row.due_on},
        )
    return len(case.type.tasks)
