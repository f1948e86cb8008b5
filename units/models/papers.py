"""Papers sent to units: 整改通知书 and 监察建议书, numbered when issued, answered by a day; and checks of what was put right."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.models import Versioned
from casework.files.models import Blob
from units.enums_campaign import CheckKind, CheckResult, PaperKind, PaperState
from units.models.register import units_led_by


class OfRectification(NeedToKnow):
    COMPARTMENT = "rectification__campaign_unit__campaign__compartment"


class RectificationCheck(models.Model):
    """One check of a reported result (复测、现场核查、查资料). Never changed, never shown to the unit."""

    rectification = models.ForeignKey("units.Rectification", models.PROTECT, related_name="checks")
    kind = models.CharField(_("核查方式"), max_length=20, choices=CheckKind.choices)
    result = models.CharField(_("核查结果"), max_length=20, choices=CheckResult.choices)
    checked_on = models.DateField(_("核查日"))
    note = models.CharField(_("情况"), max_length=2000)
    #: Sightings of the unit's addresses after the result was reported, as the checker could know them.
    seen = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfRectification.as_manager()

    class Meta:
        verbose_name = _("整改核查")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CheckKind.values), name="rectification_check_kind_known"),
            models.CheckConstraint(condition=Q(result__in=CheckResult.values), name="rectification_check_result_known"),
            models.CheckConstraint(condition=~Q(note=""), name="rectification_check_has_note"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_result_display()}"


class PaperQuerySet(NeedToKnow):
    COMPARTMENT = "campaign_unit__campaign__compartment"

    def for_leader(self, user: User, on: date | None = None) -> Self:
        """Return what was sent to the units that the user leads on that day (today); drafts do not exist for them."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        sent = self.filter(state__in=(PaperState.SENT, PaperState.ANSWERED, PaperState.CLOSED))
        return sent.filter(campaign_unit__unit__in=units_led_by(user, on))


class UnitPaper(Versioned):
    """A numbered paper to a unit. The number is given when it is issued, without gaps within the year."""

    campaign_unit = models.ForeignKey("units.CampaignUnit", models.PROTECT, related_name="papers")
    rectification = models.ForeignKey(
        "units.Rectification", models.PROTECT, null=True, blank=True, related_name="papers", verbose_name=_("整改")
    )
    kind = models.CharField(_("文种"), max_length=30, choices=PaperKind.choices)
    number = models.CharField(_("文号"), max_length=60, blank=True)
    state = models.CharField(_("状态"), max_length=20, choices=PaperState.choices, default=PaperState.DRAFT)
    title = models.CharField(_("标题"), max_length=200)
    #: 基本情况、认定的事实和依据.
    facts = models.TextField(_("存在的问题"))
    causes = models.TextField(_("原因分析"), blank=True)
    advice = models.TextField(_("整改要求或建议"))
    feedback = models.TextField(_("反馈要求"))
    #: 提出异议的期限和方式 (监察建议书).
    objection = models.CharField(_("异议"), max_length=500, blank=True)
    reply_by = models.DateField(_("反馈期限"))
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("拟稿人"))
    sent_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签发人"))
    #: SHA-256 of the canonical content when it was issued.
    sha256 = models.CharField(max_length=64, blank=True)
    answer = models.TextField(_("反馈"), blank=True)
    proof = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("证明材料"))
    proof_name = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    late = models.BooleanField(_("超期反馈"), default=False)
    #: Why the answer was not enough; shown to the unit.
    remark = models.TextField(_("退回意见"), blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("文书")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PaperKind.values), name="unit_paper_kind_known"),
            models.CheckConstraint(condition=Q(state__in=PaperState.values), name="unit_paper_state_known"),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="unit_paper_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=[PaperState.DRAFT, PaperState.VOID], number="", sent_at__isnull=True)
                | (
                    Q(state__in=[PaperState.SENT, PaperState.ANSWERED, PaperState.CLOSED], sent_at__isnull=False)
                    & ~Q(number="")
                ),
                name="unit_paper_sent_whole",
            ),
        ]
        indexes = [models.Index(fields=["campaign_unit", "state"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number or self.title}"

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.campaign_unit.campaign.compartment_id

    @property
    def ref(self) -> str:
        """The text reference in ledger, deadlines and notices."""
        return f"unitpaper:{self.pk}"
