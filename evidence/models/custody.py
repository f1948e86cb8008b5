"""Who holds an item: the chain of acts, the intervals that follow from it, and what is pending."""

from typing import Any, NoReturn, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from evidence.enums import (
    Act,
    CheckOutState,
    DiscrepancyKind,
    OfferPurpose,
    OfferState,
    Outcome,
    State,
)
from evidence.models.items import Item, Seal, known


class OfItem(models.QuerySet[Any]):
    """Rows of an item, seen by whoever may see the item."""

    def visible_to(self, user: User) -> Self:
        return self.filter(item__in=Item.objects.visible_to(user).values("pk"))


class AppendOnly(OfItem):
    """Refuses in Python what the database refuses too: the chain is added to, never edited."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("custody is never updated")

    def delete(self) -> NoReturn:
        raise TypeError("custody is never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("custody is never updated")


class Custody(models.Model):
    """One link of an item's chain. ``giver`` and ``receiver`` are set where the item changed hands or was to."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="chain")
    seq = models.PositiveIntegerField()
    act = models.CharField(_("事项"), max_length=30, choices=Act.choices)
    at = models.DateTimeField(_("时间"))
    state = models.CharField(_("状态"), max_length=30, choices=State.choices)  # after the act
    actor = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办"))
    second = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("另一人"))
    giver = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("交出人"))
    receiver = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("接收人")
    )
    place = models.CharField(_("地点"), max_length=200, blank=True)
    seal = models.ForeignKey(Seal, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("封条"))
    document = models.CharField(_("文书"), max_length=120, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    whole = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="with_parts"
    )  # the act on the whole that took this part along
    entry_id = models.BigIntegerField()  # the ledger entry; no foreign key, entries outlive rows

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name = _("交接链")
        ordering = ["item", "seq"]
        constraints = [
            known("act", Act, "custody_act_known"),
            known("state", State, "custody_state_known"),
            models.UniqueConstraint(fields=["item", "seq"], name="custody_seq_unique"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="custody_seq_from_one"),
            models.CheckConstraint(
                condition=Q(giver__isnull=True) | Q(receiver__isnull=True) | ~Q(giver=F("receiver")),
                name="custody_giver_not_receiver",
            ),
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("actor")), name="custody_second_is_other"
            ),
        ]
        indexes = [models.Index(fields=["receiver", "act"])]

    def __str__(self) -> str:
        return f"{self.item_id}#{self.seq} {self.get_act_display()}"


class Holding(models.Model):
    """From when to when one person held an item. The database allows no two at once."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="holdings")
    holder = models.ForeignKey(User, models.PROTECT, related_name="+")
    from_seq = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfItem.as_manager()

    class Meta:
        ordering = ["item", "from_seq"]
        constraints = [
            models.UniqueConstraint(fields=["item", "from_seq"], name="holding_from_act"),
            models.UniqueConstraint(fields=["item"], condition=Q(ended_at__isnull=True), name="holding_one_now"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")), name="holding_order"
            ),
            ExclusionConstraint(
                name="holding_one_at_a_time",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    (
                        Func(
                            "began_at",
                            "ended_at",
                            Value("[)"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.holder}"


class CheckOut(models.Model):
    """A temporary use outside the store: asked for, approved by somebody else, with purpose and day of return."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="check_outs")
    state = models.CharField(_("状态"), max_length=20, choices=CheckOutState.choices, default=CheckOutState.REQUESTED)
    purpose = models.CharField(_("用途"), max_length=200)
    document = models.CharField(_("委托文书"), max_length=120, blank=True)
    due_on = models.DateField(_("约定归还"))
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("批准人")
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    opinion = models.CharField(_("意见"), max_length=200, blank=True)
    receiver = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("领用人")
    )
    out_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("调取")
        constraints = [
            known("state", CheckOutState, "check_out_state_known"),
            models.UniqueConstraint(
                fields=["item"], condition=Q(state__in=["requested", "approved", "out"]), name="check_out_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="check_out_approved_by_other",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "out", "back"]) | Q(decided_by__isnull=False),
                name="check_out_needs_approval",
            ),
            models.CheckConstraint(
                condition=~Q(state="out") | Q(receiver__isnull=False, out_at__isnull=False), name="check_out_to_whom"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"])]

    def __str__(self) -> str:
        return f"{self.item_id} {self.purpose}"


class Offer(models.Model):
    """An item that its holder wants to give to a named person, who has not answered yet."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="offers")
    giver = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("交出人"))
    receiver = models.ForeignKey(User, models.PROTECT, related_name="offered_items", verbose_name=_("接收人"))
    purpose = models.CharField(_("事由"), max_length=20, choices=OfferPurpose.choices, default=OfferPurpose.HAND_OVER)
    check_out = models.ForeignKey(CheckOut, models.PROTECT, null=True, blank=True, related_name="offers")
    state = models.CharField(_("状态"), max_length=20, choices=OfferState.choices, default=OfferState.OPEN)
    place = models.CharField(_("交接地点"), max_length=200, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("移交")
        constraints = [
            known("state", OfferState, "offer_state_known"),
            known("purpose", OfferPurpose, "offer_purpose_known"),
            models.UniqueConstraint(fields=["item"], condition=Q(state=OfferState.OPEN), name="offer_one_open"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="offer_giver_not_receiver"),
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="offer_answered_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver}"


class Discrepancy(models.Model):
    """What does not fit (账实不符). Until it is settled the item cannot leave for good."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="discrepancies")
    kind = models.CharField(_("类别"), max_length=20, choices=DiscrepancyKind.choices)
    expected = models.CharField(_("应为"), max_length=200, blank=True)
    found = models.CharField(_("实为"), max_length=200, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    seq = models.PositiveIntegerField()  # the link of the chain at which it was seen
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # None: the nightly reading
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.CharField(_("查明的情况"), max_length=500, blank=True)

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("账实不符")
        verbose_name_plural = _("账实不符")
        constraints = [
            known("kind", DiscrepancyKind, "discrepancy_kind_known"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | (Q(resolved_at__gte=F("opened_at"), resolved_by__isnull=False) & ~Q(resolution="")),
                name="discrepancy_resolved_how",
            ),
            models.CheckConstraint(
                condition=Q(resolved_by__isnull=True) | Q(opened_by__isnull=True) | ~Q(resolved_by=F("opened_by")),
                name="discrepancy_resolved_by_other",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.get_kind_display()}"


class Disposal(models.Model):
    """The approved end of an item. Who approves neither keeps the item nor proposed it nor carries it out."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="disposals")
    outcome = models.CharField(_("处置"), max_length=30, choices=Outcome.choices)
    document = models.CharField(_("批准文书"), max_length=120)
    reason = models.CharField(_("理由"), max_length=300)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    opinion = models.CharField(_("意见"), max_length=200, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    receipt = models.CharField(_("回执"), max_length=120, blank=True)

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("处置")
        constraints = [
            known("outcome", Outcome, "disposal_outcome_known"),
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(done_at__isnull=True, declined_at__isnull=True),
                name="disposal_one_pending",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
                name="disposal_approved_by_other",
            ),
            models.CheckConstraint(
                condition=Q(done_by__isnull=True) | (Q(approved_by__isnull=False) & ~Q(done_by=F("approved_by"))),
                name="disposal_done_by_other",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.get_outcome_display()}"

    @property
    def open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.approved_at is None and self.declined_at is None

    @property
    def standing(self) -> str:
        """How far it is, in one word."""
        if self.done_at is not None:
            return str(_("已办理"))
        if self.declined_at is not None:
            return str(_("未批准"))
        return str(_("待批准") if self.open else _("已批准，待办理"))


class Hold(models.Model):
    """A stop on disposal, whatever has been approved, until it is lifted."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="holds")
    reason = models.CharField(_("事由"), max_length=200)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OfItem.as_manager()

    class Meta:
        verbose_name = _("暂缓处置")
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__gte=F("placed_at"), lifted_by__isnull=False),
                name="hold_lifted_by_whom",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.reason}"
