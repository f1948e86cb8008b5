"""The function that appended before appending became one prepared statement goes; backwards it is there again."""

from django.db import migrations

DROP = "drop function ledger.append(bytea, bytea, bytea, text, text, text, bigint, timestamptz)"
MAKE = """
create function ledger.append(
    head bytea, middle bytea, tail bytea, of_stream text, of_kind text, of_ref text, of_actor bigint, of_at timestamptz
) returns table (entry_id bigint, number integer, previous text, hashed bytea)
language plpgsql as $$
declare
    last_number integer;
    last_hash bytea;
begin
    perform pg_advisory_xact_lock(hashtextextended('ledger:' || of_stream, 20));
    select e.stream_seq, e.leaf_hash into last_number, last_hash
        from ledger.entry e where e.stream = of_stream order by e.stream_seq desc limit 1;
    number := coalesce(last_number, 0) + 1;
    previous := coalesce(encode(last_hash, 'hex'), '');
    insert into ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at)
        values (head || convert_to(previous, 'UTF8') || middle || convert_to(number::text, 'UTF8') || tail,
                of_stream, number, of_kind, of_ref, of_actor, of_at)
        returning id, leaf_hash into entry_id, hashed;
    return next;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_watched_clock")]
    operations = [migrations.RunSQL(DROP, MAKE)]
