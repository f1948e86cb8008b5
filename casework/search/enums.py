"""Closed lists of the search."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReadState(models.TextChoices):
    """How far the reading of a file's text is."""

    QUEUED = "queued", _("等待读取文字")
    RUNNING = "running", _("正在读取文字")
    DONE = "done", _("文字已读出")
    NOTHING = "nothing", _("没有可读的文字")
    FAILED = "failed", _("读不出文字")
