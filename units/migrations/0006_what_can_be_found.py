"""What of the register and of monitoring can be found: one view for each kind, kept up to date by triggers."""

from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models

FORWARD = """
create view search_of_unit as
    select u.id as row_id, 0 as part, null::bigint as circle,
        concat_ws(E'\\n', u.name, u.code,
            (select string_agg(n.name, E'\\n' order by n.until desc, n.id) from units_unitname n where n.unit_id = u.id)
        ) as text,
        u.name_key || E'\\n' || search_sounds(u.name, false) as names
    from units_unit u;
create view search_of_person as
    select p.id as row_id, 0 as part, null::bigint as circle, concat_ws(E'\\n', p.name, nullif(p.post, '')) as text,
        concat_ws(E'\\n', p.name_key, search_sounds(p.name, true), 'id' || nullif(p.id_index, '')) as names
    from units_person p;
create view search_of_lead as
    select l.id as row_id, 0 as part, l.compartment_id as circle,
        concat_ws(E'\\n', l.number, u.name, nullif(l.source, ''), nullif(l.note, '')) as text, u.name_key as names
    from units_lead l join units_unit u on u.id = l.unit_id;
create view search_of_block as
    select b.id as row_id, 0 as part, null::bigint as circle,
        concat_ws(E'\\n', b.network::text, nullif(b.reference, ''), nullif(b.operator, '')) as text, '' as names
    from units_addressblock b;
create view search_of_paper as
    select p.id as row_id, 0 as part, s.compartment_id as circle,
        concat_ws(E'\\n', nullif(p.number, ''), p.title, u.name) as text, u.name_key as names
    from units_unitpaper p
    join units_campaignunit c on c.id = p.campaign_unit_id
    join units_campaign s on s.id = c.campaign_id
    join units_unit u on u.id = c.unit_id;
select search_watch('units_unit', 'unit', 'select id from changed', 'name code name_key');
select search_watch('units_unitname', 'unit', 'select unit_id from changed');
select search_watch('units_person', 'person', 'select id from changed', 'name post name_key id_index');
select search_watch('units_lead', 'lead', 'select id from changed', 'number unit_id source note compartment_id');
select search_watch('units_unit', 'lead',
    'select l.id from units_lead l where l.unit_id in (select c.id from changed c)', 'name name_key');
select search_watch('units_addressblock', 'block', 'select id from changed', 'network reference operator');
select search_watch('units_unitpaper', 'paper', 'select id from changed', 'number title campaign_unit_id');
select search_watch('units_unit', 'paper',
    'select p.id from units_unitpaper p join units_campaignunit cu on cu.id = p.campaign_unit_id'
    ' where cu.unit_id in (select c.id from changed c)', 'name name_key');
select search_renew('unit', (select array_agg(id) from units_unit));
select search_renew('person', (select array_agg(id) from units_person));
select search_renew('lead', (select array_agg(id) from units_lead));
select search_renew('block', (select array_agg(id) from units_addressblock));
select search_renew('paper', (select array_agg(id) from units_unitpaper));
"""
BACKWARD = """
select search_unwatch('units_unit', 'unit');
select search_unwatch('units_unitname', 'unit');
select search_unwatch('units_person', 'person');
select search_unwatch('units_lead', 'lead');
select search_unwatch('units_unit', 'lead');
select search_unwatch('units_addressblock', 'block');
select search_unwatch('units_unitpaper', 'paper');
select search_unwatch('units_unit', 'paper');
drop view search_of_unit, search_of_person, search_of_lead, search_of_block, search_of_paper;
delete from search_entry where kind in ('unit', 'person', 'lead', 'block', 'paper');
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0001_index_of_what_can_be_found"), ("units", "0005_former_superiors")]

    operations = [
        migrations.AddIndex(
            model_name="sighting",
            index=models.Index(
                OpClass(models.F("remote_host"), "varchar_pattern_ops"),
                name="sighting_remote_host",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
