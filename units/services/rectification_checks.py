"""Checking what a unit says it has put right (复测、现场核查), before anything is closed out."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, Refused
from casework.core.moments import cn_date
from casework.ledger.record import record
from units.enums_campaign import CheckKind, CheckResult, RectificationState
from units.models import Rectification, RectificationCheck
from units.selectors.rescans import seen_after_report


def record_check(
    rectification: Rectification, *, kind: str, result: str, checked_on: date, note: str, actor: User, at: datetime
) -> RectificationCheck:
    """Record how a reported result was checked and what came of it; the unit never sees it.

    A check that found the problem again keeps the duty from being closed out until the unit has reported anew.
    """
    require(actor, "rectification.check", rectification)
    wrong = {}
    if kind not in CheckKind.values:
        wrong["kind"] = _("选一种：复测、现场核查或查验资料。")
    if result not in CheckResult.values:
        wrong["result"] = _("选一项：问题已消除，或问题仍在。")
    if not note.strip():
        wrong["note"] = _("写明怎样核查、由谁核查、看到什么。")
    if checked_on > timezone.localdate(at):
        wrong["checked_on"] = _("核查日 %(day)s 还没有到。可以改成今天或以前的日期。") % {"day": cn_date(checked_on)}
    if wrong:
        raise Invalid(_("不能登记核查：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        duty = Rectification.locked(rectification.pk)
        if duty.state != RectificationState.REPORTED or duty.reported_at is None:
            raise Refused(
                _("不能登记核查：这件整改是“%(state)s”。单位报整改结果以后才能核查。")
                % {"state": duty.get_state_display()},
                code="wrong_state",
            )
        if checked_on < timezone.localdate(duty.reported_at):
            sentence = _("核查日 %(day)s 早于单位报结果之日。报结果以后再查一次。") % {"day": cn_date(checked_on)}
            raise Invalid(sentence, details={"checked_on": sentence})
        seen = sum(n for _ip, _last, n in seen_after_report(duty, actor))
        check = RectificationCheck.objects.create(
            rectification=duty,
            kind=kind,
            result=result,
            checked_on=checked_on,
            note=note.strip(),
            seen=seen,
            recorded_at=at,
            recorded_by=actor,
        )
        record(
            "rectification.checked",
            ref=f"rectification:{duty.pk}",
            actor=actor,
            at=at,
            data={"check": check.pk, "kind": kind, "result": result, "checked_on": checked_on, "seen": seen},
            personal={"note": check.note},
        )
    return check


def last_check(duty: Rectification) -> RectificationCheck | None:
    """Return the last check of the present result, or None."""
    if duty.reported_at is None:
        return None
    return duty.checks.filter(recorded_at__gte=duty.reported_at).order_by("-pk").first()


def missing_for_close(duty: Rectification, actor: User, checked: str) -> list[Missing]:
    """Return everything that keeps the duty from being closed out (销号)."""
    here = reverse("units:rectification", args=[duty.pk])
    if duty.state != RectificationState.REPORTED:
        return [Missing(_("单位还没有报整改结果。可以先催报。"), here, _("看整改"))]
    missing = []
    check = last_check(duty)
    if check is None and not checked.strip():
        missing.append(Missing(_("还没有核查：写明复测或现场核查的时间和结果"), f"{here}#check", _("去登记核查")))
    if check is not None and check.result == CheckResult.HIT:
        text = _("%(day)s%(kind)s发现问题仍在。可以退回整改，或再查一次。") % {
            "day": cn_date(check.checked_on),
            "kind": check.get_kind_display(),
        }
        missing.append(Missing(text, f"{here}#return", _("去退回")))
    for ip, last, count in seen_after_report(duty, actor):
        text = ngettext(
            "报整改结果以后，监测又见到 %(ip)s %(n)s 次，最近在 %(at)s。可以退回整改。",
            "报整改结果以后，监测又见到 %(ip)s %(n)s 次，最近在 %(at)s。可以退回整改。",
            count,
        ) % {
            "ip": ip,
            "n": count,
            "at": cn_date(timezone.localdate(last)),
        }
        missing.append(Missing(text, f"{here}#return", _("去退回")))
    return missing
