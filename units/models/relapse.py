"""Relapse (死灰复燃) and what it asks of the unit's leader; and the change sets of triage."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.models import Versioned
from units.enums import Disposition
from units.enums_exchange import LiabilityState, RelapseKind
from units.models.campaigns import Rectification, SelfInspection
from units.models.monitoring import Lead, MonitoringQuerySet, MonitorList
from units.models.register import Unit, UnitLeader


class OfItem(MonitoringQuerySet):
    COMPARTMENT = "item__compartment"


class LiabilityItem(Versioned):
    """领导责任事项: a unit was seen again after it had been put right; whether its leader answers for it.

    ``report`` is the earlier self-inspection, ``rectification`` the duty that was laid on the unit anew.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="liabilities", verbose_name=_("单位"))
    leader = models.ForeignKey(
        UnitLeader, models.PROTECT, null=True, blank=True, related_name="liabilities", verbose_name=_("负责人")
    )
    lead = models.OneToOneField(Lead, models.PROTECT, related_name="liability", verbose_name=_("线索"))
    monitor_list = models.ForeignKey(MonitorList, models.PROTECT, related_name="liabilities")
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="liabilities")
    kind = models.CharField(_("情形"), max_length=12, choices=RelapseKind.choices)
    state = models.CharField(_("状态"), max_length=12, choices=LiabilityState.choices, default=LiabilityState.OPEN)
    report = models.ForeignKey(SelfInspection, models.PROTECT, null=True, blank=True, related_name="+")
    rectification = models.ForeignKey(Rectification, models.PROTECT, null=True, blank=True, related_name="+")
    noted_at = models.DateTimeField(_("发现时间"))
    noted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    talked_on = models.DateField(_("约谈日期"), null=True, blank=True)
    talked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    statement = models.TextField(_("负责人说明"), blank=True)
    decided_at = models.DateTimeField(_("认定时间"), null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("认定理由"), blank=True)

    objects = MonitoringQuerySet.as_manager()

    class Meta:
        verbose_name = _("领导责任事项")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LiabilityState.values), name="liability_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RelapseKind.values), name="liability_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[LiabilityState.HELD, LiabilityState.SPARED],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                & ~Q(reason="")
                | Q(state__in=[LiabilityState.OPEN, LiabilityState.TALKED], decided_at__isnull=True),
                name="liability_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(talked_on__isnull=True, talked_by__isnull=True, statement="")
                | Q(talked_on__isnull=False, talked_by__isnull=False),
                name="liability_talked_whole",
            ),
        ]
        indexes = [models.Index(fields=["compartment", "state"]), models.Index(fields=["unit", "-noted_at"])]

    def __str__(self) -> str:
        return _("%(unit)s再次发现") % {"unit": self.unit.name}

    @property
    def ref(self) -> str:
        """The text reference in ledger and notices."""
        return f"liability:{self.pk}"


class RelapsedAddress(models.Model):
    """An address that had gone and is back: last seen before, and first seen again."""

    item = models.ForeignKey(LiabilityItem, models.PROTECT, related_name="addresses")
    ip = models.GenericIPAddressField(_("IP地址"))
    before_at = models.DateTimeField(_("以前最近监测"), null=True, blank=True)
    again_at = models.DateTimeField(_("再次监测"))

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("死灰复燃地址")
        constraints = [
            models.UniqueConstraint(fields=["item", "ip"], name="relapsed_address_once"),
            models.CheckConstraint(
                condition=Q(before_at__isnull=True) | Q(before_at__lt=F("again_at")), name="relapsed_address_order"
            ),
        ]

    def __str__(self) -> str:
        return str(self.ip)


class ChangeSetQuerySet(models.QuerySet["ChangeSet"]):
    def visible_to(self, user: User) -> "models.QuerySet[ChangeSet]":
        """Return the reader's own change sets; auditors see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.has_role(Role.AUDITOR) else self.filter(made_by=user)


class ChangeSet(models.Model):
    """One act on many leads: what was done, under which conditions, to how many, and whether it was taken back."""

    name = models.CharField(max_length=32, unique=True)
    disposition = models.CharField(_("处置方式"), max_length=30, choices=Disposition.choices)
    conditions = models.CharField(_("条件"), max_length=400, blank=True)
    count = models.PositiveIntegerField(_("条数"))
    made_at = models.DateTimeField(_("办理时间"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人"))
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ChangeSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("批量处置")
        constraints = [
            models.CheckConstraint(condition=Q(disposition__in=Disposition.values), name="change_set_disposition"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="change_set_undone_whole",
            ),
        ]
        indexes = [models.Index(fields=["made_by", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.get_disposition_display()} {self.count}"
