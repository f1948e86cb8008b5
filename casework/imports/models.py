"""A list somebody handed in: what each of its rows would do, did, and how it is taken back."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, compartments_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.models import Versioned
from casework.imports.enums import Outcome, RunState


class RunQuerySet(models.QuerySet[Any]):
    """Runs of the register are known to the commission, runs of a compartment to those inside it, others to whoever read them."""

    def visible_to(self, user: User) -> Self:
        """Return the runs the user may know of."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not user.is_commission:
            return self.filter(read_by=user, compartment__isnull=True)
        if user.has_role(Role.AUDITOR):
            return self
        return self.filter(Q(compartment__isnull=True) | Q(compartment__in=compartments_of(user)))


class RowQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Return the rows of the runs the user may know of."""
        return self.filter(run__in=ImportRun.objects.visible_to(user))


class ImportRun(Versioned):
    """One file read: previewed first, then applied, perhaps undone; its counts are those of its rows."""

    kind = models.CharField(_("种类"), max_length=40)
    file_name = models.CharField(_("文件"), max_length=255)
    sha256 = models.CharField(_("摘要"), max_length=64)
    size = models.BigIntegerField(_("大小"))
    state = models.CharField(_("状态"), max_length=20, choices=RunState.choices, default=RunState.PREVIEWED)
    compartment = models.ForeignKey(
        Compartment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("知悉范围")
    )
    sampled_at = models.DateTimeField(_("采样时间"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    created = models.PositiveIntegerField(_("新增"), default=0)
    updated = models.PositiveIntegerField(_("更新"), default=0)
    unchanged = models.PositiveIntegerField(_("不变"), default=0)
    conflicting = models.PositiveIntegerField(_("有冲突"), default=0)
    refused = models.PositiveIntegerField(_("不能导入"), default=0)
    header = models.JSONField(_("列"), default=dict)
    figures = models.JSONField(_("比对"), default=dict)
    read_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("导入人"))
    read_at = models.DateTimeField(_("读取时间"))
    applied_at = models.DateTimeField(_("导入时间"), null=True, blank=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    #: While a large file is read by a worker: rows read so far, and when the worker was last heard of (database time).
    done = models.PositiveIntegerField(_("已读行数"), default=0)
    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    message = models.CharField(_("未能读取的原因"), max_length=500, blank=True, default="")
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="import_run_state_known"),
            models.CheckConstraint(
                condition=Q(
                    rows=models.F("created")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("conflicting")
                    + models.F("refused")
                ),
                name="import_run_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RunState.APPLIED, RunState.UNDONE]) | Q(applied_at__isnull=False),
                name="import_run_applied_when",
            ),
        ]
        indexes = [models.Index(fields=["-read_at", "-id"]), models.Index(fields=["kind", "sha256"])]

    def __str__(self) -> str:
        return self.file_name


class ColumnMapping(models.Model):
    """How somebody assigned the columns of a source whose headers nobody knew; the same headers need no second hand."""

    kind = models.CharField(_("种类"), max_length=40)
    layout = models.CharField(max_length=64)  # digest of the headers in their order
    source = models.CharField(_("来源"), max_length=120, blank=True)
    texts = models.JSONField(_("表头"), default=list)
    columns = models.JSONField(_("列"), default=dict)  # place in the row → name of the column
    saved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("列的对应")
        constraints = [models.UniqueConstraint(fields=["kind", "layout"], name="column_mapping_once")]

    def __str__(self) -> str:
        return self.source or self.layout[:12]


class ImportRow(models.Model):
    """One row of the file with what became of it."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="lines", db_index=False)
    line = models.PositiveIntegerField(_("行号"))
    cells: Any = models.JSONField(_("原文"))
    data: Any = models.JSONField(_("取值"), null=True)
    outcome = models.CharField(_("结果"), max_length=12, choices=Outcome.choices)
    message = models.TextField(_("说明"), blank=True, default="")
    changes: Any = models.JSONField(_("变动"), null=True)
    target = models.BigIntegerField(null=True)

    objects = RowQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入行")
        constraints = [
            models.UniqueConstraint(fields=["run", "line"], name="import_row_line_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="import_row_outcome_known"),
        ]
        indexes = [models.Index(fields=["run", "outcome", "line"])]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.line}"
