"""Registering the surcharge on power that a unit owes; what is paid is registered as of any other due."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums_penalties import DueKind, PriceBasis
from cases.models import Case, Recovery
from cases.services.penalty_flow import refuse_input
from cases.services.recovery import ref_of
from cases.surcharge import surcharge_of, tariff_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Refused
from casework.ledger.record import record
from units.models import Unit


def register_surcharge(
    case: Case,
    *,
    unit: Unit,
    kwh: Decimal,
    metered_from: date,
    metered_until: date,
    used_from: date,
    used_until: date,
    actor: User,
    at: datetime,
    due_on: date | None = None,
) -> Recovery:
    """Register the surcharge of a unit for the power that a meter counted; the rate is that of its province and days.

    ``kwh``      what the meter counted from ``metered_from`` to ``metered_until``, both included.
    ``used_*``   first and last day of mining; days before the province's notice never count.
    Refused where no surcharge applied, with the day on which it began.
    """
    require(actor, "recovery.register", case)
    wrong = {}
    if kwh <= 0 or kwh != kwh.quantize(Decimal("0.01")):
        wrong["kwh"] = _("电量须大于 0，最多两位小数")
    if metered_until < metered_from:
        wrong["metered_until"] = _("不早于抄表起日")
    if used_until < used_from:
        wrong["used_until"] = _("不早于用电起日")
    if max(metered_until, used_until) > timezone.localdate(at):
        wrong.setdefault("metered_until", _("不晚于今天"))
    refuse_input(wrong)
    tariff = tariff_of(unit.region_id)
    if tariff is None or tariff.draft:
        raise Refused(
            _("不能登记差别电价加价：因为没有收录%(region)s的加价规定。可以核对本省的通知。")
            % {"region": unit.region.name},
            code="no_tariff",
            article=tariff.notice if tariff else "",
        )
    found = surcharge_of(tariff, kwh=kwh, metered=(metered_from, metered_until), used=(used_from, used_until))
    if found is None:
        raise Refused(
            _(
                "不能登记差别电价加价：因为%(province)s自 %(day)s 起才有加价，用电不在此期间。依据%(notice)s。可以改正日期。"
            )
            % {"province": tariff.province, "day": tariff.from_on, "notice": tariff.notice},
            code="before_notice",
            article=tariff.notice,
        )
    with transaction.atomic():
        row = Recovery.objects.create(
            case=case,
            unit=unit,
            kind=DueKind.SURCHARGE,
            label=_("%(unit)s差别电价加价") % {"unit": unit.name},
            basis=PriceBasis.CNY,
            price_source=tariff.notice,
            kwh=found.kwh,
            rate=tariff.rate,
            used_from=found.from_on,
            used_until=found.until,
            value=found.value,
            amount_due=found.value,
            due_on=due_on,
            registered_by=actor,
            at=at,
        )
        record(
            "recovery.surcharge_registered",
            ref=ref_of(row),
            actor=actor,
            at=at,
            data={
                "case": case.number, "unit": unit.pk, "kwh": found.kwh, "rate": tariff.rate, "from": found.from_on,
                "until": found.until, "value": found.value, "notice": tariff.notice, "due_on": due_on or "",
            },
            personal={"label": row.label},
        )  # fmt: skip
    return row


def note_reconciliation_export(by: str, count: int, *, actor: User, at: datetime) -> None:
    """Record that somebody took the reconciliation as a file."""
    with transaction.atomic():
        record("list.exported", ref="list:0", actor=actor, at=at, data={"list": f"reconciliation:{by}", "rows": count})
