"""Taking stock: what should lie on the shelves, and what was found there."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.models import Versioned
from evidence.enums import StockResult
from evidence.models.items import Item, known


class OwnStock(models.QuerySet[Any]):
    """Stock-takes are the keeper's own; auditors read them all."""

    def visible_to(self, user: User) -> Self:
        if not user.is_authenticated or not user.is_active or user.is_administrator:
            return self.none()
        return self if user.has_role(Role.AUDITOR) else self.filter(keeper=user)


class StockTake(Versioned):
    """One session of a keeper over his shelves, or those whose place begins alike."""

    keeper = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("保管员"))
    place = models.CharField(_("范围"), max_length=120, blank=True)
    began_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    objects = OwnStock.as_manager()

    class Meta:
        verbose_name = _("盘点")
        constraints = [
            models.UniqueConstraint(fields=["keeper"], condition=Q(ended_at=None), name="stock_take_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")), name="stock_take_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.keeper} {self.place}"


class StockLine(models.Model):
    """One expected item, or something that was there and not expected."""

    stock_take = models.ForeignKey(StockTake, models.PROTECT, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, null=True, blank=True, related_name="+")
    scanned = models.CharField(_("扫到的号码"), max_length=120, blank=True)
    result = models.CharField(_("结果"), max_length=20, choices=StockResult.choices, default=StockResult.WAITING)
    found = models.CharField(_("实况"), max_length=200, blank=True)
    place = models.CharField(
        _("实际位置"), max_length=120, blank=True
    )  # of what lies on another shelf than the books say
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("盘点行")
        ordering = ["stock_take", "pk"]
        constraints = [
            known("result", StockResult, "stock_line_result_known"),
            models.UniqueConstraint(fields=["stock_take", "item"], name="stock_line_item_once"),
            models.CheckConstraint(condition=Q(item__isnull=False) | ~Q(scanned=""), name="stock_line_of_something"),
            models.CheckConstraint(condition=Q(result="waiting") | Q(at__isnull=False), name="stock_line_counted_when"),
            models.CheckConstraint(
                condition=~Q(result="misplaced") | (Q(item__isnull=False) & ~Q(place="")),
                name="stock_line_misplaced_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item or self.scanned} {self.get_result_display()}"
