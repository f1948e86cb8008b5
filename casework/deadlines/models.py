"""Clocks that run: what is due when, what stopped or lengthened it, and how it ended."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, circles_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.calendar import Kind
from casework.core.models import Versioned
from casework.deadlines.enums import LIVE, State, Unit
from casework.deadlines.owners import lock_owners


class Holiday(models.Model):
    """What a notice says of one day: closed, or a weekend that is worked (调休). Seeded from data/holidays.yaml."""

    class Kinds(models.TextChoices):
        HOLIDAY = Kind.HOLIDAY.value, _("放假")
        WORKDAY = Kind.WORKDAY.value, _("调休上班")

    date = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类别"), max_length=10, choices=Kinds.choices)
    name = models.CharField(_("名称"), max_length=40, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("放假安排")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="holiday_kind_known")
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """Deadlines by reader and by state."""

    def visible_to(self, user: User) -> Self:
        """Return what the reader may know of: auditors all, officials by compartment, everybody else what they hold.

        Who holds no office any more is treated as the official he may have been.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.AUDITOR):
            return self
        if user.is_commission or not user.roles:
            circles = circles_of(user)
            way = "any_of" if isinstance(circles, list) else "in"
            return self.filter(Q(**{f"compartment__{way}": circles}) | Q(compartment=None, holder=user))
        return self.filter(holder=user)

    def live(self) -> Self:
        """Return the clocks that run or stand still."""
        return self.filter(state__in=LIVE)


class Deadline(Versioned):
    """One clock on one thing. ``ref`` names the thing as text (``selfinspection:12``), ``kind`` the rule.

    ``rule`` and ``facts`` are the inputs, kept as they were; ``explanation`` is how the date came about. ``verdict`` is
    written once, when the duty is met, and never changes again, whatever becomes of the calendar.
    """

    ref = models.CharField(max_length=80)
    kind = models.CharField(_("期限规则"), max_length=10)
    rule_version = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=12, choices=Unit.choices)
    title = models.CharField(_("事项"), max_length=200)
    start_on = models.DateField(_("起算日"))
    due_on = models.DateField(_("到期日"))
    due_at = models.DateTimeField(_("到期时刻"), null=True, blank=True)
    first_due_on = models.DateField(_("最初到期日"))
    provisional = models.BooleanField(_("日期暂定"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    holder = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="deadlines", verbose_name=_("责任人")
    )
    compartment = models.ForeignKey(Compartment, models.PROTECT, null=True, blank=True, related_name="deadlines")
    rule = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    explanation = models.JSONField(default=list)
    next_on = models.DateField(null=True, blank=True, help_text="the day from which the scan owes a reminder")
    opened_at = models.DateTimeField()
    met_on = models.DateField(_("办结日"), null=True, blank=True)
    verdict = models.JSONField(null=True, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("期限")
        constraints = [
            models.UniqueConstraint(fields=["ref", "kind"], condition=Q(state__in=LIVE), name="deadline_live_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="deadline_state_known"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="deadline_unit_known"),
            models.CheckConstraint(
                condition=Q(state=State.MET, met_on__isnull=False, verdict__isnull=False)
                | (~Q(state=State.MET) & Q(met_on=None, verdict=None)),
                name="deadline_met_has_verdict",
            ),
            models.CheckConstraint(condition=Q(next_on=None) | Q(state=State.OPEN), name="deadline_reminds_only_open"),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | ~Q(unit=Unit.HOUR), name="deadline_hours_have_moment"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_on", "id"], condition=Q(next_on__isnull=False), name="deadline_next"),
            models.Index(fields=["holder", "due_on", "id"], condition=Q(state__in=LIVE), name="deadline_holder_live"),
            models.Index(fields=["due_on", "id"], condition=Q(state__in=LIVE), name="deadline_live_due"),
            models.Index(fields=["state", "due_on", "id"], name="deadline_state_due"),
            models.Index(fields=["due_on", "id"], name="deadline_due"),
            models.Index(fields=["due_on", "id"], condition=Q(provisional=True), name="deadline_provisional"),
            # Signs and pairs of signs of the titles (migration 0003), for whoever looks among all of them.
            GinIndex(Func("title", function="deadline_pairs"), name="deadline_title_pairs"),
            models.Index(fields=["compartment", "due_on", "id"], name="deadline_compartment"),
            models.Index(fields=["ref"], name="deadline_ref"),
        ]

    @classmethod
    def locked(cls, pk: Any) -> Self:
        """Return the clock locked until the transaction ends; what it is about is locked first (``owners``)."""
        lock_owners(cls._base_manager.filter(pk=pk).values_list("ref", flat=True))
        return super().locked(pk)

    def __str__(self) -> str:
        return f"{self.kind} {self.ref} {self.due_on}"

    @property
    def is_live(self) -> bool:
        """The clock runs or stands still, but has not ended."""
        return self.state in LIVE


class Suspension(models.Model):
    """The clock stands still from ``from_on`` up to the day before ``to_on``."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="suspensions")
    from_on = models.DateField(_("暂停之日"))
    to_on = models.DateField(_("恢复之日"), null=True, blank=True)
    reason = models.CharField(_("事由"), max_length=300)
    approver = models.CharField(_("批准人"), max_length=120)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    resume_reason = models.CharField(_("恢复事由"), max_length=300, blank=True)
    resume_approver = models.CharField(_("恢复批准人"), max_length=120, blank=True)
    resume_document = models.CharField(_("恢复文号"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("暂停计时")
        constraints = [
            models.UniqueConstraint(fields=["deadline"], condition=Q(to_on=None), name="suspension_open_once"),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="suspension_order"),
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id}: {self.from_on} — {self.to_on or ''}"


class Extension(models.Model):
    """More time, granted before the deadline ran out."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="extensions")
    amount = models.PositiveSmallIntegerField(_("延长"))
    unit = models.CharField(_("单位"), max_length=12, choices=Unit.choices)
    reason = models.CharField(_("事由"), max_length=300)
    approver = models.CharField(_("批准人"), max_length=120)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    granted_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("延长")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="extension_positive"),
            models.CheckConstraint(
                condition=Q(unit__in=[unit for unit in Unit.values if unit != Unit.NAMED]), name="extension_unit_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id}: +{self.amount} {self.unit}"
