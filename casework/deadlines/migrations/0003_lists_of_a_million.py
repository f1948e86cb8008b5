"""Indexes for lists over all clocks. What each is for stands beside it; what each costs in docs/decisions/0033.

``deadline_open_due`` goes: ``deadline_state_due`` has its rows in its order.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import Func, Q

# The signs of a text and its pairs of neighbours, in capitals: a text that holds a word holds all of the word's. Its
# price tells the planner that the index has them already.
PAIRS = """
create function deadline_pairs(title text) returns text[] language sql immutable parallel safe strict cost 1000 as $$
    select array(
        select distinct substr(said, place, length)
        from upper(title) said, generate_series(1, length(upper(title))) place, generate_series(1, 2) length
    )
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("deadlines", "0002_resumed_by_whom"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="deadline", name="deadline_open_due"),
        # The list as it opens: what runs or stands still, nearest first.
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(
                fields=["due_on", "id"], condition=Q(state__in=("open", "stopped")), name="deadline_live_due"
            ),
        ),
        # One state in order, however rare; and what is late, counted in the side bar of every page.
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(fields=["state", "due_on", "id"], name="deadline_state_due"),
        ),
        # The list and that of the API without a condition.
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(fields=["due_on", "id"], name="deadline_due"),
        ),
        # The few whose day waits for next year's holidays.
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(fields=["due_on", "id"], condition=Q(provisional=True), name="deadline_provisional"),
        ),
        # A word among all titles.
        migrations.RunSQL(PAIRS, "drop function deadline_pairs(text)"),
        migrations.AddIndex(
            model_name="deadline",
            index=django.contrib.postgres.indexes.GinIndex(
                Func("title", function="deadline_pairs"), name="deadline_title_pairs"
            ),
        ),
    ]
