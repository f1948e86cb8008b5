"""What of the evidence can be found: labels, contents, files with their text; files ask to be read when they are held."""

from django.db import migrations

FORWARD = """
create view search_of_item as
    select i.id as row_id, 0 as part, null::bigint as circle,
        concat_ws(E'\\n', i.number, i.title, c.number, nullif(d.serial, ''),
            (select string_agg(s.number, E'\\n' order by s.id) from evidence_seal s where s.item_id = i.id)) as text,
        '' as names
    from evidence_item i
    join evidence_collection c on c.id = i.collection_id
    left join evidence_device d on d.item_id = i.id;
create view search_of_content as
    select i.id as row_id, 0 as part, i.compartment_id as circle,
        concat_ws(E'\\n', nullif(i.features, ''), nullif(i.source, ''), nullif(i.found_where, ''),
            nullif(i.hidden_how, ''), nullif(d.make, ''), nullif(d.model, ''), nullif(d.mac, ''),
            nullif(d.software, ''), nullif(d.pool, '')) as text,
        '' as names
    from evidence_item i left join evidence_device d on d.item_id = i.id;
create view search_of_file as
    select f.id as row_id, 0 as part, i.compartment_id as circle, f.name || E'\\n' || b.sha256 as text, '' as names
    from evidence_itemfile f
    join evidence_item i on i.id = f.item_id
    join files_blob b on b.id = f.blob_id
    union all
    select f.id, p.page, i.compartment_id, p.text, p.keys
    from evidence_itemfile f
    join evidence_item i on i.id = f.item_id
    join search_pagetext p on p.blob_id = f.blob_id;
create view search_of_event as
    select e.id as row_id, 0 as part, i.compartment_id as circle,
        concat_ws(E'\\n', e.text, nullif(left(e.raw, 2000), '')) as text, '' as names
    from evidence_event e join evidence_item i on i.id = e.item_id;
select search_watch('evidence_item', 'item', 'select id from changed', 'number title collection_id');
select search_watch('evidence_device', 'item', 'select item_id from changed', 'item_id serial');
select search_watch('evidence_seal', 'item', 'select item_id from changed', 'item_id number');
select search_watch('evidence_item', 'content', 'select id from changed',
    'features source found_where hidden_how compartment_id');
select search_watch('evidence_device', 'content', 'select item_id from changed',
    'item_id make model mac software pool');
select search_watch('evidence_itemfile', 'file', 'select id from changed', 'name blob_id item_id');
select search_watch('evidence_item', 'file',
    'select f.id from evidence_itemfile f where f.item_id in (select c.id from changed c)', 'compartment_id');
select search_watch('search_pagetext', 'file',
    'select f.id from evidence_itemfile f where f.blob_id in (select c.blob_id from changed c)');
select search_watch('evidence_event', 'event', 'select id from changed', 'text raw item_id');
select search_watch('evidence_item', 'event',
    'select e.id from evidence_event e where e.item_id in (select c.id from changed c)', 'compartment_id');
create trigger search_read_asked after insert on evidence_itemfile referencing new table as changed
    for each statement execute function search_read_asked();
select search_renew('item', (select array_agg(id) from evidence_item));
select search_renew('content', (select array_agg(id) from evidence_item));
select search_renew('file', (select array_agg(id) from evidence_itemfile));
select search_renew('event', (select array_agg(id) from evidence_event));
insert into search_reading (blob_id, name, state, attempts, pages, signs, by_ocr, unread, cut, problem)
    select distinct on (blob_id) blob_id, name, 'queued', 0, 0, 0, 0, 0, false, '' from evidence_itemfile
    order by blob_id on conflict do nothing;
"""
BACKWARD = """
drop trigger search_read_asked on evidence_itemfile;
select search_unwatch('evidence_item', 'item');
select search_unwatch('evidence_device', 'item');
select search_unwatch('evidence_seal', 'item');
select search_unwatch('evidence_item', 'content');
select search_unwatch('evidence_device', 'content');
select search_unwatch('evidence_itemfile', 'file');
select search_unwatch('evidence_item', 'file');
select search_unwatch('search_pagetext', 'file');
select search_unwatch('evidence_event', 'event');
select search_unwatch('evidence_item', 'event');
drop view search_of_item, search_of_content, search_of_file, search_of_event;
delete from search_entry where kind in ('item', 'content', 'file', 'event');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_index_of_what_can_be_found"),
        ("files", "0003_scanned_files"),
        ("evidence", "0006_attribution"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
