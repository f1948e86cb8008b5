"""A thing on another shelf than the books say is a kind of its own. Backwards it is one of those that differ."""

from django.conf import settings
from django.db import migrations, models

AS_BEFORE = """
update evidence_stockline set result = 'differs' where result = 'misplaced';
update evidence_discrepancy set kind = 'condition' where kind = 'place';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0010_destroyed_items"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="discrepancy",
            name="discrepancy_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="stockline",
            name="stock_line_result_known",
        ),
        migrations.AddField(
            model_name="stockline",
            name="place",
            field=models.CharField(blank=True, max_length=120, verbose_name="实际位置"),
        ),
        migrations.AlterField(
            model_name="discrepancy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("seal_number", "封条号码不一致"),
                    ("seal_broken", "封条破损"),
                    ("quantity", "数量不一致"),
                    ("condition", "外观或状况不一致"),
                    ("place", "不在账上的位置"),
                    ("digest", "文件摘要不一致"),
                    ("missing", "实物不在"),
                ],
                max_length=20,
                verbose_name="类别",
            ),
        ),
        migrations.AlterField(
            model_name="stockline",
            name="result",
            field=models.CharField(
                choices=[
                    ("waiting", "还没有清点"),
                    ("present", "账实相符"),
                    ("differs", "在，但有不符"),
                    ("misplaced", "在，但不在账上的位置"),
                    ("missing", "账上有，实物不在"),
                    ("extra", "实物在，账上不在此处"),
                ],
                default="waiting",
                max_length=20,
                verbose_name="结果",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["seal_number", "seal_broken", "quantity", "condition", "place", "digest", "missing"])
                ),
                name="discrepancy_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockline",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__in", ["waiting", "present", "differs", "misplaced", "missing", "extra"])),
                name="stock_line_result_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("result", "misplaced"), _negated=True),
                    models.Q(("item__isnull", False), models.Q(("place", ""), _negated=True)),
                    _connector="OR",
                ),
                name="stock_line_misplaced_where",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, AS_BEFORE),
    ]
