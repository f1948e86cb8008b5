"""What was taken, where, by whom, who holds it now, and what it consists of."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned
from evidence.enums import UNHELD, DeviceKind, Kind, Measure, OfferState, Signature, State
from units.models import Unit


def known(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """Return the CHECK that holds a column to its closed list."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class ItemQuerySet(NeedToKnow):
    """Items by need to know, and those that pass through the reader's own hands."""

    def visible_to(self, user: User) -> Self:
        """Return what the user may know of: by compartment, and what he holds, keeps or is to receive.

        Who only keeps an item sees number, label, seal and chain, not what it proves (``selectors.knows_content``).
        """
        by_compartment = super().visible_to(user)
        if not user.is_authenticated or not user.is_active or user.is_administrator:
            return by_compartment
        if user.has_role(Role.AUDITOR):
            return by_compartment
        in_hand = Q(holder=user) | Q(keeper=user) | Q(offers__state=OfferState.OPEN, offers__receiver=user)
        passing: models.QuerySet[Any] = models.QuerySet(Item).filter(in_hand).values("pk")
        return self.filter(Q(pk__in=by_compartment.values("pk")) | Q(pk__in=passing))


class Collection(Versioned):
    """One taking of evidence at one place and time, with its list (扣押清单 and the like)."""

    number = models.CharField(_("清单文号"), max_length=60, unique=True)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    measure = models.CharField(_("措施"), max_length=20, choices=Measure.choices, default=Measure.SEIZURE)
    basis = models.CharField(_("批准文书"), max_length=120, blank=True)
    place = models.CharField(_("地点"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位"))
    began_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)
    holder_name = EncryptedTextField(_("持有人"), blank=True)
    holder_signature = models.CharField(_("持有人签名"), max_length=20, choices=Signature.choices, blank=True)
    signature_note = models.CharField(_("未签名的原因"), max_length=200, blank=True)
    witness_name = models.CharField(_("见证人"), max_length=80, blank=True)
    witness_note = models.CharField(_("没有见证人的原因"), max_length=200, blank=True)
    recording_ref = models.CharField(_("全程录音录像"), max_length=120, blank=True)
    note = models.TextField(_("情况说明"), blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("提取")
        constraints = [
            known("measure", Measure, "collection_measure_known"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")), name="collection_order"
            ),
            models.CheckConstraint(
                condition=Q(holder_signature__in=["", *Signature.values]), name="collection_signature_known"
            ),
            models.UniqueConstraint(fields=["year", "serial"], name="collection_serial_unique"),
        ]

    def __str__(self) -> str:
        return self.number


class CollectionOfficer(models.Model):
    """One of the officers, two at least, who took the evidence (监察法第四十四条)."""

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="officers")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "user"], name="collection_officer_once")]

    def __str__(self) -> str:
        return str(self.user)


class Item(Versioned):
    """One piece of evidence. ``state``, ``holder`` and ``place`` are what its chain (``Custody``) adds up to."""

    number = models.CharField(_("证物编号"), max_length=40, unique=True)
    kind = models.CharField(_("种类"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("名称"), max_length=200)
    features = models.TextField(_("特征"), blank=True)
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    quantity_unit = models.CharField(_("单位"), max_length=10, default="件")
    source = models.CharField(_("来源"), max_length=200, blank=True)
    found_where = models.CharField(_("发现位置"), max_length=200, blank=True)
    hidden_how = models.CharField(_("隐匿方式"), max_length=200, blank=True)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    collection = models.ForeignKey(Collection, models.PROTECT, related_name="items")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    position = models.PositiveIntegerField(default=0)
    apart = models.BooleanField(default=False)  # a part that left the whole and has a chain of its own
    state = models.CharField(_("状态"), max_length=30, choices=State.choices)
    holder = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="held_items", verbose_name=_("现由谁持有")
    )
    keeper = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="kept_items", verbose_name=_("保管员")
    )
    place = models.CharField(_("存放位置"), max_length=120, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("证物")
        constraints = [
            known("kind", Kind, "item_kind_known"),
            known("state", State, "item_state_known"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="item_quantity"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="item_parent_other"),
            models.CheckConstraint(condition=Q(apart=False) | Q(parent__isnull=False), name="item_apart_is_part"),
            # Somebody of the house holds it, exactly from its taking until it leaves for good.
            models.CheckConstraint(
                condition=(Q(state__in=UNHELD) & Q(holder__isnull=True))
                | (~Q(state__in=UNHELD) & Q(holder__isnull=False)),
                name="item_held_while_here",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DEPOSITED) | (Q(holder=F("keeper")) & ~Q(place="")), name="item_stored_where"
            ),
        ]
        indexes = [
            models.Index(fields=["compartment", "state"]),
            models.Index(fields=["updated_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Device(models.Model):
    """What is typed of hardware: enough to tell one rig or card from another."""

    item = models.OneToOneField(Item, models.PROTECT, related_name="device")
    device_kind = models.CharField(_("设备类别"), max_length=20, choices=DeviceKind.choices)
    make = models.CharField(_("品牌"), max_length=80, blank=True)
    model = models.CharField(_("型号"), max_length=120, blank=True)
    serial = models.CharField(_("序列号"), max_length=120, blank=True)
    mac = models.CharField(_("MAC 地址"), max_length=40, blank=True)
    hash_rate = models.CharField(_("算力"), max_length=60, blank=True)
    watts = models.PositiveIntegerField(_("实测功率"), null=True, blank=True)
    software = models.CharField(_("“挖矿”程序"), max_length=120, blank=True)
    pool = models.CharField(_("矿池与钱包"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("设备")
        constraints = [known("device_kind", DeviceKind, "device_kind_known")]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.make, self.model, self.serial))) or str(self.get_device_kind_display())


class Seal(models.Model):
    """A seal. Its number is used once, for ever; two officers apply it and two break it (实施条例第一百五十八、一百五十九条)."""

    number = models.CharField(_("封条号码"), max_length=40, unique=True)
    item = models.ForeignKey(Item, models.PROTECT, related_name="seals")
    applied_at = models.DateTimeField(_("贴封"))
    applied_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    applied_with = models.ForeignKey(User, models.PROTECT, related_name="+")
    broken_at = models.DateTimeField(_("启封"), null=True, blank=True)
    broken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    broken_with = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("启封事由"), max_length=200, blank=True)
    checked_at = models.DateTimeField(_("上次核对"), null=True, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("封条")
        ordering = ["applied_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(broken_at__isnull=True), name="seal_one_in_use"),
            models.CheckConstraint(condition=~Q(applied_by=F("applied_with")), name="seal_applied_by_two"),
            models.CheckConstraint(
                condition=Q(broken_at__isnull=True, broken_by__isnull=True, broken_with__isnull=True)
                | (
                    Q(broken_at__gte=F("applied_at"), broken_by__isnull=False, broken_with__isnull=False)
                    & ~Q(broken_by=F("broken_with"))
                ),
                name="seal_broken_by_two",
            ),
            models.CheckConstraint(condition=~Q(number=""), name="seal_number_given"),
        ]

    def __str__(self) -> str:
        return self.number
