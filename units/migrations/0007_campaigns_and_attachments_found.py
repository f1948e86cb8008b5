"""Campaigns can be found, and what units attach to their self-inspections, with the text of the files."""

from django.db import migrations

FORWARD = """
create view search_of_campaign as
    select c.id as row_id, 0 as part, c.compartment_id as circle,
        concat_ws(E'\\n', c.name, nullif(c.public_name, c.name), c.code, nullif(c.contact, '')) as text, '' as names
    from units_campaign c;
create view search_of_attachment as
    select a.id as row_id, 0 as part, c.compartment_id as circle, concat_ws(E'\\n', a.name, u.name) as text,
        u.name_key as names
    from units_attachment a
    join units_selfinspection s on s.id = a.inspection_id
    join units_campaignunit cu on cu.id = s.campaign_unit_id
    join units_campaign c on c.id = cu.campaign_id
    join units_unit u on u.id = s.unit_id
    where a.removed_at is null
    union all
    select a.id, p.page, c.compartment_id, p.text, p.keys
    from units_attachment a
    join units_selfinspection s on s.id = a.inspection_id
    join units_campaignunit cu on cu.id = s.campaign_unit_id
    join units_campaign c on c.id = cu.campaign_id
    join search_pagetext p on p.blob_id = a.blob_id
    where a.removed_at is null;
select search_watch('units_campaign', 'campaign', 'select id from changed',
    'name public_name code contact compartment_id');
select search_watch('units_attachment', 'attachment', 'select id from changed', 'name blob_id inspection_id removed_at');
select search_watch('search_pagetext', 'attachment',
    'select a.id from units_attachment a where a.blob_id in (select c.blob_id from changed c)');
select search_watch('units_unit', 'attachment',
    'select a.id from units_attachment a join units_selfinspection s on s.id = a.inspection_id'
    ' where s.unit_id in (select c.id from changed c)', 'name name_key');
create trigger search_read_asked after insert on units_attachment referencing new table as changed
    for each statement execute function search_read_asked();
select search_renew('campaign', (select array_agg(id) from units_campaign));
select search_renew('attachment', (select array_agg(id) from units_attachment));
insert into search_reading (blob_id, name, state, attempts, pages, signs, by_ocr, unread, cut, problem)
    select distinct on (blob_id) blob_id, name, 'queued', 0, 0, 0, 0, 0, false, '' from units_attachment
    order by blob_id on conflict do nothing;
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0002_circles_in_every_gram"), ("units", "0006_what_can_be_found")]

    operations = [migrations.RunSQL(FORWARD)]
