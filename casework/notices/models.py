"""What people must be told: owed once (unique key), sent at least once, with receipt."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, circles_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.models import Versioned
from casework.deadlines.models import Deadline

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
    WEBHOOK = "webhook", _("机器人")


class DeliveryState(models.TextChoices):
    OWED = "owed", _("待发送")
    LEASED = "leased", _("发送中")
    SENT = "sent", _("已送达")
    FAILED = "failed", _("发送失败")
    DROPPED = "dropped", _("不再需要")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices by reader."""

    def visible_to(self, user: User) -> Self:
        """Return the reader's own notices; those of a compartment that he has left, or of a former office, are absent."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = self.filter(recipient=user)
        if user.is_commission or not user.roles:
            return own.filter(Q(compartment=None) | Q(compartment__in=circles_of(user)))
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
    target = models.CharField(max_length=40, blank=True, help_text="the name of the webhook; empty elsewhere")
    digest = models.UUIDField(null=True, blank=True, help_text="the id of the letter that carries several notices")
    state = models.CharField(_("状态"), max_length=10, choices=DeliveryState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("送达时间"), null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("送达")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel", "target"], name="delivery_once"),
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
            models.Index(fields=["digest"], condition=Q(digest__isnull=False), name="delivery_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.state}"


class Preference(models.Model):
    """How one person wants to be told outside the system; the inbox is not affected."""

    user = models.OneToOneField(User, models.PROTECT, related_name="notice_preference")
    by_mail = models.BooleanField(_("发电子邮件"), default=True)
    quiet_from = models.TimeField(_("免打扰开始"), null=True, blank=True)
    quiet_until = models.TimeField(_("免打扰结束"), null=True, blank=True)
    digest_at = models.TimeField(_("每日汇总时刻"), null=True, blank=True)

    class Meta:
        verbose_name = _("通知方式")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until"))),
                name="preference_quiet_hours_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class CalendarFeed(models.Model):
    """An address at which a calendar program reads the due dates of one person; only the token's digest is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="calendar_feeds")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("建立时间"))
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("日历订阅")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(revoked_at=None), name="calendar_feed_one_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at:%Y-%m-%d}"


class LetterKind(models.TextChoices):
    """What a rung of the ladder calls for; the values are the words of casework/deadlines/ladder.py."""

    REMINDER = "工作提醒", _("工作提醒")
    SUPERVISION = "督办函", _("督办函")
    TALK = "约谈通知", _("约谈通知")


class LetterState(models.TextChoices):
    READY = "ready", _("待签发")
    SIGNED = "signed", _("已签发")
    VOID = "void", _("已作废")


class LetterQuerySet(models.QuerySet["Letter"]):
    """Letters by reader."""

    def visible_to(self, user: User) -> Self:
        """Return the letters on clocks that the reader may know of; who is urged sees what was signed."""
        found = self.filter(deadline__in=Deadline.objects.visible_to(user))
        if user.is_commission or user.has_role(Role.AUDITOR):
            return found
        return found.filter(state=LetterState.SIGNED)


class Letter(Versioned):
    """A numbered paper that a rung of the ladder called for, ready to sign."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="letters")
    kind = models.CharField(_("文种"), max_length=10, choices=LetterKind.choices)
    number = models.CharField(_("文号"), max_length=60, unique=True)
    due_on = models.DateField(_("到期日"))
    addressee = models.CharField(_("主送"), max_length=200)
    body = models.TextField(_("正文"))
    state = models.CharField(_("状态"), max_length=10, choices=LetterState.choices, default=LetterState.READY)
    made_at = models.DateTimeField(_("生成时间"))
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(_("签发时间"), null=True, blank=True)
    void_reason = models.CharField(_("作废原因"), max_length=300, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("督办文书")
        constraints = [
            models.UniqueConstraint(fields=["deadline", "due_on", "kind"], name="letter_once"),
            models.CheckConstraint(condition=Q(kind__in=LetterKind.values), name="letter_kind_known"),
            models.CheckConstraint(
                condition=Q(state=LetterState.SIGNED, signed_by__isnull=False, signed_at__isnull=False)
                | Q(state=LetterState.READY, signed_by=None, signed_at=None)
                | Q(state=LetterState.VOID),
                name="letter_state_known",
            ),
        ]
        indexes = [models.Index(fields=["state", "-made_at", "id"], name="letter_state")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
