"""What goes to other agencies and comes back: lookup requests (查询函) and hand-overs of leads, each with receipt.

An agency's liaison sees what was sent to the own agency, and nothing else: no list, no lead, no compartment.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User
from casework.core.models import Versioned
from casework.files.models import Blob
from casework.imports.models import ImportRun
from units.enums_exchange import HandOverPurpose, HandOverState, HandOverWay, LookupState
from units.models.monitoring import Lead, MonitoringQuerySet, MonitorList
from units.models.register import Unit


class ExchangeQuerySet(MonitoringQuerySet):
    """Rows that two sides know of: the compartment here, the liaisons of the agency there."""

    AGENCY = "agency"

    def visible_to(self, user: User) -> Self:
        """Return the rows the user may know of."""
        if user.is_authenticated and user.is_active and user.has_role(Role.LIAISON) and not user.is_commission:
            if user.organisation.kind != OrganisationKind.AGENCY:
                return self.none()
            return self.filter(**{self.AGENCY: user.organisation_id})
        return super().visible_to(user)


class OfLookup(ExchangeQuerySet):
    COMPARTMENT = "request__compartment"
    AGENCY = "request__agency"


class OfHandOver(ExchangeQuerySet):
    COMPARTMENT = "hand_over__compartment"
    AGENCY = "hand_over__agency"


class NumberCode(models.Model):
    """The letters by which a circle of readers tells its numbers from those of all others.

    Each circle counts its own leads, and each pair of circle and agency its own letters: nobody who stands outside
    sees a gap, and the letters are drawn by lot, so that they say nothing of how many circles there are.
    """

    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    code = models.CharField(max_length=8, unique=True)

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("编号代码")
        constraints = [
            models.UniqueConstraint(fields=["compartment", "agency"], name="number_code_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.code


class LookupRequest(Versioned):
    """查询函: asks an agency whose addresses these were at those moments; received, answered, taken in, closed."""

    number = models.CharField(_("文号"), max_length=60, unique=True)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="lookups", verbose_name=_("知悉范围"))
    agency = models.ForeignKey(Organisation, models.PROTECT, related_name="lookups", verbose_name=_("协查机关"))
    state = models.CharField(_("状态"), max_length=12, choices=LookupState.choices, default=LookupState.SENT)
    text = models.TextField(_("请查询的事项"))
    sent_at = models.DateTimeField(_("发出时间"))
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发函人"))
    due_on = models.DateField(_("答复期限"))
    received_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(_("答复"), blank=True)
    answer_file = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    answer_name = models.CharField(max_length=200, blank=True)
    #: The preview that the answer's file was read into, through the import path that every list takes.
    run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("查询函")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LookupState.values), name="lookup_state_known"),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="lookup_received_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="lookup_answered_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[LookupState.ANSWERED, LookupState.CLOSED]) | Q(answered_at__isnull=False),
                name="lookup_answered_when",
            ),
            models.CheckConstraint(
                condition=Q(state=LookupState.CLOSED, closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state=LookupState.CLOSED) & Q(closed_at__isnull=True)),
                name="lookup_closed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "state"]),
            models.Index(fields=["agency", "state"]),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        """The text reference in ledger, deadlines and notices."""
        return f"lookup:{self.pk}"


class LookupAddress(models.Model):
    """An address that is asked about: at which port and between which moments it was seen."""

    request = models.ForeignKey(LookupRequest, models.PROTECT, related_name="addresses")
    monitor_list = models.ForeignKey(MonitorList, models.PROTECT, null=True, blank=True, related_name="+")
    ip = models.GenericIPAddressField(_("IP地址"))
    port = models.PositiveIntegerField(_("端口"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("最早监测"))
    last_seen_at = models.DateTimeField(_("最近监测"))

    objects = OfLookup.as_manager()

    class Meta:
        verbose_name = _("待查地址")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "monitor_list", "ip", "port"], name="lookup_address_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(last_seen_at__gte=F("first_seen_at")), name="lookup_address_order"),
        ]
        indexes = [models.Index(fields=["monitor_list", "ip"])]

    def __str__(self) -> str:
        return str(self.ip)


class HandOver(Versioned):
    """A lead, or what is known of some addresses, handed to another agency or taken from it; with receipt and result.

    ``text`` is all that the other side reads; what the commission knows besides stays in the compartment.
    """

    number = models.CharField(_("文号"), max_length=60, unique=True)
    way = models.CharField(_("方向"), max_length=4, choices=HandOverWay.choices)
    purpose = models.CharField(
        _("事由"), max_length=12, choices=HandOverPurpose.choices, default=HandOverPurpose.TRANSFER
    )
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="hand_overs", verbose_name=_("知悉范围"))
    agency = models.ForeignKey(Organisation, models.PROTECT, related_name="hand_overs", verbose_name=_("对方机关"))
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, blank=True, related_name="hand_overs", verbose_name=_("线索")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="hand_overs", verbose_name=_("涉及单位")
    )
    title = models.CharField(_("标题"), max_length=200)
    text = models.TextField(_("内容"))
    file = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("附件"))
    file_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=HandOverState.choices, default=HandOverState.SENT)
    sent_at = models.DateTimeField(_("发出时间"))
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发出人"))
    due_on = models.DateField(_("期限"), null=True, blank=True)
    received_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    result = models.TextField(_("办理结果"), blank=True)
    result_on = models.DateField(_("结果日期"), null=True, blank=True)
    result_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    result_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    remark = models.TextField(_("退回理由"), blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("移送函")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=HandOverState.values), name="hand_over_state_known"),
            models.CheckConstraint(condition=Q(way__in=HandOverWay.values), name="hand_over_way_known"),
            models.CheckConstraint(condition=Q(purpose__in=HandOverPurpose.values), name="hand_over_purpose_known"),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="hand_over_received_whole",
            ),
            models.CheckConstraint(
                condition=Q(result="", result_on__isnull=True, result_at__isnull=True, result_by__isnull=True)
                | (~Q(result="") & Q(result_on__isnull=False, result_at__isnull=False, result_by__isnull=False)),
                name="hand_over_result_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=HandOverState.RETURNED) | ~Q(remark=""), name="hand_over_returned_why"
            ),
            models.CheckConstraint(
                condition=Q(state=HandOverState.CLOSED, closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state=HandOverState.CLOSED) & Q(closed_at__isnull=True)),
                name="hand_over_closed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "state"]),
            models.Index(fields=["agency", "state"]),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        """The text reference in ledger, deadlines and notices."""
        return f"handover:{self.pk}"


class HandOverAddress(models.Model):
    """An address that was handed over, with the time it was seen."""

    hand_over = models.ForeignKey(HandOver, models.PROTECT, related_name="addresses")
    monitor_list = models.ForeignKey(MonitorList, models.PROTECT, null=True, blank=True, related_name="+")
    ip = models.GenericIPAddressField(_("IP地址"))
    first_seen_at = models.DateTimeField(_("最早监测"))
    last_seen_at = models.DateTimeField(_("最近监测"))
    times = models.PositiveIntegerField(_("次数"), default=1)

    objects = OfHandOver.as_manager()

    class Meta:
        verbose_name = _("移送地址")
        constraints = [
            models.UniqueConstraint(
                fields=["hand_over", "monitor_list", "ip"], name="hand_over_address_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(last_seen_at__gte=F("first_seen_at")), name="hand_over_address_order"),
        ]
        indexes = [models.Index(fields=["monitor_list", "ip"])]

    def __str__(self) -> str:
        return str(self.ip)
