"""Items are looked for among those of the reader's circles and those that pass through his own hands."""

from django.db import migrations

# A person stands among the circles as his number below nought: whoever holds or keeps the item, or is to receive it.
FORWARD = """
drop view search_of_item;
create view search_of_item as
    select i.id as row_id, 0 as part,
        array_remove(array[i.compartment_id, -i.holder_id, -i.keeper_id], null) || array(
            select -o.receiver_id from evidence_offer o where o.item_id = i.id and o.state = 'open' order by o.id
        ) as circles,
        concat_ws(E'\\n', i.number, i.title, c.number, nullif(d.serial, ''),
            (select string_agg(s.number, E'\\n' order by s.id) from evidence_seal s where s.item_id = i.id)) as text,
        '' as names
    from evidence_item i
    join evidence_collection c on c.id = i.collection_id
    left join evidence_device d on d.item_id = i.id;
select search_unwatch('evidence_item', 'item');
select search_watch('evidence_item', 'item', 'select id from changed',
    'number title collection_id compartment_id holder_id keeper_id');
select search_watch('evidence_offer', 'item', 'select item_id from changed', 'item_id receiver_id state');
select search_renew('item', (select array_agg(id) from evidence_item));
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0002_circles_in_every_gram"), ("evidence", "0007_what_can_be_found")]

    operations = [migrations.RunSQL(FORWARD)]
