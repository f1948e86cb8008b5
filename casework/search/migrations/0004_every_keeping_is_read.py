"""Each keeping of a file has a reading and a text of its own. Backwards, those of the first keeping stand for all."""

from django.db import migrations

FIRST_ALONE = """
delete from search_pagetext t using files_blob later
    where t.blob_id = later.id
        and exists (select from files_blob b where b.sha256 = later.sha256 and b.id < later.id);
delete from search_reading r using files_blob later
    where r.blob_id = later.id
        and exists (select from files_blob b where b.sha256 = later.sha256 and b.id < later.id);
set constraints all immediate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0004_every_keeping_is_a_row"),
        ("search", "0003_pairs_alone_and_batches"),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, FIRST_ALONE),
    ]
