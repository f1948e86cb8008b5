"""What people must be told: owed once (unique key), sent at least once, with receipt."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, compartments_of
from casework.accounts.models import User

#: Notice ids are made from their key: the same notice has the same id, address and Message-ID wherever it is owed.
NAMESPACE = uuid.UUID("6f1d0e0c-6a0f-5c7e-9d55-9b1b5d6a2c11")


class Level(models.TextChoices):
    """How loud: blue, amber, red."""

    INFO = "info", _("提醒")
    WARN = "warn", _("催办")
    ALARM = "alarm", _("警示")


class Channel(models.TextChoices):
    INBOX = "inbox", _("站内")
    EMAIL = "email", _("电子邮件")


class DeliveryState(models.TextChoices):
    OWED = "owed", _("待发送")
    LEASED = "leased", _("发送中")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("发送失败")
    DROPPED = "dropped", _("不再需要")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices by reader."""

    def visible_to(self, user: User) -> Self:
        """Return the reader's own notices; those of a compartment that he has left are absent."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = self.filter(recipient=user)
        if user.is_commission:
            return own.filter(Q(compartment=None) | Q(compartment__in=compartments_of(user)))
        return own


class Notice(models.Model):
    """One thing that one person must be told. ``key`` says what it is, so that it can be owed only once."""

    id = models.UUIDField(primary_key=True, editable=False)
    key = models.CharField(max_length=200, unique=True)
    recipient = models.ForeignKey(User, models.PROTECT, related_name="notices", verbose_name=_("收件人"))
    compartment = models.ForeignKey(Compartment, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("类别"), max_length=40)
    level = models.CharField(_("级别"), max_length=10, choices=Level.choices, default=Level.INFO)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"), blank=True)
    ref = models.CharField(max_length=80, blank=True)
    url = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(_("到期日"), null=True, blank=True)
    owed_at = models.DateTimeField(_("时间"))
    acknowledged_at = models.DateTimeField(_("签收时间"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("通知")
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="notice_level_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_at__gte=models.F("owed_at")),
                name="notice_acknowledged_after_owed",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-owed_at", "id"], name="notice_inbox"),
            models.Index(fields=["recipient"], condition=Q(acknowledged_at=None), name="notice_unread"),
            models.Index(fields=["ref"], name="notice_ref"),
        ]

    def __str__(self) -> str:
        return self.title

    @staticmethod
    def id_of(key: str) -> uuid.UUID:
        """Return the id that belongs to a key."""
        return uuid.uuid5(NAMESPACE, key)


class Delivery(models.Model):
    """A notice on one channel. The inbox is delivered in the transaction that owes it; others are leased and sent."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel.choices)
    state = models.CharField(_("状态"), max_length=10, choices=DeliveryState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("送达")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="delivery_channel_known"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.LEASED, claimed_until__isnull=False)
                | (~Q(state=DeliveryState.LEASED) & Q(claimed_until=None)),
                name="delivery_lease_ends",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False) | ~Q(state=DeliveryState.SENT),
                name="delivery_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(state__in=[DeliveryState.OWED, DeliveryState.LEASED]),
                name="delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.state}"
