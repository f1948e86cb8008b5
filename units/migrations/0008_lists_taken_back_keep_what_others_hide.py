"""Taking a list back neither fails on what is hidden from the one who does it nor tells of it."""

from django.db import migrations, models

#: What was taken back is found by nobody; its keys change at once, so that the triggers renew what can be found.
VIEWS = """
create or replace view search_of_unit as
    select u.id as row_id, 0 as part, null::bigint as circle,
        concat_ws(E'\\n', u.name, u.code,
            (select string_agg(n.name, E'\\n' order by n.until desc, n.id) from units_unitname n where n.unit_id = u.id)
        ) as text,
        u.name_key || E'\\n' || search_sounds(u.name, false) as names
    from units_unit u where u.taken_back_at is null;
create or replace view search_of_person as
    select p.id as row_id, 0 as part, null::bigint as circle, concat_ws(E'\\n', p.name, nullif(p.post, '')) as text,
        concat_ws(E'\\n', p.name_key, search_sounds(p.name, true), 'id' || nullif(p.id_index, '')) as names
    from units_person p where p.taken_back_at is null;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("units", "0007_campaigns_and_attachments_found"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="taken_back_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="unit",
            name="taken_back_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(VIEWS),
    ]
