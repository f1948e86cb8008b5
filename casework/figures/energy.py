"""Electricity, coal and carbon by one named version of factors; never without saying which.

The factors of 2021 are the popular all-coal ones: 0.404 kgce and 0.997 kg CO2 per kWh (domain facts, part e).
A grid average would give about half the carbon, so the version is part of the figure.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.core.errors import Invalid
from casework.figures.definition import Definition, Rows, Scope
from casework.figures.models import EnergyFactors

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
    )
