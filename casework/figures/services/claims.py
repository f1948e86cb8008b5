"""Entering what others published, factors, tariffs and reasons."""

import hashlib
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Case
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.figures.definition import Scope
from casework.figures.models import Claim, EnergyFactors, Explanation, PublishedCase, Tariff
from casework.figures.selectors import Contradiction, definitions_for
from casework.ledger.record import record
from units.models import Campaign


def claim_key(of: str, *, as_of: date, source: str) -> str:
    """Return the key of a published count: what it counts, its day, and a mark of the source, so that two can stand side by side."""
    return f"{of[:50]}@{as_of:%Y-%m-%d}-{hashlib.sha256(source.strip().encode()).hexdigest()[:8]}"


def enter_claim(
    campaign: Campaign,
    key: str,
    value: Decimal | int,
    *,
    as_of: date,
    source: str,
    beside: str = "",
    actor: User,
    at: datetime,
) -> Claim:
    """Keep a published count with its day and source; the same count again changes nothing.

    A key that one of our own figures has, or a count of another source or day, is refused: one would hide the other.
    """
    require(actor, "figure.claim", campaign)
    if not source.strip():
        raise Invalid(_("不能登记：没有写明来源。可以写报刊名称和日期。"))
    own = {one.key for one in definitions_for(Scope(campaign, as_of, None))}
    others = Claim.objects.filter(campaign=campaign, key=key).exclude(as_of=as_of, source=source)
    if key in own or others.exists():
        raise Invalid(
            _("不能登记：“%(key)s”已经是另一个数的指标名。可以换一个名称，同一口径的本系统指标另行写明。")
            % {"key": key},
            details={"key": _("换一个名称")},
        )
    with transaction.atomic():
        claim, created = Claim.objects.get_or_create(
            campaign=campaign,
            key=key,
            as_of=as_of,
            source=source,
            defaults={"value": value, "beside": beside},
        )
        if not created and claim.value != Decimal(value):
            raise Invalid(
                _("不能登记：同一来源同一日期已有另一个数 %(value)s。可以先核对来源。") % {"value": claim.value}
            )
        if created:
            record(
                "figure.claimed",
                ref=f"campaign:{campaign.pk}",
                actor=actor,
                at=at,
                data={"key": key, "value": Decimal(value), "as_of": as_of, "source": source},
            )
    return claim


def explain(item: Contradiction, campaign: Campaign, reason: str, *, actor: User, at: datetime) -> Explanation:
    """State why these figures differ; from then on the difference no longer blocks a summary.

    Stated once for these numbers: when one of them changes, the reason no longer covers it and a new one is asked for.
    """
    key, digest = item.key, item.digest
    require(actor, "figure.explain", campaign)
    if not reason.strip():
        raise Invalid(_("不能保存：没有写明理由。可以写清差异从何而来、依据哪份材料。"))
    with transaction.atomic():
        row, created = Explanation.objects.get_or_create(
            campaign=campaign,
            key=key,
            digest=digest,
            defaults={
                "reason": reason.strip(),
                "figures": {name: str(value) for name, value in item.figures.items()},
                "by": actor,
                "at": at,
            },
        )
        if not created:
            raise Invalid(_("不能保存：%(name)s 已经说明过。可以查看原来的说明。") % {"name": row.by.name})
        record(
            "figure.explained",
            ref=f"campaign:{campaign.pk}",
            actor=actor,
            at=at,
            data={"key": key, "figures": {name: str(value) for name, value in item.figures.items()}},
            reason=reason.strip(),
        )
    return row


def enter_factors(
    code: str,
    *,
    name: str,
    kwh_per_address_day: Decimal,
    kgce_per_kwh: Decimal,
    kgco2_per_kwh: Decimal,
    source: str,
    valid_from: date,
    kw_low: Decimal | None = None,
    kw_high: Decimal | None = None,
    actor: User,
    at: datetime,
) -> EnergyFactors:
    """Add one version of the energy factors; a version is never changed, a new one is added.

    The same version again changes nothing; the same name for other values raises ``Invalid``.
    """
    require(actor, "figure.factors")
    values = {
        "name": name,
        "kwh_per_address_day": kwh_per_address_day,
        "kgce_per_kwh": kgce_per_kwh,
        "kgco2_per_kwh": kgco2_per_kwh,
        "kw_low": kw_low,
        "kw_high": kw_high,
        "source": source,
        "valid_from": valid_from,
    }
    with transaction.atomic():
        factors, created = EnergyFactors.objects.get_or_create(code=code, defaults=values)
        if not created and any(getattr(factors, field) != value for field, value in values.items()):
            raise Invalid(
                _("不能登记：版本 %(code)s 已经有了，登记后不再改。可以换一个版本名。") % {"code": code},
                details={"code": _("换一个版本名")},
            )
        if created:
            record(
                "figure.factors_added",
                ref=f"factors:{factors.pk}",
                actor=actor,
                at=at,
                data={"code": code, "kwh": kwh_per_address_day, "kgce": kgce_per_kwh, "kgco2": kgco2_per_kwh},
            )
    return factors


def enter_tariff(
    province: str, *, from_on: date, surcharge: Decimal, source: str, note: str = "", actor: User, at: datetime
) -> Tariff:
    """Add a province's surcharge from a day on, in 元 per kWh; another value for a day that has one raises ``Invalid``."""
    require(actor, "figure.factors")
    with transaction.atomic():
        tariff, created = Tariff.objects.get_or_create(
            province=province, from_on=from_on, defaults={"surcharge": surcharge, "note": note, "source": source}
        )
        if not created and tariff.surcharge != surcharge:
            raise Invalid(
                _(
                    "不能登记：%(province)s自 %(day)s 起的加价已登记为 %(value)s 元/kWh。可以核对文件，或者写它以后的起始日。"
                )
                % {"province": province, "day": from_on, "value": tariff.surcharge},
                details={"from_on": _("这一天已有加价")},
            )
        if created:
            record(
                "figure.tariff_added",
                ref=f"tariff:{tariff.pk}",
                actor=actor,
                at=at,
                data={"province": province, "from_on": from_on, "surcharge": surcharge},
            )
    return tariff


def cite_case(campaign: Campaign, code: str, case: Case, *, source: str, actor: User, at: datetime) -> PublishedCase:
    """Note under which name a case of the campaign was reported in public."""
    require(actor, "figure.cite", campaign)
    with transaction.atomic():
        cited, created = PublishedCase.objects.get_or_create(
            campaign=campaign, code=code, defaults={"case": case, "source": source}
        )
        if not created and cited.case_id != case.pk:
            raise Invalid(
                _("不能登记：引用名 %(code)s 已用于案件 %(number)s。可以换一个引用名。")
                % {"code": code, "number": cited.case.number},
                details={"code": _("换一个引用名")},
            )
        if created:
            record(
                "figure.case_cited",
                ref=f"campaign:{campaign.pk}",
                actor=actor,
                at=at,
                data={"code": code, "case": case.pk},
            )
    return cited
