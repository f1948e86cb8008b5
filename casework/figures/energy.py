"""Electricity, coal and carbon by one named version of factors; never without saying which.

The factors of 2021 are the popular all-coal ones: 0.404 kgce and 0.997 kg CO2 per kWh (domain facts, part e).
A grid average would give about half the carbon, so the version is part of the figure.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from casework.core.errors import Invalid
from casework.figures.definition import Definition, Rows, Scope
from casework.figures.models import EnergyFactors, Tariff

DAYS_A_YEAR = 365


def factors_of(scope: Scope) -> EnergyFactors:
    """Return the version in use on the day of the figures."""
    found = EnergyFactors.objects.filter(valid_from__lte=scope.as_of).order_by("-valid_from", "-pk").first()
    if found is None:
        raise Invalid(_("不能折算能耗：没有在 %(day)s 有效的因子。可以先登记一个版本。") % {"day": scope.as_of})
    return found


def _round(value: Decimal, step: str) -> int:
    """Round half up to a multiple of the step, as the published figures are rounded."""
    size = Decimal(step)
    return int((value / size).quantize(Decimal(1), ROUND_HALF_UP) * size)


def _kwh(scope: Scope, rows: "QuerySet[Any]") -> int:
    return _round(rows.count() * factors_of(scope).kwh_per_address_day, "100")


def _coal(scope: Scope, rows: "QuerySet[Any]") -> int:
    return _round(_kwh(scope, rows) * factors_of(scope).kgce_per_kwh / 1000, "1")


def _carbon(scope: Scope, rows: "QuerySet[Any]") -> int:
    return _round(_kwh(scope, rows) * DAYS_A_YEAR * factors_of(scope).kgco2_per_kwh / 1000, "1000")


def kw_of(kwh: Decimal, hours: Decimal, machines: int = 1) -> Decimal:
    """Return the average power of each machine in kW, to two places."""
    return (kwh / hours / machines).quantize(Decimal("0.01"), ROUND_HALF_UP)


def in_band(kw: Decimal, factors: EnergyFactors) -> bool | None:
    """Tell whether the power of one rig is plausible by these factors; None where they name no band.

    The band of 2021 rests on three published cases: 190 rigs × 1,000 h = 90,000 kWh and 540 rigs × 1,300 h =
    370,000 kWh, about half a kilowatt each, and 148,500 kWh a day over 4,699 addresses, 1.32 kW each.
    """
    if factors.kw_low is None or factors.kw_high is None:
        return None
    return factors.kw_low <= kw <= factors.kw_high


def _kw(scope: Scope, _rows: "QuerySet[Any]") -> Decimal:
    return kw_of(factors_of(scope).kwh_per_address_day, Decimal(24))


@dataclass(frozen=True)
class Charge:
    """What some days cost more: the surcharge in force, the kWh that fall on them, the yuan."""

    from_on: date
    until: date
    kwh: Decimal
    tariff: Tariff | None

    @property
    def yuan(self) -> Decimal:
        """The surcharge for these days, in yuan to two places."""
        rate = self.tariff.surcharge if self.tariff else Decimal(0)
        return (self.kwh * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)


def surcharge(province: str, from_on: date, until: date, kwh: Decimal) -> list[Charge]:
    """Return what the electricity of these days costs more, by the tariff in force on each day (domain facts, part e).

    The kWh are spread evenly over the days, both included; before the first notice of the province nothing is added.
    """
    if until < from_on:
        raise Invalid(gettext("截止日早于开始日，改成以后的日期。"), details={"until": gettext("改成开始日以后的日期")})
    if kwh < 0:
        raise Invalid(gettext("电量不能是负数。"), details={"kwh": gettext("填写 0 以上的数")})
    starts = list(Tariff.objects.filter(province=province, from_on__lte=until).order_by("from_on"))
    edges = sorted({from_on, *(row.from_on for row in starts if row.from_on > from_on)})
    per_day = kwh / ((until - from_on).days + 1)
    charges = []
    for number, first in enumerate(edges):
        last = edges[number + 1] - timedelta(days=1) if number + 1 < len(edges) else until
        held = [row for row in starts if row.from_on <= first]
        charges.append(Charge(first, last, per_day * ((last - first).days + 1), held[-1] if held else None))
    return charges


def definitions(listed: Rows) -> tuple[Definition, ...]:
    """Return the energy figures over the listed addresses: what would be saved if every one were put right."""
    source = _("能耗因子版本，见因子表")
    return (
        Definition(
            "energy.kwh_per_day",
            _("每天可节电"),
            _("疑似地址数 × 每个地址每天用电，按百取整"),
            _("kWh"),
            source,
            listed,
            _kwh,
        ),
        Definition(
            "energy.standard_coal_tonnes_per_day",
            _("每天折标准煤"),
            _("每天用电 × 标准煤因子，取整"),
            _("吨"),
            source,
            listed,
            _coal,
        ),
        Definition(
            "energy.standard_coal_tonnes_per_year",
            _("每年折标准煤"),
            _("每天折标准煤 × 365"),
            _("吨"),
            source,
            listed,
            lambda scope, rows: _coal(scope, rows) * DAYS_A_YEAR,
        ),
        Definition(
            "energy.co2_tonnes_per_year",
            _("每年减排二氧化碳"),
            _("每天用电 × 365 × 二氧化碳因子，按千吨取整"),
            _("吨"),
            source,
            listed,
            _carbon,
        ),
        Definition(
            "energy.kw_per_address",
            _("每个地址的功率"),
            _("每个地址每天用电 ÷ 24 小时"),
            "kW",
            source,
            listed,
            _kw,
        ),
    )
