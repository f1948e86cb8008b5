"""The daily work of a case: the ledger of measures, tasks, notes, and moments that somebody put on the timeline."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import Lane, MeasureKind, MeasureState, Precision
from cases.models.cases import Case, OfCase
from cases.models.suspects import Suspect
from casework.accounts.models import User
from casework.core.models import Versioned


class Measure(Versioned):
    """One measure of the investigation (调查措施台账): proposed, approved by another, carried out, ended.

    Of measures against liberty only the record, the clock and the alarm are kept.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="measures")
    number = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("措施"), max_length=20, choices=MeasureKind.choices)
    suspect = models.ForeignKey(Suspect, models.PROTECT, null=True, blank=True, related_name="case_measures")
    target = models.CharField(_("对象"), max_length=200)
    purpose = models.TextField(_("事由、内容"))
    state = models.CharField(_("状态"), max_length=10, choices=MeasureState.choices, default=MeasureState.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("报请人"))
    proposed_at = models.DateTimeField(_("报请时间"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("批准人")
    )
    decided_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    opinion = models.TextField(_("批准意见"), blank=True)
    document = models.CharField(_("文书文号"), max_length=80, blank=True)
    began_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    officer = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    second_officer = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("解除时间"), null=True, blank=True)
    result = models.TextField(_("结果"), blank=True)

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("调查措施")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="measure_number_once"),
            models.CheckConstraint(condition=Q(kind__in=MeasureKind.values), name="measure_kind_known"),
            models.CheckConstraint(condition=Q(state__in=MeasureState.values), name="measure_state_known"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")), name="measure_other_approves"
            ),
            models.CheckConstraint(
                condition=Q(officer__isnull=True) | ~Q(officer=F("second_officer")), name="measure_two_officers"
            ),
            models.CheckConstraint(
                condition=Q(began_at__isnull=True)
                | Q(officer__isnull=False, second_officer__isnull=False, decided_at__isnull=False),
                name="measure_begun_was_approved",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(began_at__isnull=False, ended_at__gte=F("began_at")),
                name="measure_times_in_order",
            ),
        ]
        indexes = [models.Index(fields=["case", "state"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.target}"


class CaseTask(Versioned):
    """Something to be done in the case by somebody until a day."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="tasks")
    title = models.CharField(_("任务"), max_length=200)
    holder = models.ForeignKey(User, models.PROTECT, related_name="case_tasks", verbose_name=_("承办人"))
    due_on = models.DateField(_("期限"), null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    result = models.CharField(_("结果"), max_length=300, blank=True)

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("案内任务")
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="case_task_done_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["case", "done_at", "due_on"])]

    def __str__(self) -> str:
        return self.title


class CaseNote(models.Model):
    """A note for those who work on the case; appended, never edited: a correction is another note."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    text = models.TextField(_("记事"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("案内记事")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="case_note_says_something")]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return self.text[:40]


class KeyMoment(Versioned):
    """A moment that somebody put on the timeline: a key date, or something that no row of the system knows."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="moments")
    lane = models.CharField(_("泳道"), max_length=20, choices=Lane.choices)
    title = models.CharField(_("事项"), max_length=200)
    at = models.DateTimeField(_("时间"))
    until = models.DateTimeField(_("至"), null=True, blank=True)
    precision = models.CharField(_("时间精度"), max_length=10, choices=Precision.choices, default=Precision.EXACT)
    source = models.CharField(_("依据"), max_length=200)
    pinned = models.BooleanField(_("置顶"), default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("关键时点")
        constraints = [
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="key_moment_lane_known"),
            models.CheckConstraint(condition=Q(precision__in=Precision.values), name="key_moment_precision_known"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("at")), name="key_moment_order"),
        ]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return self.title
