"""Decisions on party organisations and units: handling, accountability, recommendations and notices."""

from datetime import date
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.catalogue import catalogue
from cases.enums_bodies import BodyActKind, BodyOutcome, BodyState, Receiver
from cases.models.cases import Case
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.models import Versioned
from units.models import Unit
from units.models.register import units_led_by

#: Handed over: from then on the unit itself may know of it.
HANDED_OVER: Final = (BodyState.SERVED, BodyState.DONE)


class BodyDecisionQuerySet(NeedToKnow):
    """Decisions on bodies are known to whoever may know of their case."""

    COMPARTMENT = "case__compartment"

    def for_leader(self, user: User, on: date | None = None) -> Self:
        """Return what was served on the units that the user leads on that day (today); nothing else exists for them."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(state__in=HANDED_OVER, unit__in=units_led_by(user, on))


class OfBodyDecision(NeedToKnow):
    """Rows of a decision are known to whoever may know of its case."""

    COMPARTMENT = "decision__case__compartment"


class BodyDecision(Versioned):
    """One decision on a party organisation (handling, accountability) or on a unit (a recommendation, a notice).

    ``state`` moves only by ``cases.services.bodies`` along ``cases.body_workflow``. ``rectify_by``, ``feedback`` and
    ``objection`` are what a recommendation has to state (监察法实施条例第二百三十五条).
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="body_decisions", verbose_name=_("案件"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="body_decisions", verbose_name=_("单位"))
    receiver = models.CharField(_("对象"), max_length=20, choices=Receiver.choices)
    body = models.CharField(_("名称"), max_length=120)
    state = models.CharField(_("状态"), max_length=12, choices=BodyState.choices, default=BodyState.PROPOSED)
    state_since = models.DateTimeField(_("进入本环节时间"))
    returned = models.BooleanField(_("退回修改"), default=False)
    grounds = models.TextField(_("事实"))
    evidence = models.TextField(_("证据"), blank=True)
    demand = models.TextField(_("建议或者要求"), blank=True)
    rectify_by = models.DateField(_("整改期限"), null=True, blank=True)
    feedback = models.TextField(_("反馈要求"), blank=True)
    objection = models.TextField(_("提出异议的期限和方式"), blank=True)
    laws = models.JSONField(_("适用规定"))
    draft = models.PositiveSmallIntegerField(_("稿次"), default=1)
    digest = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    drafted_at = models.DateTimeField(_("起草时间"))
    updated_at = models.DateTimeField(_("更新时间"))
    effective_on = models.DateField(_("生效日期"), null=True, blank=True)
    number = models.CharField(_("文号"), max_length=60, blank=True)
    issued_at = models.DateTimeField(_("制发时间"), null=True, blank=True)
    document = models.TextField(_("文书"), blank=True)
    document_digest = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(_("结果"), max_length=12, choices=BodyOutcome.choices, blank=True)

    objects: ClassVar[BodyDecisionQuerySet] = BodyDecisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("对组织、单位的决定")
        constraints = [
            models.CheckConstraint(condition=Q(receiver__in=Receiver.values), name="body_receiver_known"),
            models.CheckConstraint(condition=Q(state__in=BodyState.values), name="body_state_known"),
            models.CheckConstraint(condition=Q(outcome__in=BodyOutcome.values), name="body_outcome_known"),
            models.CheckConstraint(condition=~Q(body="") & ~Q(grounds=""), name="body_named_and_grounded"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="body_digest_form"),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="body_number_once"),
            models.CheckConstraint(
                condition=~Q(state__in=[BodyState.APPROVED, BodyState.ISSUED, BodyState.SERVED, BodyState.DONE])
                | Q(effective_on__isnull=False),
                name="body_decided_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BodyState.ISSUED, BodyState.SERVED, BodyState.DONE])
                | (~Q(number="") & Q(issued_at__isnull=False) & Q(document_digest__regex="^[0-9a-f]{64}$")),
                name="body_issued_has_document",
            ),
            models.CheckConstraint(
                condition=(Q(state=BodyState.DONE) & ~Q(outcome="")) | (~Q(state=BodyState.DONE) & Q(outcome="")),
                name="body_done_has_outcome",
            ),
        ]
        indexes = [models.Index(fields=["case", "unit"]), models.Index(fields=["state", "state_since"])]

    def __str__(self) -> str:
        return f"{self.body} {self.number}".strip()

    @property
    def compartment_id(self) -> int:
        """The compartment of the case, for the policy table."""
        return self.case.compartment_id


class BodyMeasure(models.Model):
    """One measure of a decision on a body, with its article as it was when drafted."""

    decision = models.ForeignKey(BodyDecision, models.PROTECT, related_name="measures")
    seq = models.PositiveSmallIntegerField()
    code = models.CharField(_("代码"), max_length=40)
    family = models.CharField(_("类别"), max_length=30)
    title = models.CharField(_("名称"), max_length=80)
    article = models.CharField(_("依据"), max_length=300, blank=True)
    verified = models.BooleanField(_("依据已核"), default=False)

    objects: ClassVar[OfBodyDecision] = OfBodyDecision.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("对组织、单位的措施")
        ordering = ("seq",)
        constraints = [
            models.UniqueConstraint(fields=["decision", "code"], name="body_measure_once"),
            models.UniqueConstraint(fields=["decision", "seq"], name="body_measure_seq_once"),
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(family__in=["party_org", "unit_measure"]),
                name="body_measure_one_grade",
            ),
            models.CheckConstraint(
                condition=Q(family__in=["party_org", "accountability_org", "unit_measure"]),
                name="body_measure_family_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def catalogued_name(self) -> str:
        """The name of the grade alone, as it stands inside a decision."""
        return catalogue().measures[self.code].name


class BodyAct(models.Model):
    """One act on a decision, on the draft with this digest; appended, never changed."""

    decision = models.ForeignKey(BodyDecision, models.PROTECT, related_name="acts")
    kind = models.CharField(_("事项"), max_length=12, choices=BodyActKind.choices)
    draft = models.PositiveSmallIntegerField(_("稿次"))
    digest = models.CharField(max_length=64)
    on = models.DateField(_("日期"))
    text = models.TextField(_("内容"), blank=True)
    document = models.CharField(_("文号"), max_length=80, blank=True)
    who = models.CharField(_("参加人、签收人或者机构"), max_length=200, blank=True)
    members = models.PositiveSmallIntegerField(_("应到人数"), null=True, blank=True)
    present = models.PositiveSmallIntegerField(_("实到人数"), null=True, blank=True)
    votes_for = models.PositiveSmallIntegerField(_("同意"), null=True, blank=True)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人员一"))
    second_officer = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办理人员二")
    )
    at = models.DateTimeField()

    objects: ClassVar[OfBodyDecision] = OfBodyDecision.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("对组织、单位的决定的办理")
        ordering = ("at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=BodyActKind.values), name="body_act_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind__in=[BodyActKind.HEARD, BodyActKind.SERVED]) | Q(second_officer__isnull=False),
                name="body_act_two_officers",
            ),
            models.CheckConstraint(
                condition=Q(second_officer__isnull=True) | ~Q(actor=F("second_officer")), name="body_act_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(kind=BodyActKind.DELIBERATED)
                | Q(
                    members__isnull=False,
                    present__gt=1,
                    present__lte=F("members"),
                    votes_for__isnull=False,
                    votes_for__lte=F("present"),
                ),
                name="body_act_votes_add_up",
            ),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(kind=BodyActKind.APPROVED), name="body_approved_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.get_kind_display()}"

    @property
    def quorate(self) -> bool:
        """More than half of the members were present."""
        return (self.present or 0) * 2 > (self.members or 0)

    @property
    def carried(self) -> bool:
        """More than half of the members agreed."""
        return (self.votes_for or 0) * 2 > (self.members or 0)
