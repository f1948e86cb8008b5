"""The way of a penalty through the bodies and levels that must agree: what each said, with its day and votes."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import ApprovalLevel
from cases.enums_penalties import Station
from cases.models.penalties import OfPenalty, Penalty
from casework.accounts.models import User


class PenaltyStation(models.Model):
    """A body outside the house decided on a draft, or an office was taken away first; appended, the last one counts.

    With ``members`` it was a vote of a meeting; ``ahead`` says that the standing committee handled it between two
    plenary meetings, so that the plenary meeting still has to ratify it (党章第四十二条).
    """

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="stations")
    draft = models.PositiveSmallIntegerField(_("稿次"))
    station = models.CharField(_("事项"), max_length=10, choices=Station.choices)
    body = models.CharField(_("作出的组织"), max_length=120)
    document = models.CharField(_("文号"), max_length=80)
    on = models.DateField(_("日期"))
    members = models.PositiveSmallIntegerField(_("应到人数"), null=True, blank=True)
    present = models.PositiveSmallIntegerField(_("实到人数"), null=True, blank=True)
    votes_for = models.PositiveSmallIntegerField(_("同意"), null=True, blank=True)
    ahead = models.BooleanField(_("闭会期间常委会先作处理"), default=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("报批经过")
        ordering = ("at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(station__in=Station.values), name="penalty_station_known"),
            models.CheckConstraint(condition=~Q(body="") & ~Q(document=""), name="penalty_station_documented"),
            models.CheckConstraint(
                condition=Q(members__isnull=True, present__isnull=True, votes_for__isnull=True)
                | Q(
                    members__isnull=False,
                    present__isnull=False,
                    votes_for__isnull=False,
                    present__lte=F("members"),
                    votes_for__lte=F("present"),
                ),
                name="penalty_station_votes_add_up",
            ),
        ]
        indexes = [models.Index(fields=["penalty", "draft"])]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_station_display()}"

    @property
    def quorate(self) -> bool:
        """More than half of the members were present."""
        return (self.present or 0) * 2 > (self.members or 0)

    @property
    def majority(self) -> bool:
        """More than half of the members agreed."""
        return (self.votes_for or 0) * 2 > (self.members or 0)

    @property
    def two_thirds(self) -> bool:
        """Two thirds of the members or more agreed; two thirds exactly are enough (以上 includes the number)."""
        return self.members is not None and (self.votes_for or 0) * 3 >= self.members * 2


class PenaltySignature(models.Model):
    """A leader signed a draft on a level before the decision; it holds for that digest and is kept when it changes."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="signatures")
    draft = models.PositiveSmallIntegerField(_("稿次"))
    digest = models.CharField(max_length=64)
    level = models.CharField(_("层级"), max_length=10, choices=ApprovalLevel.choices)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    for_user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代谁签")
    )
    opinion = models.TextField(_("意见"), blank=True)
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("处分会签")
        ordering = ("at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(level__in=ApprovalLevel.values), name="penalty_signature_level_known"),
            models.UniqueConstraint(fields=["penalty", "digest", "level"], name="penalty_signature_level_once"),
            models.UniqueConstraint(fields=["penalty", "digest", "user"], name="penalty_signature_one_level_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_level_display()}"
