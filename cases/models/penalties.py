"""Penalties and other handling of a person: the proposal, its drafts, and what was decided."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cases.catalogue import Measure, catalogue
from cases.enums_penalties import (
    GONE_STATES,
    BonusUnit,
    BranchWay,
    DecidedBy,
    DefenceOutcome,
    Office,
    PenaltyState,
    Situation,
    Track,
    Verdict,
)
from cases.models.suspects import Suspect
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.english import said
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned


class OfPenalty(NeedToKnow):
    """Rows of a penalty are known to whoever may know of its case."""

    COMPARTMENT = "penalty__suspect__case__compartment"


class PenaltyQuerySet(NeedToKnow):
    """Penalties are known to whoever may know of their case."""

    COMPARTMENT = "suspect__case__compartment"

    def alive(self) -> "PenaltyQuerySet":
        """Return those that were neither voided nor revoked."""
        return self.exclude(state__in=GONE_STATES)


class Penalty(Versioned):
    """The whole handling of one person in one case: one or several measures, one procedure.

    ``state`` moves only by ``cases.services.penalties`` along ``cases.penalty_workflow``. ``standing`` and ``laws``
    are the person's standing and the law versions on which the draft was checked.
    """

    suspect = models.ForeignKey(Suspect, models.PROTECT, related_name="penalties", verbose_name=_("对象"))
    state = models.CharField(_("状态"), max_length=20, choices=PenaltyState.choices, default=PenaltyState.PROPOSED)
    state_since = models.DateTimeField(_("进入本环节时间"))
    returned = models.BooleanField(_("退回修改"), default=False)
    track = models.CharField(_("类别"), max_length=10, choices=Track.choices)
    form = models.PositiveSmallIntegerField(_("形态"), default=0)
    decided_by = models.CharField(_("作出机关"), max_length=12, choices=DecidedBy.choices, default=DecidedBy.COMMISSION)
    situation = models.CharField(_("目前情况"), max_length=10, choices=Situation.choices, default=Situation.IN_POST)
    offices = ArrayField(
        models.CharField(max_length=24, choices=Office.choices), verbose_name=_("任职"), default=list, blank=True
    )
    branch = models.CharField(_("支部大会"), max_length=12, choices=BranchWay.choices, default=BranchWay.RAISED)
    grounds = models.TextField(_("违纪违法事实"))
    evidence = models.TextField(_("证据"), blank=True)
    findings = models.JSONField(_("认定的行为"), default=list)
    circumstances = ArrayField(models.CharField(max_length=6), verbose_name=_("情节"), default=list, blank=True)
    reason = models.TextField(_("轻重理由"), blank=True)
    acts_from = models.DateField(_("行为起"))
    acts_until = models.DateField(_("行为止"))
    standing = models.JSONField(_("身份"))
    laws = models.JSONField(_("适用规定"))
    draft = models.PositiveSmallIntegerField(_("稿次"), default=1)
    digest = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    drafted_at = models.DateTimeField(_("起草时间"))
    updated_at = models.DateTimeField(_("更新时间"))
    effective_on = models.DateField(_("生效日期"), null=True, blank=True)
    number = models.CharField(_("决定文号"), max_length=60, blank=True)
    issued_at = models.DateTimeField(_("制发时间"), null=True, blank=True)
    document = models.TextField(_("决定书"), blank=True)
    document_digest = models.CharField(max_length=64, blank=True)
    executed_on = models.DateField(_("执行完毕日期"), null=True, blank=True)
    period_until = models.DateField(_("影响期止"), null=True, blank=True)
    probation_until = models.DateField(_("察看期止"), null=True, blank=True)
    probation_extended_on = models.DateField(_("延长察看日期"), null=True, blank=True)
    restored_on = models.DateField(_("恢复党员权利日期"), null=True, blank=True)

    objects: ClassVar[PenaltyQuerySet] = PenaltyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("处分")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PenaltyState.values), name="penalty_state_known"),
            models.CheckConstraint(condition=Q(track__in=Track.values), name="penalty_track_known"),
            models.CheckConstraint(condition=Q(decided_by__in=DecidedBy.values), name="penalty_decider_known"),
            models.CheckConstraint(condition=Q(situation__in=Situation.values), name="penalty_situation_known"),
            models.CheckConstraint(condition=Q(form__lte=4), name="penalty_form_known"),
            models.CheckConstraint(condition=Q(offices__contained_by=Office.values), name="penalty_offices_known"),
            models.CheckConstraint(condition=Q(branch__in=BranchWay.values), name="penalty_branch_known"),
            models.CheckConstraint(condition=Q(acts_until__gte=F("acts_from")), name="penalty_acts_order"),
            models.CheckConstraint(condition=~Q(grounds=""), name="penalty_grounds_given"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="penalty_digest_form"),
            # One handling of a person in a case: the plainest guard against a second sanction for the same act.
            models.UniqueConstraint(
                fields=["suspect"], condition=~Q(state__in=sorted(GONE_STATES)), name="penalty_stands_once"
            ),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="penalty_number_once"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        PenaltyState.PROPOSED,
                        PenaltyState.INFORMED,
                        PenaltyState.CONSULTED,
                        PenaltyState.DELIBERATED,
                        PenaltyState.VOID,
                    ]
                )
                | Q(effective_on__isnull=False),
                name="penalty_decided_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PenaltyState.ISSUED, PenaltyState.SERVED, PenaltyState.ANNOUNCED])
                | (~Q(number="") & Q(issued_at__isnull=False) & Q(document_digest__regex="^[0-9a-f]{64}$")),
                name="penalty_issued_has_document",
            ),
            models.CheckConstraint(
                condition=Q(effective_on__isnull=True) | Q(effective_on__gte=F("acts_from")),
                name="penalty_effective_after_acts",
            ),
            models.CheckConstraint(
                condition=Q(period_until__isnull=True) | Q(period_until__gte=F("effective_on")),
                name="penalty_period_order",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_since"]),
            models.Index(fields=["track", "form"]),
            GinIndex(name="penalty_findings_idx", fields=["findings"], opclasses=["jsonb_path_ops"]),
            models.Index(fields=["period_until"], condition=Q(state=PenaltyState.RUNNING), name="penalty_running_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.suspect.name} {self.number}".strip()

    @property
    def compartment_id(self) -> int:
        """The compartment of the case, for the policy table."""
        return self.suspect.case.compartment_id

    @property
    def acts_days(self) -> int:
        """How many days the conduct lasted, first and last day included."""
        return (self.acts_until - self.acts_from).days + 1


class PenaltyMeasure(models.Model):
    """One grade or measure of a penalty, with its article as it was when drafted."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="measures")
    seq = models.PositiveSmallIntegerField()
    code = models.CharField(_("代码"), max_length=40)
    family = models.CharField(_("类别"), max_length=30)
    title = models.CharField(_("名称"), max_length=80)
    band = models.CharField(_("轻重"), max_length=10, blank=True)
    months = models.PositiveSmallIntegerField(_("期限（月）"), null=True, blank=True)
    quantity = models.PositiveSmallIntegerField(_("数量"), null=True, blank=True)
    unit = models.CharField(_("单位"), max_length=10, choices=BonusUnit.choices, blank=True)
    amount = models.DecimalField(_("金额（元）"), max_digits=16, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    article = models.CharField(_("依据"), max_length=300, blank=True)
    verified = models.BooleanField(_("依据已核"), default=False)

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("处分措施")
        ordering = ("seq",)
        constraints = [
            models.UniqueConstraint(fields=["penalty", "code"], name="penalty_measure_once"),
            models.UniqueConstraint(fields=["penalty", "seq"], name="penalty_measure_seq_once"),
            models.UniqueConstraint(
                fields=["penalty"], condition=Q(family="party_discipline"), name="penalty_one_party_grade"
            ),
            models.UniqueConstraint(
                fields=["penalty"],
                condition=Q(family__in=["gov_sanction", "employer_sanction"]),
                name="penalty_one_state_grade",
            ),
            models.CheckConstraint(condition=Q(unit__in=BonusUnit.values), name="penalty_measure_unit_known"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True, unit="") | (Q(quantity__gte=1) & ~Q(unit="")),
                name="penalty_measure_quantity_has_unit",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0), name="penalty_measure_amount_positive"
            ),
        ]
        indexes = [models.Index(fields=["code"]), models.Index(fields=["family"])]

    def __str__(self) -> str:
        return self.words

    @property
    def catalogued(self) -> Measure:
        """The row of the catalogue."""
        return catalogue().measures[self.code]

    @property
    def words(self) -> str:
        """The measure with its particulars: 扣除绩效考核奖金 3 个月."""
        parts = [said(self.title)]
        if self.quantity:
            parts.append(f"{self.quantity} {self.get_unit_display()}")
        if self.months:
            parts.append(ngettext("（%(n)s 个月）", "（%(n)s 个月）", self.months) % {"n": self.months})
        if self.amount is not None:
            parts.append(gettext("%(sum)s 元") % {"sum": f"{self.amount:,.2f}"})
        return " ".join(parts)


class PenaltyDraft(models.Model):
    """One draft, frozen with its digest: what an approver read and decided on."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="drafts")
    number = models.PositiveSmallIntegerField(_("稿次"))
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("处分建议稿")
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["penalty", "number"], name="penalty_draft_once"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="penalty_draft_digest_form"),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 稿"


class PenaltyReading(models.Model):
    """Somebody who decides read a draft; what changed since is shown to him."""

    draft = models.ForeignKey(PenaltyDraft, models.PROTECT, related_name="readings")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("阅读记录")
        constraints = [models.UniqueConstraint(fields=["draft", "user"], name="penalty_reading_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.draft}"


class PenaltyDefence(models.Model):
    """Facts and basis were told and the defence was heard, on a draft (政务处分法第四十三条)."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="defences")
    draft = models.PositiveSmallIntegerField(_("稿次"))
    substance = models.CharField(max_length=64)  # digest of what was told: the draft without the comparison with others
    told_at = models.DateTimeField(_("告知时间"))
    officer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人员一"))
    second_officer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人员二"))
    place = models.CharField(_("地点"), max_length=200, blank=True)
    statement = EncryptedTextField(_("陈述申辩"), blank=True)
    outcome = models.CharField(_("采纳情况"), max_length=10, choices=DefenceOutcome.choices)
    answer = models.TextField(_("答复理由"), blank=True)
    signed = models.BooleanField(_("本人已签字"), default=False)
    refusal = models.CharField(_("拒签情况"), max_length=200, blank=True)

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("陈述申辩")
        ordering = ("told_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=DefenceOutcome.values), name="penalty_defence_outcome_known"
            ),
            models.CheckConstraint(condition=~Q(officer=F("second_officer")), name="penalty_defence_two_officers"),
            models.CheckConstraint(condition=Q(signed=True) | ~Q(refusal=""), name="penalty_defence_signed_or_noted"),
            models.CheckConstraint(
                condition=~Q(outcome__in=[DefenceOutcome.REJECTED, DefenceOutcome.PARTLY]) | ~Q(answer=""),
                name="penalty_defence_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_outcome_display()}"


class PenaltyConsultation(models.Model):
    """Another organ was asked for its opinion (征求意见)."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="consultations")
    organ = models.CharField(_("机关"), max_length=120)
    opinion = models.TextField(_("意见"))
    document = models.CharField(_("文号"), max_length=80, blank=True)
    replied_on = models.DateField(_("回复日期"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("征求意见")

    def __str__(self) -> str:
        return f"{self.organ} {self.replied_on}"


class PenaltyDeliberation(models.Model):
    """A body discussed a draft and voted; no person decides alone (集体审议)."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="deliberations")
    draft = models.PositiveSmallIntegerField(_("稿次"))
    body = models.CharField(_("审议机构"), max_length=120)
    held_on = models.DateField(_("会议日期"))
    minutes = models.CharField(_("会议纪要文号"), max_length=80, blank=True)
    members = models.PositiveSmallIntegerField(_("应到人数"))
    present = models.PositiveSmallIntegerField(_("实到人数"))
    votes_for = models.PositiveSmallIntegerField(_("同意"))
    votes_against = models.PositiveSmallIntegerField(_("不同意"), default=0)
    abstentions = models.PositiveSmallIntegerField(_("弃权"), default=0)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("集体审议")
        ordering = ("at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(present__gt=1, present__lte=F("members")), name="penalty_deliberation_present"
            ),
            models.CheckConstraint(
                condition=Q(present=F("votes_for") + F("votes_against") + F("abstentions")),
                name="penalty_deliberation_votes_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body} {self.held_on}"

    @property
    def quorate(self) -> bool:
        """More than half of the members were present."""
        return self.present * 2 > self.members

    @property
    def carried(self) -> bool:
        """More than half of the members agreed."""
        return self.votes_for * 2 > self.members


class PenaltyDecision(models.Model):
    """An approver's word on a draft; bound to the digest of what was read."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="decisions")
    draft = models.PositiveSmallIntegerField(_("稿次"))
    digest = models.CharField(max_length=64)
    verdict = models.CharField(_("决定"), max_length=10, choices=Verdict.choices)
    approver = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("审批人"))
    opinion = models.TextField(_("意见"), blank=True)
    committee_document = models.CharField(_("同级党委批准文号"), max_length=80, blank=True)
    committee_on = models.DateField(_("党委批准日期"), null=True, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("审批")
        ordering = ("at",)
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="penalty_decision_verdict_known"),
            models.UniqueConstraint(
                fields=["penalty"], condition=Q(verdict=Verdict.AGREED), name="penalty_agreed_once"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.AGREED) | ~Q(opinion=""), name="penalty_decision_reasoned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approver} {self.get_verdict_display()}"
