"""Who signs on which level, the signatures with the draft they hold for, delegations, remarks, later corrections."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import ApprovalLevel, LinkKind
from cases.models.cases import Case, OfCase, Paper
from casework.accounts.models import User

_LEVELS = Q(level__in=ApprovalLevel.values)


class RankRule(models.Model):
    """What a rank asks for: the organ that manages it and the levels that sign before the decision.

    Practice differs from place to place, so the table is the house's own; a change is a new row, the old one ends.
    """

    rank = models.CharField(_("职级"), max_length=40)
    words = models.CharField(_("职级用语"), max_length=200, help_text=_("用顿号隔开，例如“处级正职、处级副职”"))
    organ = models.CharField(_("管理机关"), max_length=80)
    levels = models.JSONField(_("签批层级"), default=list)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    confidence = models.CharField(max_length=1, default="C")
    order = models.PositiveSmallIntegerField(default=0)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    set_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("签批层级规则")
        constraints = [
            models.UniqueConstraint(fields=["rank"], condition=Q(until__isnull=True), name="rank_rule_stands_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("from_on")), name="rank_rule_order"
            ),
            models.CheckConstraint(condition=Q(confidence__in=["A", "B", "C", "M"]), name="rank_rule_confidence_known"),
        ]

    def __str__(self) -> str:
        return self.rank


class Seat(models.Model):
    """A leader signs on a level from a day to a day; whoever holds no seat signs on any: a small house has one."""

    user = models.ForeignKey(User, models.PROTECT, related_name="approval_seats")
    level = models.CharField(_("层级"), max_length=10, choices=ApprovalLevel.choices)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    document = models.CharField(_("依据文号"), max_length=80, blank=True)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("签批职责")
        constraints = [
            models.CheckConstraint(condition=_LEVELS, name="seat_level_known"),
            ExclusionConstraint(
                name="seat_one_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (
                        Func(
                            "from_on", "until", models.Value("[]"), function="daterange", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_level_display()}"


class Delegation(models.Model):
    """A leader lets another one sign for him, for a period that ends by itself (代行签批)."""

    principal = models.ForeignKey(User, models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(User, models.PROTECT, related_name="delegations_held")
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"))
    reason = models.CharField(_("事由"), max_length=200)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("代行签批")
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("from_on")), name="delegation_order"),
            models.CheckConstraint(condition=~Q(principal=F("delegate")), name="delegation_two_people"),
            ExclusionConstraint(
                name="delegation_one_at_a_time",
                condition=Q(revoked_at__isnull=True),
                expressions=[
                    ("principal", RangeOperators.EQUAL),
                    (
                        Func(
                            "from_on", "until", models.Value("[]"), function="daterange", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal} → {self.delegate}"


class Signature(models.Model):
    """Somebody signed a draft on a level (会签、审签). It holds for that draft and no other.

    A later draft voids it: ``voided_at`` is set and the row stays. The same person never stands on two levels of one
    draft, which the database keeps.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="signatures")
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="signatures")
    step = models.CharField(_("环节"), max_length=40)
    level = models.CharField(_("层级"), max_length=10, choices=ApprovalLevel.choices)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    for_user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代谁签")
    )
    opinion = models.TextField(_("意见"), blank=True)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(_("失效时间"), null=True, blank=True)

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("签批")
        constraints = [
            models.CheckConstraint(condition=_LEVELS, name="signature_level_known"),
            models.UniqueConstraint(
                fields=["case", "step", "level"], condition=Q(voided_at__isnull=True), name="signature_level_once"
            ),
            models.UniqueConstraint(
                fields=["case", "step", "user"], condition=Q(voided_at__isnull=True), name="signature_one_level_each"
            ),
        ]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return f"{self.user} {self.get_level_display()}"


class PaperRemark(models.Model):
    """A leader's remark on one part of the draft that he returned; it stands at that part until it is settled."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="remarks")
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="remarks")
    part = models.CharField(_("部分"), max_length=40)
    text = models.TextField(_("意见"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(_("答复"), blank=True, default="")

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("退回意见")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="paper_remark_says_something")]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return self.text


class Correction(models.Model):
    """A text of a closed case was put right under a right of its own; appended, the old text stays readable."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="corrections")
    field = models.CharField(_("项目"), max_length=30)
    old = models.TextField(_("原为"), blank=True)
    new = models.TextField(_("改为"), blank=True)
    reason = models.TextField(_("理由"))
    document = models.CharField(_("文号"), max_length=80)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("结案后更正")
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(document=""), name="correction_reasoned"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.field}"

    @property
    def field_words(self) -> str:
        """What the text is called."""
        return str(getattr(Case._meta.get_field(self.field), "verbose_name", self.field))


class CaseLink(models.Model):
    """Two cases were joined or taken apart (并案、分案); appended, with what went over."""

    kind = models.CharField(_("关系"), max_length=10, choices=LinkKind.choices)
    case = models.ForeignKey(Case, models.PROTECT, related_name="links_from", verbose_name=_("由"))
    other = models.ForeignKey(Case, models.PROTECT, related_name="links_to", verbose_name=_("到"))
    reason = models.TextField(_("理由"))
    carried = models.JSONField(_("随案内容"), default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("并案、分案")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LinkKind.values), name="case_link_kind_known"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="case_link_two_cases"),
            models.CheckConstraint(condition=~Q(reason=""), name="case_link_reasoned"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.other_id}"
