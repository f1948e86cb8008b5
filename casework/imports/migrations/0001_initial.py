import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("kind", models.CharField(max_length=40, verbose_name="种类")),
                ("file_name", models.CharField(max_length=255, verbose_name="文件")),
                ("sha256", models.CharField(max_length=64, verbose_name="摘要")),
                ("size", models.BigIntegerField(verbose_name="大小")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("previewed", "已预览"),
                            ("applied", "已导入"),
                            ("undone", "已撤销"),
                            ("discarded", "未导入"),
                        ],
                        default="previewed",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("sampled_at", models.DateTimeField(blank=True, null=True, verbose_name="采样时间")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="行数")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="新增")),
                ("updated", models.PositiveIntegerField(default=0, verbose_name="更新")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="不变")),
                ("conflicting", models.PositiveIntegerField(default=0, verbose_name="有冲突")),
                ("refused", models.PositiveIntegerField(default=0, verbose_name="不能导入")),
                ("header", models.JSONField(default=dict, verbose_name="列")),
                ("figures", models.JSONField(default=dict, verbose_name="比对")),
                ("read_at", models.DateTimeField(verbose_name="读取时间")),
                ("applied_at", models.DateTimeField(blank=True, null=True, verbose_name="导入时间")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="撤销时间")),
                (
                    "applied_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "compartment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.compartment",
                        verbose_name="知悉范围",
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="导入人",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "导入",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["previewed", "applied", "undone", "discarded"])),
                        name="import_run_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "rows",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("created"), "+", models.F("updated")
                                            ),
                                            "+",
                                            models.F("unchanged"),
                                        ),
                                        "+",
                                        models.F("conflicting"),
                                    ),
                                    "+",
                                    models.F("refused"),
                                ),
                            )
                        ),
                        name="import_run_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["applied", "undone"]), _negated=True),
                            ("applied_at__isnull", False),
                            _connector="OR",
                        ),
                        name="import_run_applied_when",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["-read_at", "-id"], name="imports_imp_read_at_35ebbd_idx"),
                    models.Index(fields=["kind", "sha256"], name="imports_imp_kind_d2ba00_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="行号")),
                ("cells", models.JSONField(verbose_name="原文")),
                ("data", models.JSONField(null=True, verbose_name="取值")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("created", "新增"),
                            ("updated", "更新"),
                            ("unchanged", "不变"),
                            ("conflicting", "有冲突"),
                            ("refused", "不能导入"),
                        ],
                        max_length=12,
                        verbose_name="结果",
                    ),
                ),
                ("message", models.TextField(blank=True, default="", verbose_name="说明")),
                ("changes", models.JSONField(null=True, verbose_name="变动")),
                ("target", models.BigIntegerField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="imports.importrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "导入行",
                "constraints": [
                    models.UniqueConstraint(fields=("run", "line"), name="import_row_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["created", "updated", "unchanged", "conflicting", "refused"])
                        ),
                        name="import_row_outcome_known",
                    ),
                ],
                "indexes": [models.Index(fields=["run", "outcome", "line"], name="imports_imp_run_id_f65688_idx")],
            },
        ),
    ]
