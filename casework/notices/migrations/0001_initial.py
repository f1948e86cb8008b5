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
            name="Notice",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200, unique=True)),
                ("kind", models.CharField(max_length=40, verbose_name="类别")),
                (
                    "level",
                    models.CharField(
                        choices=[("info", "提醒"), ("warn", "催办"), ("alarm", "警示")],
                        default="info",
                        max_length=10,
                        verbose_name="级别",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="标题")),
                ("body", models.TextField(blank=True, verbose_name="内容")),
                ("ref", models.CharField(blank=True, max_length=80)),
                ("url", models.CharField(blank=True, max_length=300)),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="到期日")),
                ("owed_at", models.DateTimeField(verbose_name="时间")),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True, verbose_name="签收时间")),
                (
                    "compartment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.compartment",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="收件人",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["info", "warn", "alarm"])), name="notice_level_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acknowledged_at", None), ("acknowledged_at__gte", models.F("owed_at")), _connector="OR"
                        ),
                        name="notice_acknowledged_after_owed",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["recipient", "-owed_at", "id"], name="notice_inbox"),
                    models.Index(
                        condition=models.Q(("acknowledged_at", None)), fields=["recipient"], name="notice_unread"
                    ),
                    models.Index(fields=["ref"], name="notice_ref"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("inbox", "站内"), ("email", "电子邮件")], max_length=10, verbose_name="渠道"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("owed", "待发送"),
                            ("leased", "发送中"),
                            ("sent", "已送达"),
                            ("failed", "发送失败"),
                            ("dropped", "不再需要"),
                        ],
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("next_try_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="送达时间")),
                ("last_error", models.CharField(blank=True, max_length=300)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="notices.notice"
                    ),
                ),
            ],
            options={
                "verbose_name": "送达",
                "constraints": [
                    models.UniqueConstraint(fields=("notice", "channel"), name="delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["inbox", "email"])), name="delivery_channel_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["owed", "leased", "sent", "failed", "dropped"])),
                        name="delivery_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("claimed_until__isnull", False), ("state", "leased")),
                            models.Q(models.Q(("state", "leased"), _negated=True), ("claimed_until", None)),
                            _connector="OR",
                        ),
                        name="delivery_lease_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(("state", "sent"), _negated=True),
                            _connector="OR",
                        ),
                        name="delivery_sent_at",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["owed", "leased"])),
                        fields=["next_try_at", "id"],
                        name="delivery_due",
                    )
                ],
            },
        ),
    ]
