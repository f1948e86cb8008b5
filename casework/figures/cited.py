"""Figures of the cases that were reported in public: devices, duration, gains, addresses, outcomes.

They exist for a reader only where he may know of the case.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.enums_penalties import PriceBasis
from cases.models import Case, Penalty, Recovery, SiteAddress, Suspect
from casework.figures.definition import Definition, Scope, Value
from casework.figures.models import PublishedCase, Tariff
from evidence.enums import DeviceKind
from evidence.models import Item
from units.enums_campaign import DeviceKind as SealedKind
from units.models import SealedDevice


def tariff_definitions() -> list[Definition]:
    """Return the surcharge of each province, in yuan per kWh; the newest where one has several."""
    newest = {row.province: row for row in Tariff.objects.order_by("from_on", "pk")}
    return [_of_tariff(row) for row in newest.values()]


def _of_tariff(row: Tariff) -> Definition:
    def rows(_scope: Scope) -> "QuerySet[Tariff]":
        return Tariff.objects.filter(pk=row.pk).order_by("pk")

    return Definition(
        f"tariffs.{row.province}.surcharge",
        _("%(province)s差别电价") % {"province": row.province},
        _("%(day)s 起加价 %(note)s") % {"day": row.from_on, "note": row.note},
        _("元/kWh"),
        row.source,
        rows,
        _constant(row.surcharge),
    )


def cited_definitions(scope: Scope, key: str = "") -> list[Definition]:
    """Return the definitions for every published case that the reader may know of and that has such facts.

    Where the key of one figure is given, only those of its case: each case is asked a dozen things.
    """
    found: list[Definition] = []
    known = scope.seen(Case.objects.all())
    rows = scope.seen(PublishedCase.objects.all()).filter(campaign=scope.campaign, case__in=known)
    for cited in rows.select_related("case").order_by("code"):
        if not key or key.startswith(f"{_prefix(cited)}."):
            found += _of_case(scope, cited)
    return found


def _prefix(cited: PublishedCase) -> str:
    return f"cases.{cited.code}"


def _of_case(scope: Scope, cited: PublishedCase) -> list[Definition]:
    case, prefix, source = cited.case, _prefix(cited), cited.source

    def define(key: str, label: str, unit: str, rows: Any, value: Any = None) -> Definition:
        return Definition(
            f"{prefix}.{key}", label, _("案件 %(no)s 的记录") % {"no": case.number}, unit, source, rows, value
        )

    found = []
    for key, label, kind in (("device.rigs", _("矿机"), DeviceKind.RIG), ("device.gpus", _("显卡"), DeviceKind.GPU)):
        devices = _devices(case, kind)
        if devices(scope).exists():
            found.append(define(key, label, _("台") if kind == DeviceKind.RIG else _("张"), devices))
    reported = _reported_rigs(scope, case)
    if not _devices(case, DeviceKind.RIG)(scope).exists() and reported(scope).exists():
        found.append(define("device.rigs_bought", _("单位封存的矿机"), _("台"), reported))
    found += _duration(case, define)
    found += _gains(case, define)
    found += _own_gains(case, define)
    addresses = _addresses(case)
    if addresses(scope).exists():
        found.append(define("ips_confirmed_active", _("现场确认的地址"), _("个"), addresses))
    found += _outcomes(scope, case, define)
    return found


def _devices(case: Case, kind: DeviceKind) -> Callable[[Scope], QuerySet[Item]]:
    def rows(scope: Scope) -> QuerySet[Item]:
        seen = scope.seen(Item.objects.all())
        return seen.filter(collection__unit=case.unit_id, device__device_kind=kind).order_by("number")

    return rows


def _reported_rigs(scope: Scope, case: Case) -> Callable[[Scope], QuerySet[SealedDevice]]:
    def rows(scope: Scope) -> QuerySet[SealedDevice]:
        return (
            scope.seen(SealedDevice.objects.all())
            .filter(inspection__unit=case.unit_id, inspection__stage__campaign=scope.campaign, kind=SealedKind.RIG)
            .order_by("pk")
        )

    return rows


def _suspects(case: Case) -> Callable[[Scope], QuerySet[Suspect]]:
    return lambda scope: scope.seen(Suspect.objects.all()).filter(case=case).order_by("pk")


def _duration(case: Case, define: Callable[..., Definition]) -> list[Definition]:
    suspect = (
        Suspect.objects.filter(case=case, conduct_from__isnull=False, conduct_until__isnull=False)
        .order_by("pk")
        .first()
    )
    if suspect is None or suspect.conduct_from is None or suspect.conduct_until is None:
        return []
    first, last = suspect.conduct_from, suspect.conduct_until
    return [
        define("duration_days", _("持续天数"), _("天"), _suspects(case), lambda *_args: (last - first).days + 1),
        define("duration_months", _("持续月数"), _("个月"), _suspects(case), lambda *_args: full_months(first, last)),
    ]


def full_months(first: date, last: date) -> int:
    """Return the whole months between two days, the last day included."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if last.day >= first.day - 1 else months - 1


def _gains(case: Case, define: Callable[..., Definition]) -> list[Definition]:
    gains = Recovery.objects.filter(case=case).order_by("pk")
    found = []
    for coin in sorted({gain.coin for gain in gains if gain.coin}):
        found.append(
            define(f"proceeds.{coin}", _("所得 %(coin)s") % {"coin": coin}, coin, _gain_rows(case, coin), _quantity)
        )
        prices = {
            gain.price for gain in gains if gain.coin == coin and gain.price and gain.basis == PriceBasis.STATED_PRICE
        }
        if len(prices) == 1:
            price = prices.pop()
            key = f"price_when_found.{coin}"
            label = _("查获时价格 %(coin)s") % {"coin": coin}
            found.append(define(key, label, _("元"), _gain_rows(case, coin), _constant(price)))
    if gains:
        found.append(define("proceeds.cny", _("所得金额"), _("元"), _gain_rows(case, ""), _value))
    return found


def _own_gains(case: Case, define: Callable[..., Definition]) -> list[Definition]:
    """Return what each person gained in coin, where the record says whose it was."""
    found = []
    gains = Recovery.objects.filter(case=case, suspect__isnull=False).exclude(coin="")
    pairs = gains.values_list("suspect_id", "suspect__name", "coin").order_by("suspect_id", "coin").distinct()
    for suspect, name, coin in pairs:

        def rows(scope: Scope, suspect: int = suspect, coin: str = coin) -> "QuerySet[Recovery]":
            return scope.seen(Recovery.objects.all()).filter(suspect=suspect, coin=coin).order_by("pk")

        label = _("%(name)s所得 %(coin)s") % {"name": name, "coin": coin}
        found.append(define(f"people.{name}.proceeds.{coin}", label, coin, rows, _quantity))
    return found


def _gain_rows(case: Case, coin: str) -> Callable[[Scope], QuerySet[Recovery]]:
    def rows(scope: Scope) -> QuerySet[Recovery]:
        seen = scope.seen(Recovery.objects.all()).filter(case=case).order_by("pk")
        return seen.filter(coin=coin) if coin else seen

    return rows


def _quantity(_scope: Scope, rows: "QuerySet[Any]") -> Value:
    return plain(sum((row.quantity or Decimal(0) for row in rows), Decimal(0)))


def _value(_scope: Scope, rows: "QuerySet[Any]") -> Value:
    return plain(sum((row.value or Decimal(0) for row in rows), Decimal(0)))


def _constant(value: Decimal) -> Callable[..., Value]:
    return lambda *_args: plain(value)


def plain(value: Decimal) -> int | Decimal:
    """Return a decimal without trailing noughts, a whole number where it is one."""
    return int(value) if value == value.to_integral_value() else value.normalize()


def _addresses(case: Case) -> Callable[[Scope], QuerySet[SiteAddress]]:
    def rows(scope: Scope) -> QuerySet[SiteAddress]:
        seen = scope.seen(SiteAddress.objects.all())
        return seen.filter(site__unit=case.unit_id, traced=True, site__nature="active").order_by("ip", "pk")

    return rows


def _outcomes(scope: Scope, case: Case, define: Callable[..., Definition]) -> list[Definition]:
    found = []
    penalties = scope.seen(Penalty.objects.alive()).filter(suspect__case=case, effective_on__lte=scope.as_of)
    for penalty in penalties.select_related("suspect").order_by("suspect_id", "pk"):
        name = penalty.suspect.name

        def rows(scope: Scope, pk: int = penalty.pk) -> QuerySet[Penalty]:
            return scope.seen(Penalty.objects.all()).filter(pk=pk).order_by("pk")

        titles = [measure.words for measure in penalty.measures.order_by("pk")]
        found.append(define(f"people.{name}.outcome", name, "", rows, lambda *_args, titles=titles: titles))
    return found
