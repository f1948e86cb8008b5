"""Stored files: the bytes are written once and found by digest, and every keeping of them is a row of its own."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.files.enums import UploadState


class Blob(models.Model):
    """One keeping of a file. Who may see it is decided by the object above that holds it, never here.

    The same bytes kept a second time are a second row, though they lie in storage once: when they came, when they were
    last read, what the scanner said and what was read out of them belong to this keeping. One row for all would tell
    whoever keeps a file that somebody else in the house, in a matter hidden from him, has the same.
    """

    sha256 = models.CharField(max_length=64, db_index=True)
    sm3 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    said_type = models.CharField(max_length=100, blank=True)  # what it was said to be at first, where that was wrong
    stored_at = models.DateTimeField()
    stored_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    scanned = models.BooleanField(default=False)
    malware = models.CharField(max_length=100, blank=True)  # what the scanner called it; evidence all the same
    checked_at = models.DateTimeField(null=True, blank=True)
    intact = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("文件")
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=0), name="blob_size"),
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="blob_sha256_form"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Upload(models.Model):
    """A file that is being received in pieces (tus 1.0). ``offset`` counts the bytes that lie safely on disk.

    ``purpose`` is a reference such as ``item:42``: the app that opened the upload decides what becomes of the file.
    """

    key = models.UUIDField(unique=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=80)
    name = models.CharField(max_length=255)
    facts = models.JSONField(default=dict)  # what the opener wants back at the end: note, original
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # what the sender says it must be
    state = models.CharField(max_length=20, choices=UploadState.choices, default=UploadState.OPEN)
    error = models.CharField(max_length=300, blank=True)
    result = models.CharField(max_length=80, blank=True)  # what it became
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("上传")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=UploadState.values), name="upload_state_known"),
            models.CheckConstraint(condition=Q(offset__lte=models.F("size")), name="upload_within_size"),
            models.CheckConstraint(condition=Q(size__gte=1), name="upload_not_empty"),
        ]
        indexes = [models.Index(fields=["state", "touched_at"])]

    def __str__(self) -> str:
        return f"{self.name} {self.offset}/{self.size}"
