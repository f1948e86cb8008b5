"""Who reported: written down, shown to whoever holds the right, and each look noted before anything of it is sent."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import ReportWay
from cases.models import Case, Reporter, ReporterRight
from casework.access.models import compartments_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.ledger.record import record


def register_reporter(
    case: Case,
    *,
    way: ReportWay | str,
    reported_on: date,
    name: str,
    actor: User,
    at: datetime,
    contact: str = "",
    note: str = "",
) -> Reporter:
    """Write down who reported; whoever writes it holds the right to know it, nobody else on the case does.

    The ledger learns that it was done, and nothing of the person.
    """
    require(actor, "reporter.register", case)
    wrong = {}
    if not name.strip():
        wrong["name"] = _("填写姓名；匿名举报写“匿名”")
    if reported_on > timezone.localdate(at):
        wrong["reported_on"] = _("举报日期不能晚于今天")
    if wrong:
        raise Invalid(_("登记还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        Case.locked(case.pk)
        last = Reporter.objects.filter(case=case).aggregate(last=Max("number"))["last"] or 0
        row = Reporter.objects.create(
            case=case, number=last + 1, way=ReportWay(way), reported_on=reported_on, name=name.strip(),
            contact=contact.strip(), note=note.strip(), registered_by=actor, at=at,
        )  # fmt: skip
        ReporterRight.objects.create(reporter=row, user=actor, reason=_("登记"), given_by=actor, given_at=at)
        record("reporter.registered", ref=row.ref, actor=actor, at=at, data={"case": case.pk})
    return row


def read_reporter(reporter: Reporter, *, actor: User, at: datetime) -> Reporter:
    """Note that the actor looks at the identity, and return it; committed before anything of it is sent."""
    require(actor, "reporter.read", reporter)
    with transaction.atomic():
        record("reporter.read", ref=reporter.ref, actor=actor, at=at, data={})
    return reporter


def give_right(reporter: Reporter, user: User, *, actor: User, at: datetime, reason: str) -> ReporterRight:
    """Let somebody else who knows of the case know who reported, with the reason; a second time changes nothing."""
    require(actor, "reporter.share", reporter)
    if not reason.strip():
        raise Invalid(_("没有写明理由。"), details={"reason": _("写明为什么需要知道举报人")})
    if not user.is_commission or not compartments_of(user).filter(compartment=reporter.case.compartment_id).exists():
        raise Invalid(_("这个人不知悉本案，不能知道举报人。"), details={"user": _("选知悉本案的人员")})
    with transaction.atomic():
        Case.locked(reporter.case_id)
        row, made = ReporterRight.objects.get_or_create(
            reporter=reporter,
            user=user,
            until_at=None,
            defaults={"reason": reason.strip()[:200], "given_by": actor, "given_at": at},
        )
        if made:
            record("reporter.shared", ref=reporter.ref, actor=actor, at=at, data={"user": user.pk}, reason=reason)
    return row


def take_right(reporter: Reporter, user: User, *, actor: User, at: datetime, reason: str) -> ReporterRight | None:
    """Take the right back; from this moment the person no longer finds the reporter. None when there was none."""
    require(actor, "reporter.share", reporter)
    if not reason.strip():
        raise Invalid(_("没有写明理由。"), details={"reason": _("写明为什么收回")})
    with transaction.atomic():
        row = ReporterRight.objects.select_for_update().filter(reporter=reporter, user=user, until_at=None).first()
        if row is not None:
            row.until_at = at
            row.save(update_fields=["until_at"])
            record("reporter.right_taken", ref=reporter.ref, actor=actor, at=at, data={"user": user.pk}, reason=reason)
    return row
