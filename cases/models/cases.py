"""A case, the people who work on it, the steps it took and the papers that were decided."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import CaseKind, CaseState, Duty, Side
from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.core.models import Versioned
from units.models import Lead, Unit

#: The day that stands for "no running clock": such cases come last.
NEVER: Final = date(9999, 12, 31)


class CaseType(models.Model):
    """A published version of a kind of case with its usual tasks; a running case keeps the version it began with."""

    code = models.SlugField(_("代码"), max_length=40)
    number = models.PositiveSmallIntegerField(_("版次"))
    name = models.CharField(_("案件类型"), max_length=80)
    kind = models.CharField(_("性质"), max_length=20, choices=CaseKind.choices)
    tasks = models.JSONField(_("立案后的任务"), default=list)
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("案件类型")
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="case_type_version_once"),
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="case_type_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（第 {self.number} 版）"


class Case(Versioned):
    """One case (案件). ``state`` moves only by ``cases.services.cases.advance`` along ``cases.workflow``."""

    number = models.CharField(_("案号"), max_length=40, unique=True)
    title = models.CharField(_("案由"), max_length=200)
    kind = models.CharField(_("性质"), max_length=20, choices=CaseKind.choices)
    type = models.ForeignKey(
        CaseType, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("案件类型")
    )
    compartment = models.OneToOneField(Compartment, models.PROTECT, related_name="case")
    state = models.CharField(_("状态"), max_length=30, choices=CaseState.choices, default=CaseState.FILING_PENDING)
    returned = models.BooleanField(_("退回修改"), default=False)
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("来源线索")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("单位"))
    grounds = models.TextField(_("主要问题"), blank=True)
    plan = models.TextField(_("审查调查方案"), blank=True)
    report = models.TextField(_("审查调查报告"), blank=True)
    hearing_report = models.TextField(_("审理报告"), blank=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    proposed_at = models.DateTimeField(_("报请立案时间"))
    filed_on = models.DateField(_("立案日期"), null=True, blank=True)
    decided_on = models.DateField(_("决定日期"), null=True, blank=True)
    closed_on = models.DateField(_("结案日期"), null=True, blank=True)
    state_since = models.DateTimeField(_("进入本环节时间"))
    updated_at = models.DateTimeField(_("更新时间"))
    # The nearest day on which a running clock of the case ends; a trigger on the clocks keeps it (migration 0003), so
    # that a list of a million cases is walked along an index. ``NEVER`` without one.
    next_due = models.DateField(_("最近期限"), default=NEVER, editable=False)

    objects: ClassVar[NeedToKnow] = NeedToKnow.as_manager()  # type: ignore[assignment]

    # What a page that only reads has looked up once and asks many times: by reader whether he stands back and on which
    # sides he works, and the proof matrix. A service works on a row of its own, locked, where nothing is known.
    recused_known: Mapping[int, bool] = MappingProxyType({})
    sides_known: Mapping[int, frozenset[str]] = MappingProxyType({})
    matrix_known: Any = None

    class Meta:
        verbose_name = _("案件")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_known"),
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="case_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=[CaseState.FILING_PENDING, CaseState.CLOSED, CaseState.ARCHIVED])
                | Q(filed_on__isnull=False),
                name="case_filed_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CaseState.DECIDED, CaseState.PROSECUTED]) | Q(decided_on__isnull=False),
                name="case_decided_has_day",
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "state"]),
            models.Index(fields=["state", "state_since"]),
            models.Index(fields=["next_due", "id"], name="case_next_due"),
            models.Index(fields=["compartment", "next_due", "id"], name="case_circle_next_due"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class OfCase(NeedToKnow):
    """Rows that are known to whoever may know of their case."""

    COMPARTMENT = "case__compartment"


class CaseMember(models.Model):
    """Somebody works on the case from a day to a day. Nobody ever works on two sides of one case (查审分离)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="case_memberships")
    duty = models.CharField(_("分工"), max_length=20, choices=Duty.choices)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    reason = models.CharField(_("事由"), max_length=200, blank=True)

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("办案人员")
        constraints = [
            models.CheckConstraint(condition=Q(duty__in=Duty.values), name="case_member_duty_known"),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="case_member_side_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("from_on")), name="case_member_order"
            ),
            models.UniqueConstraint(
                fields=["case", "user"], condition=Q(until__isnull=True), name="case_member_open_once"
            ),
            # 监察法实施条例第二百二十二条: whoever investigated does not hear; nobody decides on his own work.
            ExclusionConstraint(
                name="case_member_one_side",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    ("side", RangeOperators.NOT_EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_duty_display()}"


class Paper(models.Model):
    """One draft of what is decided on: the whole content, frozen with its digest."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    number = models.PositiveIntegerField(_("稿次"))
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("呈批稿")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="case_paper_number_once"),
            models.UniqueConstraint(fields=["case", "digest"], name="case_paper_digest_once"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="case_paper_digest_form"),
        ]

    def __str__(self) -> str:
        return f"{self.case.number} 第 {self.number} 稿"


class PaperReading(models.Model):
    """Somebody read this draft; a decision is taken only on a draft that its taker has read."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="readings")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("阅读记录")
        constraints = [models.UniqueConstraint(fields=["paper", "user"], name="case_paper_reading_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d %H:%M}"


class StepTaken(models.Model):
    """One move of a case along its workflow; appended, never edited."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps_taken")
    step = models.CharField(_("环节"), max_length=40)
    from_state = models.CharField(max_length=30, choices=CaseState.choices)
    to_state = models.CharField(max_length=30, choices=CaseState.choices)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(_("意见"), blank=True)
    document = models.CharField(_("文号"), max_length=80, blank=True)
    level = models.CharField(_("审批层级"), max_length=20, blank=True)
    paper = models.ForeignKey(Paper, models.PROTECT, null=True, blank=True, related_name="steps_taken")

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("办理环节")
        constraints = [
            models.CheckConstraint(
                condition=Q(from_state__in=CaseState.values, to_state__in=CaseState.values),
                name="case_step_states_known",
            ),
        ]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return f"{self.case.number} {self.step}"
