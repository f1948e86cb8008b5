"""What others published beside our own counts, the factors that convert, and the reasons people state."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from units.models import Campaign


class OfCampaign(NeedToKnow):
    """Rows of a campaign's compartment."""

    COMPARTMENT = "campaign__compartment"


class Claim(models.Model):
    """A count that a source published: it stands beside ours, it never replaces it.

    ``beside`` is the key of our own figure with the same meaning, when there is one.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="claims")
    key = models.CharField(_("指标"), max_length=80)
    beside = models.CharField(_("同一口径的本系统指标"), max_length=80, blank=True)
    value = models.DecimalField(_("数值"), max_digits=20, decimal_places=4)
    as_of = models.DateField(_("截至"))
    source = models.CharField(_("来源"), max_length=200)

    objects = OfCampaign.as_manager()

    class Meta:
        verbose_name = _("外部公布数")
        constraints = [models.UniqueConstraint(fields=["campaign", "key", "as_of", "source"], name="claim_once")]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"


class Explanation(models.Model):
    """Why two figures differ, or a sum does not add up; until somebody states it, no summary is published.

    It holds for the numbers it was stated for (``figures``): when one of them changes, a new reason is asked for.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="explanations")
    key = models.CharField(_("矛盾"), max_length=120)
    reason = models.TextField(_("说明"))
    figures = models.JSONField(_("所说明的数"), default=dict)
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfCampaign.as_manager()

    class Meta:
        verbose_name = _("差异说明")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "key", "digest"], name="explanation_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="explanation_has_reason"),
        ]

    def __str__(self) -> str:
        return self.key


class EnergyFactors(models.Model):
    """One version of the factors by which addresses become electricity, coal and carbon (domain.md e)."""

    code = models.SlugField(_("版本"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=200)
    kwh_per_address_day = models.DecimalField(_("每个地址每天用电 kWh"), max_digits=10, decimal_places=4)
    kgce_per_kwh = models.DecimalField(_("标准煤 kgce/kWh"), max_digits=8, decimal_places=4)
    kgco2_per_kwh = models.DecimalField(_("二氧化碳 kg/kWh"), max_digits=8, decimal_places=4)
    #: Between these a rig's power is plausible; outside, the reading is looked at again.
    kw_low = models.DecimalField(_("单机功率下限 kW"), max_digits=6, decimal_places=3, null=True, blank=True)
    kw_high = models.DecimalField(_("单机功率上限 kW"), max_digits=6, decimal_places=3, null=True, blank=True)
    source = models.CharField(_("来源"), max_length=300)
    valid_from = models.DateField(_("起用"))

    class Meta:
        verbose_name = _("能耗因子")
        constraints = [
            models.CheckConstraint(
                condition=Q(kw_low__isnull=True, kw_high__isnull=True)
                | Q(kw_low__gt=0, kw_high__gt=models.F("kw_low")),
                name="energy_band_order",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Tariff(models.Model):
    """A surcharge on electricity used for mining, by province, from a day on."""

    province = models.CharField(_("省份"), max_length=20)
    from_on = models.DateField(_("起"))
    surcharge = models.DecimalField(_("加价 元/kWh"), max_digits=6, decimal_places=2)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    source = models.CharField(_("来源"), max_length=200)

    class Meta:
        verbose_name = _("差别电价")
        constraints = [
            models.UniqueConstraint(fields=["province", "from_on"], name="tariff_once"),
            models.CheckConstraint(condition=Q(surcharge__gte=0), name="tariff_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.province} {self.surcharge}"


class PublishedCase(models.Model):
    """A case of a campaign that was reported in public, and the name under which it is cited."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="published_cases")
    code = models.SlugField(_("引用名"), max_length=40)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    source = models.CharField(_("来源"), max_length=200)

    objects = OfCampaign.as_manager()

    class Meta:
        verbose_name = _("公开通报的案件")
        constraints = [models.UniqueConstraint(fields=["campaign", "code"], name="published_case_once")]

    def __str__(self) -> str:
        return self.code


class Summary(models.Model):
    """A summary as it was published: every figure with its definition and source, and the reasons stated; never changed."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="summaries")
    number = models.PositiveIntegerField(_("期"))
    as_of = models.DateField(_("截至"))
    content: Any = models.JSONField(_("内容"))
    digest = models.CharField(_("摘要"), max_length=64)
    published_at = models.DateTimeField(_("发布时间"))
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发布人"))

    objects = OfCampaign.as_manager()

    class Meta:
        verbose_name = _("数据汇总")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="summary_number_once")]

    def __str__(self) -> str:
        return f"{self.campaign} {self.number}"
