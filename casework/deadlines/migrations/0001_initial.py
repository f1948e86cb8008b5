import django.db.models.deletion
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
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("ref", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=10, verbose_name="期限规则")),
                ("rule_version", models.PositiveSmallIntegerField()),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("hour", "小时"),
                            ("day", "日"),
                            ("working_day", "个工作日"),
                            ("month", "个月"),
                            ("year", "年"),
                            ("named", "指定日期"),
                        ],
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="事项")),
                ("start_on", models.DateField(verbose_name="起算日")),
                ("due_on", models.DateField(verbose_name="到期日")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="到期时刻")),
                ("first_due_on", models.DateField(verbose_name="最初到期日")),
                ("provisional", models.BooleanField(default=False, verbose_name="日期暂定")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "计时中"),
                            ("stopped", "暂停计时"),
                            ("met", "已办结"),
                            ("cancelled", "已作废"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("rule", models.JSONField(default=dict)),
                ("facts", models.JSONField(default=dict)),
                ("explanation", models.JSONField(default=list)),
                (
                    "next_on",
                    models.DateField(blank=True, help_text="the day from which the scan owes a reminder", null=True),
                ),
                ("opened_at", models.DateTimeField()),
                ("met_on", models.DateField(blank=True, null=True, verbose_name="办结日")),
                ("verdict", models.JSONField(blank=True, null=True)),
                (
                    "compartment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deadlines",
                        to="access.compartment",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deadlines",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="责任人",
                    ),
                ),
            ],
            options={
                "verbose_name": "期限",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "stopped"))),
                        fields=("ref", "kind"),
                        name="deadline_live_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "stopped", "met", "cancelled"])),
                        name="deadline_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["hour", "day", "working_day", "month", "year", "named"])),
                        name="deadline_unit_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("met_on__isnull", False), ("state", "met"), ("verdict__isnull", False)),
                            models.Q(models.Q(("state", "met"), _negated=True), ("met_on", None), ("verdict", None)),
                            _connector="OR",
                        ),
                        name="deadline_met_has_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("next_on", None), ("state", "open"), _connector="OR"),
                        name="deadline_reminds_only_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at__isnull", False), models.Q(("unit", "hour"), _negated=True), _connector="OR"
                        ),
                        name="deadline_hours_have_moment",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_on__isnull", False)), fields=["next_on", "id"], name="deadline_next"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("open", "stopped"))),
                        fields=["holder", "due_on", "id"],
                        name="deadline_holder_live",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["due_on", "id"], name="deadline_open_due"
                    ),
                    models.Index(fields=["compartment", "due_on", "id"], name="deadline_compartment"),
                    models.Index(fields=["ref"], name="deadline_ref"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.PositiveSmallIntegerField(verbose_name="延长")),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("hour", "小时"),
                            ("day", "日"),
                            ("working_day", "个工作日"),
                            ("month", "个月"),
                            ("year", "年"),
                            ("named", "指定日期"),
                        ],
                        max_length=12,
                        verbose_name="单位",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="事由")),
                ("approver", models.CharField(max_length=120, verbose_name="批准人")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="文号")),
                ("granted_at", models.DateTimeField()),
                (
                    "deadline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="extensions", to="deadlines.deadline"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "延长",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="extension_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["hour", "day", "working_day", "month", "year"])),
                        name="extension_unit_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(unique=True, verbose_name="日期")),
                (
                    "kind",
                    models.CharField(
                        choices=[("holiday", "放假"), ("workday", "调休上班")], max_length=10, verbose_name="类别"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="名称")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="来源")),
            ],
            options={
                "verbose_name": "放假安排",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["holiday", "workday"])), name="holiday_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField(verbose_name="暂停之日")),
                ("to_on", models.DateField(blank=True, null=True, verbose_name="恢复之日")),
                ("reason", models.CharField(max_length=300, verbose_name="事由")),
                ("approver", models.CharField(max_length=120, verbose_name="批准人")),
                ("document", models.CharField(blank=True, max_length=120, verbose_name="文号")),
                (
                    "deadline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="suspensions", to="deadlines.deadline"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "暂停计时",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("to_on", None)), fields=("deadline",), name="suspension_open_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"),
                        name="suspension_order",
                    ),
                ],
            },
        ),
    ]
