from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import casework.access.models


def _mark(apps: Any, _editor: Any) -> None:
    for row in apps.get_model("access", "Compartment").objects.filter(public_id=None):
        row.public_id = casework.access.models.new_public_id()
        row.save(update_fields=["public_id"])


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="recusal",
            name="recusal_once",
        ),
        migrations.AddField(
            model_name="compartment",
            name="public_id",
            field=models.CharField(editable=False, max_length=16, null=True, verbose_name="编号"),
        ),
        migrations.RunPython(_mark, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="compartment",
            name="public_id",
            field=models.CharField(
                default=casework.access.models.new_public_id,
                editable=False,
                max_length=16,
                unique=True,
                verbose_name="编号",
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="emergency",
            field=models.BooleanField(default=False, verbose_name="应急调阅"),
        ),
        migrations.AddField(
            model_name="grant",
            name="until_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="到时"),
        ),
        migrations.AddField(
            model_name="recusal",
            name="lifted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="recusal",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="recusal",
            name="lifted_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="解除理由"),
        ),
        migrations.AddField(
            model_name="recusal",
            name="objected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="recusal",
            name="objection",
            field=models.TextField(blank=True, verbose_name="异议"),
        ),
        migrations.AlterField(
            model_name="recusal",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("emergency", False),
                    models.Q(("until__isnull", False), ("until_at__isnull", False)),
                    _connector="OR",
                ),
                name="grant_emergency_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="recusal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("compartment", "user"),
                name="recusal_stands_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="recusal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lifted_at__isnull", True),
                    models.Q(("lifted_by__isnull", False), models.Q(("lifted_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="recusal_lifted_with_reason",
            ),
        ),
    ]
