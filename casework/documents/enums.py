"""The words of official documents."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentState(models.TextChoices):
    """Where a document stands; its number is given when it is issued."""

    DRAFT = "draft", _("草稿")
    FOR_SIGNATURE = "for_signature", _("待签发")
    ISSUED = "issued", _("已印发")
    SERVED = "served", _("已送达")
    WITHDRAWN = "withdrawn", _("已撤回")


class JobKind(models.TextChoices):
    """What is made in the background."""

    RENDER = "render", _("制作文书")
    CASE_FILE = "case_file", _("装订案卷")


class JobState(models.TextChoices):
    """How far the making is."""

    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("正在制作")
    DONE = "done", _("已完成")
    FAILED = "failed", _("未能完成")
    CANCELLED = "cancelled", _("已取消")


class TemplateState(models.TextChoices):
    """Where the commission's own version of a template stands."""

    DRAFT = "draft", _("草稿")
    ACTIVE = "active", _("已启用")
    RETIRED = "retired", _("已停用")


#: A document in these states has a number and is frozen.
OUT = frozenset({DocumentState.ISSUED, DocumentState.SERVED})
