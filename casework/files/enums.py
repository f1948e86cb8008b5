"""The words of stored files."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UploadState(models.TextChoices):
    """How far a file in pieces is."""

    OPEN = "open", _("正在接收")
    RECEIVED = "received", _("已收齐，等待核验")
    DONE = "done", _("已入库")
    FAILED = "failed", _("没有收下")
