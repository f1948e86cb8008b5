"""Campaigns: stages, the units in them, what was found about each and how it is put right."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.core.english import said
from casework.core.models import Versioned
from casework.files.models import Blob
from units.enums_campaign import CampaignState, Outcome, RectificationState
from units.models.campaign_templates import TemplateVersion
from units.models.register import units_led_by
from units.models.self_inspections import (
    Answer,
    Attachment,
    Report,
    ReportedAddress,
    ReportedCurrency,
    ReportedPerson,
    ReturnRemark,
    SealedDevice,
    SelfInspection,
    SpotCheck,
    SpotCheckDraw,
    Terminal,
)

__all__ = [
    "Answer",
    "Attachment",
    "Campaign",
    "CampaignUnit",
    "Finding",
    "Rectification",
    "Report",
    "ReportedAddress",
    "ReportedCurrency",
    "ReportedPerson",
    "ReturnRemark",
    "SealedDevice",
    "SelfInspection",
    "SpotCheck",
    "SpotCheckDraw",
    "Stage",
    "Terminal",
]


class Campaign(Versioned):
    """A campaign (专项行动) over many units; everything of it is known to its compartment only."""

    code = models.SlugField(_("代码"), max_length=60, unique=True)
    name = models.CharField(_("名称"), max_length=200)
    public_name = models.CharField(_("对单位公开的名称"), max_length=200)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="campaigns")
    state = models.CharField(_("状态"), max_length=20, choices=CampaignState.choices, default=CampaignState.RUNNING)
    starts_on = models.DateField(_("开始"))
    contact = models.CharField(_("联系方式"), max_length=200, blank=True)
    #: The version of the questionnaire that the campaign began with and keeps.
    questionnaire = models.CharField(_("自查表版本"), max_length=40)
    template = models.ForeignKey(
        TemplateVersion, models.PROTECT, null=True, blank=True, related_name="campaigns", verbose_name=_("模板版本")
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("专项行动")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="campaign_state_known"),
        ]

    def __str__(self) -> str:
        return self.name


class InCampaign(NeedToKnow):
    COMPARTMENT = "campaign__compartment"


class Stage(models.Model):
    """A stage of a campaign with its days; both are included."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="stages")
    order = models.PositiveSmallIntegerField(_("次序"))
    code = models.SlugField(_("代码"), max_length=40)
    name = models.CharField(_("名称"), max_length=60)
    starts_on = models.DateField(_("开始"))
    due_on = models.DateField(_("截止"))

    objects = InCampaign.as_manager()

    class Meta:
        verbose_name = _("阶段")
        ordering = ["campaign", "order"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "order"], name="stage_order_once"),
            models.UniqueConstraint(fields=["campaign", "code"], name="stage_code_once"),
            models.CheckConstraint(condition=Q(due_on__gte=F("starts_on")), name="stage_days_order"),
        ]

    def __str__(self) -> str:
        return said(self.name)

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.campaign.compartment_id


class CampaignUnit(Versioned):
    """A unit in a campaign and what the campaign found about it; an empty outcome is 未说明."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="campaign_units")
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="campaign_units")
    basis = models.CharField(_("列入依据"), max_length=200, blank=True)
    added_at = models.DateTimeField()
    outcome = models.CharField(_("结论"), max_length=20, choices=Outcome.choices, blank=True)
    outcome_basis = models.CharField(_("结论依据"), max_length=200, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = InCampaign.as_manager()

    class Meta:
        verbose_name = _("专项行动单位")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "unit"], name="campaign_unit_once"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(outcome__in=Outcome.values), name="campaign_unit_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_at__isnull=True, outcome_by__isnull=True)
                | (~Q(outcome="") & Q(outcome_at__isnull=False, outcome_by__isnull=False)),
                name="campaign_unit_outcome_whole",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "outcome"])]

    def __str__(self) -> str:
        return f"{self.unit}"

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.campaign.compartment_id


class Finding(models.Model):
    """Something found about a unit: what it is, and the record it rests on (``source_ref``)."""

    campaign_unit = models.ForeignKey(CampaignUnit, models.PROTECT, related_name="findings")
    lead = models.ForeignKey("units.Lead", models.PROTECT, null=True, blank=True, related_name="findings")
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="findings")
    kind = models.CharField(_("性质"), max_length=20, choices=Outcome.choices)
    ip = models.GenericIPAddressField(_("地址"), null=True, blank=True)
    summary = models.CharField(_("情况"), max_length=1000)
    source_ref = models.CharField(_("来源"), max_length=80)
    found_at = models.DateTimeField(_("发现时间"))
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("发现")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Outcome.values), name="finding_kind_known"),
            models.CheckConstraint(condition=~Q(source_ref=""), name="finding_has_source"),
        ]
        indexes = [models.Index(fields=["campaign_unit", "kind"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.summary[:40]}"


class RectificationQuerySet(NeedToKnow):
    COMPARTMENT = "campaign_unit__campaign__compartment"

    def for_leader(self, user: User, on: date | None = None) -> Self:
        """Return the duties of the units that the user leads on that day (today)."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(campaign_unit__unit__in=units_led_by(user, on))


class Rectification(Versioned):
    """A duty to put something right (整改): measures asked, proof given, closed out (销号)."""

    campaign_unit = models.ForeignKey(CampaignUnit, models.PROTECT, related_name="rectifications")
    inspection = models.ForeignKey(SelfInspection, models.PROTECT, null=True, blank=True, related_name="rectifications")
    finding = models.ForeignKey(Finding, models.PROTECT, null=True, blank=True, related_name="rectifications")
    title = models.CharField(_("事项"), max_length=200)
    measures = models.TextField(_("要求的措施"))
    state = models.CharField(
        _("状态"), max_length=20, choices=RectificationState.choices, default=RectificationState.OPEN
    )
    ordered_at = models.DateTimeField(_("下发时间"))
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    due_on = models.DateField(_("期限"))
    done = models.TextField(_("整改结果"), blank=True)
    proof = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("证明材料"))
    proof_name = models.CharField(max_length=200, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    #: Why the last result was not enough; shown to the unit.
    remark = models.TextField(_("退回意见"), blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    #: How it was checked before close-out (复测、复查); for the commission only.
    checked = models.TextField(_("核查情况"), blank=True)

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("整改")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RectificationState.values), name="rectification_state_known"),
            models.CheckConstraint(
                condition=Q(state=RectificationState.CLOSED, closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state=RectificationState.CLOSED) & Q(closed_at__isnull=True)),
                name="rectification_closed_whole",
            ),
        ]
        indexes = [models.Index(fields=["campaign_unit", "state"])]

    def __str__(self) -> str:
        return self.title

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.campaign_unit.campaign.compartment_id
