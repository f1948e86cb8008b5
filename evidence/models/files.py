"""The files of an item, what they say happened, and to whom that leads."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.files.models import Blob
from evidence.enums import Precision, Strength
from evidence.models.items import Item, known


class Content(NeedToKnow):
    """What an item holds or shows: seen by need to know alone, not by whoever keeps the item."""

    COMPARTMENT = "item__compartment"


class ItemFile(models.Model):
    """A file of an item: an original is never changed, a copy names what it was made from."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="files")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=255)
    original = models.BooleanField(_("原件"), default=True)
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="copies")
    note = models.CharField(_("说明"), max_length=200, blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = Content.as_manager()

    class Meta:
        verbose_name = _("证物文件")
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "blob"], name="item_file_once"),
            models.CheckConstraint(
                condition=Q(original=True, derived_from__isnull=True) | Q(original=False, derived_from__isnull=False),
                name="item_file_original_or_copy",
            ),
            models.CheckConstraint(condition=~Q(derived_from=F("id")), name="item_file_not_from_itself"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(name__contains="/"), name="item_file_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One thing that an item shows to have happened, with the line it stands on."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="events")
    file = models.ForeignKey(ItemFile, models.PROTECT, null=True, blank=True, related_name="events")
    at = models.DateTimeField(_("时间"), null=True, blank=True)
    precision = models.CharField(_("精度"), max_length=20, choices=Precision.choices, default=Precision.SECOND)
    kind = models.CharField(_("类别"), max_length=60)
    text = models.CharField(_("事项"), max_length=300)
    raw = models.TextField(_("原文"), blank=True)
    byte_offset = models.BigIntegerField(_("字节位置"), null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = Content.as_manager()

    class Meta:
        verbose_name = _("事件")
        ordering = ["at", "pk"]
        constraints = [
            known("precision", Precision, "event_precision_known"),
            models.CheckConstraint(
                condition=Q(at__isnull=False) | Q(precision=Precision.UNKNOWN), name="event_time_or_unknown"
            ),
            models.CheckConstraint(
                condition=Q(byte_offset__isnull=True) | Q(byte_offset__gte=0, file__isnull=False),
                name="event_offset_in_file",
            ),
        ]
        indexes = [models.Index(fields=["item", "at"])]

    def __str__(self) -> str:
        return self.text


class EvidenceLink(models.Model):
    """A step from an item, or an event in it, to a person: what connects them and how far it carries."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="links")
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="links")
    person = EncryptedTextField(_("指向"))
    relation = models.CharField(_("联系"), max_length=120)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    limits = models.CharField(_("什么限制了它"), max_length=300, blank=True)
    strength = models.CharField(_("强度"), max_length=20, choices=Strength.choices)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = Content.as_manager()

    class Meta:
        verbose_name = _("归属线索")
        ordering = ["item", "pk"]
        constraints = [known("strength", Strength, "evidence_link_strength_known")]

    def __str__(self) -> str:
        return self.relation
