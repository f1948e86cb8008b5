"""The catalogue of pools: public facts about servers, the same for every matter."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.imports.models import ImportRun
from evidence.attribution_enums import PoolPlaceKind
from evidence.models.items import known


class PoolQuerySet(models.QuerySet[Any]):
    """The catalogue says nothing of anybody: officials of the commission see all of it."""

    def visible_to(self, user: User) -> Self:
        """Return the rows the user may know of."""
        if not user.is_authenticated or not user.is_active or not user.is_commission:
            return self.none()
        return self


class PoolPlace(models.Model):
    """Where a pool is reached: a domain with all below it, or an address; with port or without, from a day to a day."""

    pool = models.CharField(_("矿池"), max_length=120)
    coin = models.CharField(_("币种"), max_length=40, blank=True)
    kind = models.CharField(_("写法"), max_length=10, choices=PoolPlaceKind.choices)
    place = models.CharField(_("域名或地址"), max_length=253)
    port = models.PositiveIntegerField(_("端口"), null=True, blank=True)
    valid_from = models.DateField(_("启用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=300)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    import_run = models.ForeignKey(ImportRun, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("矿池地址")
        ordering = ["place", "port", "pk"]
        constraints = [
            known("kind", PoolPlaceKind, "pool_place_kind_known"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="pool_place_order",
            ),
            models.CheckConstraint(
                condition=Q(port__isnull=True) | Q(port__gte=1, port__lte=65535), name="pool_place_port"
            ),
            models.CheckConstraint(condition=~Q(pool="") & ~Q(place="") & ~Q(source=""), name="pool_place_given"),
            models.UniqueConstraint(
                fields=["pool", "place", "port", "valid_from"], name="pool_place_once", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["pool", "id"]), models.Index(fields=["coin", "id"])]

    def __str__(self) -> str:
        return f"{self.place}:{self.port}" if self.port else self.place
