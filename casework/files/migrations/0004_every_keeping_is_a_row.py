"""The same bytes kept twice are two rows: what is known of one keeping tells nothing of the other.

Backwards, the later rows of a digest are given up for the first: whoever names one of them names the first instead.
"""

from django.db import migrations, models

FIRST_ALONE = """
do $body$
declare
    place record;
begin
    for place in
        select c.conrelid::regclass as source, a.attname as name
        from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'files_blob'::regclass
    loop
        execute format(
            'update %s held set %I = first.id from files_blob later,'
            ' lateral (select min(id) as id from files_blob b where b.sha256 = later.sha256) first'
            ' where held.%I = later.id and first.id < later.id', place.source, place.name, place.name);
    end loop;
    delete from files_blob later
        where exists (select from files_blob b where b.sha256 = later.sha256 and b.id < later.id);
end $body$;
set constraints all immediate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0003_scanned_files"),
    ]

    operations = [
        migrations.AlterField("blob", "sha256", models.CharField(db_index=True, max_length=64)),
        # Undone first.
        migrations.RunSQL(migrations.RunSQL.noop, FIRST_ALONE),
    ]
