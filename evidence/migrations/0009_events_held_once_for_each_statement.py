"""Events are held to their reading and item once for each statement, no longer twice for each row; the marked have an index."""

import django.db.models.deletion
from django.db import migrations, models

# The triggers come first: from then on nobody else writes events before this ends, so the filling misses none.
FORWARD = """
create function evidence_tie_events() returns trigger language plpgsql as $body$
begin
    insert into evidence_logtie (run_id, item_id) select distinct f.run_id, f.item_id from fresh f on conflict do nothing;
    return null;
end $body$;
create trigger evidence_tie_new after insert on evidence_logevent referencing new table as fresh
    for each statement execute function evidence_tie_events();
create trigger evidence_tie_changed after update on evidence_logevent referencing new table as fresh
    for each statement execute function evidence_tie_events();
insert into evidence_logtie (run_id, item_id) select distinct e.run_id, e.item_id from evidence_logevent e;
"""
BACKWARD = """
drop trigger evidence_tie_new on evidence_logevent;
drop trigger evidence_tie_changed on evidence_logevent;
drop function evidence_tie_events();
"""


class Migration(migrations.Migration):
    dependencies = [("evidence", "0008_items_found_by_circle_and_hand")]

    operations = [
        migrations.CreateModel(
            name="LogTie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="evidence.item"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.logrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "日志读取的检材",
                "constraints": [models.UniqueConstraint(fields=("run", "item"), name="log_tie_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterField(
            model_name="logevent",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evidence.item",
            ),
        ),
        migrations.AlterField(
            model_name="logevent",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="log_events",
                to="evidence.logrun",
            ),
        ),
        migrations.AddIndex(
            model_name="logevent",
            index=models.Index(
                condition=models.Q(("rule_labels", []), _negated=True), fields=["run", "ts"], name="log_event_labelled"
            ),
        ),
    ]
