"""Stored files: written once, found by digest, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User


class Blob(models.Model):
    """The bytes of one file. Who may see it is decided by the object above that holds it, never here."""

    sha256 = models.CharField(max_length=64, unique=True)
    sm3 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    stored_at = models.DateTimeField()
    stored_by = models.ForeignKey(User, models.PROTECT, related_name="+")
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
