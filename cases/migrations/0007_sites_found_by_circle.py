"""Sites are looked for in their team's circle and, from the release of the inspection on, in that of its campaign."""

from django.db import migrations

FORWARD = """
drop view search_of_site;
create view search_of_site as
    select s.id as row_id, 0 as part,
        array[s.compartment_id] || array(
            select c.compartment_id
            from cases_inspectionteam t
            join cases_inspection i on i.id = t.inspection_id
            join units_campaign c on c.id = i.campaign_id
            where t.id = s.team_id and i.released_at is not null and c.compartment_id <> s.compartment_id
        ) as circles,
        concat_ws(E'\\n', u.name, nullif(s.place, ''), nullif(s.machine, '')) as text, u.name_key as names
    from cases_site s join units_unit u on u.id = s.unit_id;
select search_unwatch('cases_site', 'site');
select search_watch('cases_site', 'site', 'select id from changed', 'unit_id place machine compartment_id team_id');
select search_watch('cases_inspection', 'site',
    'select s.id from cases_site s join cases_inspectionteam t on t.id = s.team_id'
    ' where t.inspection_id in (select c.id from changed c)', 'released_at campaign_id');
select search_renew('site', (select array_agg(id) from cases_site));
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0002_circles_in_every_gram"), ("cases", "0006_decisions_on_organisations_and_units")]

    operations = [migrations.RunSQL(FORWARD)]
