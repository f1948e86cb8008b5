"""Carrying penalties out: service, announcement, tasks with proof, appeals, and the recovery of gains."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from cases.enums_penalties import AppealKind, AppealState, DeliveryAct, DueKind, PaymentKind, PriceBasis, TaskKind
from cases.models.cases import Case
from cases.models.penalties import OfPenalty, Penalty, PenaltyMeasure
from cases.models.suspects import Suspect
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.models import Versioned
from casework.files.models import Blob
from units.models import Unit

FEN = Decimal("0.01")


class Delivery(models.Model):
    """A decision was served (送达) or announced (宣布), each once, by two officers."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="deliveries")
    act = models.CharField(_("事项"), max_length=10, choices=DeliveryAct.choices)
    on = models.DateField(_("日期"))
    place = models.CharField(_("地点或者范围"), max_length=200)
    receiver = models.CharField(_("签收人、到场人员"), max_length=200)
    receipt = models.CharField(_("送达回证编号"), max_length=80, blank=True)
    officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    second_officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    opinion = models.TextField(_("本人意见"), blank=True)
    refusal = models.CharField(_("拒签情况"), max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("送达、宣布")
        ordering = ("at",)
        constraints = [
            models.CheckConstraint(condition=Q(act__in=DeliveryAct.values), name="penalty_delivery_act_known"),
            models.UniqueConstraint(fields=["penalty", "act"], name="penalty_delivery_once"),
            models.CheckConstraint(condition=~Q(officer=F("second_officer")), name="penalty_delivery_two_officers"),
            models.CheckConstraint(
                condition=~Q(act=DeliveryAct.SERVED) | ~Q(receipt="") | ~Q(refusal=""),
                name="penalty_service_has_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_act_display()}"


class Execution(models.Model):
    """One task of carrying out a decision (执行事项); done only with a proof."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="tasks")
    measure = models.ForeignKey(PenaltyMeasure, models.PROTECT, null=True, blank=True, related_name="tasks")
    seq = models.PositiveSmallIntegerField()
    kind = models.CharField(_("事项"), max_length=12, choices=TaskKind.choices)
    text = models.CharField(_("要做的事"), max_length=200)
    responsible = models.CharField(_("责任单位"), max_length=120)
    due_on = models.DateField(_("期限"), null=True, blank=True)
    done_on = models.DateField(_("办结日期"), null=True, blank=True)
    proof = models.TextField(_("办结证明"), blank=True)
    document = models.CharField(_("文号或者凭证号"), max_length=80, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    waived_reason = models.TextField(_("不再执行的理由"), blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("执行事项")
        ordering = ("seq",)
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=TaskKind.values), name="penalty_task_kind_known"),
            models.UniqueConstraint(fields=["penalty", "seq"], name="penalty_task_once"),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, at__isnull=True)
                | (
                    Q(done_on__isnull=False, at__isnull=False, done_by__isnull=False)
                    & (~Q(proof="") | ~Q(waived_reason=""))
                ),
                name="penalty_task_done_has_proof",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        """Nothing has been reported yet."""
        return self.done_on is None


class Appeal(Versioned):
    """The person asks for another look (复审、复核、申诉). Execution goes on meanwhile."""

    penalty = models.ForeignKey(Penalty, models.PROTECT, related_name="appeals")
    kind = models.CharField(_("种类"), max_length=15, choices=AppealKind.choices)
    state = models.CharField(_("状态"), max_length=10, choices=AppealState.choices, default=AppealState.LODGED)
    received_on = models.DateField(_("收到日期"))
    request = models.TextField(_("请求和理由"))
    penalty_state = models.CharField(max_length=20, blank=True)  # where the penalty stood and returns to
    handled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    second_handler = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_on = models.DateField(_("决定日期"), null=True, blank=True)
    document = models.CharField(_("文号"), max_length=80, blank=True)
    outcome = models.TextField(_("决定和理由"), blank=True)
    at = models.DateTimeField()

    objects: ClassVar[OfPenalty] = OfPenalty.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("申诉、复审、复核")
        ordering = ("at",)
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AppealKind.values), name="appeal_kind_known"),
            models.CheckConstraint(condition=Q(state__in=AppealState.values), name="appeal_state_known"),
            models.UniqueConstraint(
                fields=["penalty"],
                condition=Q(state__in=[AppealState.LODGED, AppealState.ACCEPTED]),
                name="appeal_open_once",
            ),
            models.CheckConstraint(
                condition=Q(handled_by__isnull=True)
                | Q(second_handler__isnull=True)
                | ~Q(handled_by=F("second_handler")),
                name="appeal_two_handlers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_kind_display()}"


class RecoveryQuerySet(NeedToKnow):
    """Gains and dues are known to whoever may know of their case."""

    COMPARTMENT = "case__compartment"


class Recovery(Versioned):
    """One gain in coin or money: what it was worth and why, what is due, what was paid.

    ``value`` is yuan. With a stated price it is quantity × price, rounded half up to fen, and the database checks it;
    with a stated value the price is only implied. Prices of different source never become one.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="recoveries")
    suspect = models.ForeignKey(Suspect, models.PROTECT, null=True, blank=True, related_name="recoveries")
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="recoveries", verbose_name=_("单位")
    )
    measure = models.ForeignKey(PenaltyMeasure, models.PROTECT, null=True, blank=True, related_name="recoveries")
    kind = models.CharField(_("款项"), max_length=10, choices=DueKind.choices, default=DueKind.GAIN)
    due_on = models.DateField(_("缴款期限"), null=True, blank=True)
    #: Of a surcharge: the meter's kWh, the yuan for one of them and the days that count.
    kwh = models.DecimalField(_("电量（kWh）"), max_digits=16, decimal_places=2, null=True, blank=True)
    rate = models.DecimalField(_("加价（元/kWh）"), max_digits=8, decimal_places=4, null=True, blank=True)
    used_from = models.DateField(_("用电起"), null=True, blank=True)
    used_until = models.DateField(_("用电止"), null=True, blank=True)
    label = models.CharField(_("说明"), max_length=120)
    basis = models.CharField(_("计价方式"), max_length=15, choices=PriceBasis.choices)
    coin = models.CharField(_("币种"), max_length=20, blank=True)
    quantity = models.DecimalField(_("数量"), max_digits=38, decimal_places=18, null=True, blank=True)
    price = models.DecimalField(_("单价（元）"), max_digits=24, decimal_places=8, null=True, blank=True)
    priced_at = models.DateTimeField(_("计价时点"), null=True, blank=True)
    price_source = models.CharField(_("价格来源"), max_length=120, blank=True)
    value = models.DecimalField(_("折合（元）"), max_digits=18, decimal_places=2)
    approximate = models.BooleanField(_("约数"), default=False)
    amount_due = models.DecimalField(_("应缴（元）"), max_digits=18, decimal_places=2, default=Decimal(0))
    amount_paid = models.DecimalField(_("已缴（元）"), max_digits=18, decimal_places=2, default=Decimal(0))
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[RecoveryQuerySet] = RecoveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("追缴")
        constraints = [
            models.CheckConstraint(condition=Q(basis__in=PriceBasis.values), name="recovery_basis_known"),
            models.CheckConstraint(
                condition=(
                    Q(basis=PriceBasis.CNY, coin="", quantity__isnull=True, price__isnull=True)
                    | (Q(basis=PriceBasis.STATED_PRICE, quantity__gt=0, price__gt=0) & ~Q(coin=""))
                    | (Q(basis=PriceBasis.STATED_VALUE, quantity__gt=0, price__isnull=True) & ~Q(coin=""))
                ),
                name="recovery_basis_complete",
            ),
            models.CheckConstraint(
                condition=Q(basis=PriceBasis.CNY) | (Q(priced_at__isnull=False) & ~Q(price_source="")),
                name="recovery_price_has_moment_and_source",
            ),
            models.CheckConstraint(
                condition=~Q(basis=PriceBasis.STATED_PRICE) | Q(value=Round(F("quantity") * F("price"), precision=2)),
                name="recovery_value_from_price",
            ),
            models.CheckConstraint(condition=Q(value__gt=0), name="recovery_value_positive"),
            models.CheckConstraint(
                condition=Q(kind=DueKind.GAIN, kwh__isnull=True, rate__isnull=True)
                | (
                    Q(kind=DueKind.SURCHARGE, basis=PriceBasis.CNY, unit__isnull=False, kwh__gt=0, rate__gt=0)
                    & Q(kwh__isnull=False, rate__isnull=False, used_from__isnull=False, used_until__isnull=False)
                    & Q(used_until__gte=F("used_from"))
                    & Q(value=Round(F("kwh") * F("rate"), precision=2))
                ),
                name="recovery_surcharge_complete",
            ),
            models.CheckConstraint(
                condition=Q(amount_due__gte=0, amount_paid__gte=0, amount_paid__lte=F("amount_due")),
                name="recovery_paid_within_due",
            ),
        ]
        indexes = [models.Index(fields=["case", "coin"]), models.Index(fields=["unit"])]

    def __str__(self) -> str:
        return self.label

    def late_on(self, day: date) -> bool:
        """Tell whether something is still owed after the last day for paying it."""
        return self.due_on is not None and self.due_on < day and self.remainder > 0

    @property
    def compartment_id(self) -> int:
        """The compartment of the case, for the policy table."""
        return self.case.compartment_id

    @property
    def remainder(self) -> Decimal:
        """What is still to be paid, yuan."""
        return self.amount_due - self.amount_paid

    @property
    def implied_price(self) -> Decimal | None:
        """The price that a stated value implies, yuan for one coin; None where a price is stated."""
        if self.basis != PriceBasis.STATED_VALUE or not self.quantity:
            return None
        return (self.value / self.quantity).quantize(FEN, ROUND_HALF_UP)


class RecoveryPaymentQuerySet(NeedToKnow):
    """Payments are known to whoever may know of their case."""

    COMPARTMENT = "recovery__case__compartment"


class RecoveryPayment(models.Model):
    """One payment with its receipt; appended, never changed."""

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="payments")
    kind = models.CharField(_("方式"), max_length=12, choices=PaymentKind.choices)
    amount = models.DecimalField(_("金额（元）"), max_digits=18, decimal_places=2)
    paid_on = models.DateField(_("缴款日期"))
    receipt = models.CharField(_("凭证号"), max_length=80)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[RecoveryPaymentQuerySet] = RecoveryPaymentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("缴款")
        ordering = ("paid_on", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PaymentKind.values), name="recovery_payment_kind_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="recovery_payment_positive"),
            models.UniqueConstraint(fields=["recovery", "receipt"], name="recovery_receipt_once"),
            models.CheckConstraint(condition=~Q(receipt=""), name="recovery_payment_has_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} {self.amount}"
