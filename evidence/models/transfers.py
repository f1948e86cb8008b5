"""What is made in the background, what came from a device at the scene, and bundles of other houses."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.files.models import Blob
from evidence.enums import JobState
from evidence.models.files import Content, ItemFile
from evidence.models.items import Collection, Item, known


class Own(models.QuerySet[Any]):
    """Rows of the one who asked for them."""

    def visible_to(self, user: User) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(requested_by=user)


class BundleJob(models.Model):
    """A bundle that is made in the background for one reader; the file is thrown away after ``keep_until``."""

    ref = models.CharField(max_length=80)
    title = models.CharField(_("对象"), max_length=300)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    redacted = models.BooleanField(_("不含个人信息"), default=False)
    state = models.CharField(_("状态"), max_length=20, choices=JobState.choices, default=JobState.QUEUED)
    done = models.PositiveBigIntegerField(default=0)  # bytes of evidence files copied
    total = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)  # of the finished archive
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(_("原因"), max_length=500, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    requested_at = models.DateTimeField(_("申请时间"))
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = Own.as_manager()

    class Meta:
        verbose_name = _("取证包")
        constraints = [
            known("state", JobState, "bundle_job_state_known"),
            models.CheckConstraint(
                condition=~Q(state=JobState.DONE) | (~Q(sha256="") & Q(finished_at__isnull=False)),
                name="bundle_job_done_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.get_state_display()}"


class Capture(models.Model):
    """One taking that was written down on a device without network; ``key`` is made there and comes in once."""

    key = models.UUIDField(unique=True)
    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    collection = models.OneToOneField(Collection, models.PROTECT, related_name="capture")
    digest = models.CharField(max_length=64)  # SHA-256 of what the device sent first
    checklist = models.JSONField(default=list)
    notes = models.TextField(_("现场记录"), blank=True)
    confirmed = models.JSONField(default=list)  # who confirmed on the device, and when
    captured_at = models.DateTimeField(_("现场时间"))
    received_at = models.DateTimeField(_("同步时间"))
    received_from = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = NeedToKnow.as_manager()

    class Meta:
        verbose_name = _("现场采集")

    def __str__(self) -> str:
        return str(self.key)


class CapturedPhoto(models.Model):
    """A photo that the device announced with its digest; the bytes follow and must have it."""

    capture = models.ForeignKey(Capture, models.PROTECT, related_name="photos")
    key = models.UUIDField(unique=True)
    order = models.PositiveIntegerField(_("顺序"))
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    taken_at = models.DateTimeField(_("拍摄时间"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    file = models.OneToOneField(ItemFile, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("现场照片")
        ordering = ["capture", "order"]
        constraints = [models.UniqueConstraint(fields=["capture", "order"], name="captured_photo_order")]

    def __str__(self) -> str:
        return f"{self.order} {self.name}"


class ReceivedBundle(models.Model):
    """A bundle of another house as it came, with what checking it said; its proofs stay inside, byte for byte."""

    item = models.OneToOneField(Item, models.PROTECT, related_name="received_bundle")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    origin = models.CharField(_("账本"), max_length=200, blank=True)
    tree_size = models.PositiveBigIntegerField(_("检查点条数"), default=0)
    checkpoint = models.TextField(blank=True)
    numbers = models.JSONField(default=list)  # of the items inside, as the other house numbers them
    entries = models.PositiveIntegerField(_("账本条目"), default=0)
    files = models.PositiveIntegerField(_("文件"), default=0)
    said = models.TextField(blank=True)  # the verifier's own words
    received_at = models.DateTimeField(_("接收时间"))
    received_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = Content.as_manager()

    class Meta:
        verbose_name = _("外来取证包")

    def __str__(self) -> str:
        return f"{self.origin} {self.tree_size}"
