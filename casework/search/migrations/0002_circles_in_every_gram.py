"""Every gram says of which kind and circle it is, so that the index is read where the reader may look and nowhere else.

Official documents become a kind; texts are cut in a third of the time.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

import casework.search.models

# As in 0001 and in casework/search/words.py.
WIDE = (
    r"\u00c0-\u024f\u0370-\u1fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
FUNCTIONS = f"""
create or replace function search_grams(folded text) returns text[] language sql immutable parallel safe strict as $$
    -- Three neighbours side by side, so that its time follows the length of the text, however long a run without a
    -- break is. What is neither wide nor narrow is one blank: then a byte tells which of them a sign is.
    select coalesce(array_agg(a) filter (where a > '~'), '{{}}')
        || coalesce(array_agg(a || b) filter (where a > '~' and b > '~'), '{{}}')
        || coalesce(array_agg(
            case when b <= ' ' or b > '~' then a when c <= ' ' or c > '~' then a || b else concat(a, b, c) end
        ) filter (where a > ' ' and a <= '~'), '{{}}')
        || array(select '=' || r.m[1] from regexp_matches(folded, '[a-z]{{2,20}}', 'g') r(m))
    from (select regexp_replace(folded, '[^0-9a-z._:/@+{WIDE}-]+', ' ', 'g') collate "C" as s) cut,
        unnest(string_to_array(s, null), string_to_array(substr(s, 2), null), string_to_array(substr(s, 3), null))
            as neighbours(a, b, c)
$$;
create function search_places(of_kind text, of_circles bigint[]) returns text[]
language sql immutable parallel safe strict as $$
    -- Two signs of the kind and one of sixteen into which the circles fall; '-' for what lies in no circle.
    select case
        when of_circles = '{{}}' then array[left(md5(of_kind), 2) || '-']
        else array(select distinct left(md5(of_kind), 2) || to_hex(abs(c) % 16) from unnest(of_circles) c)
    end
$$;
create function search_vector(of_kind text, of_circles bigint[], of_text text, of_names text) returns tsvector
language sql immutable parallel safe as $$
    select array_to_tsvector(
        array(
            select place || gram
            from unnest(public.search_places(of_kind, of_circles)) place,
                unnest(public.search_grams(public.search_folded(of_text, of_names))) gram
        ) || array(select '#c' || c from unnest(of_circles) c)
    )
$$;
"""  # noqa: S608 (the class stands above)
COLUMNS = """
alter table search_entry drop column grams, add column circles bigint[] not null default '{}';
alter table search_entry alter column circles drop default;
update search_entry set circles = array[circle] where circle is not null;
alter table search_entry drop column circle;
drop function search_vector(text, bigint, text, text);
alter table search_entry add column grams tsvector
    generated always as (search_vector(kind::text, circles, text, names)) stored;
create index search_entry_grams on search_entry using gin (grams) with (fastupdate = off);
"""
# A view says its circle, or its circles where there are several (persons count as their number below nought).
RENEW = """
create or replace function search_renew(of_kind text, of_rows bigint[]) returns void language plpgsql as $body$
declare
    within_circles text := 'case when circle is null then ''{}''::bigint[] else array[circle] end';
begin
    if of_rows is null then
        return;
    end if;
    if exists (select from pg_attribute where attrelid = ('public.search_of_' || of_kind)::regclass
            and attname = 'circles') then
        within_circles := 'circles';
    end if;
    -- Whoever changes another part of the same row at the same time waits here and then sees what this one wrote.
    perform from public.search_entry where kind = of_kind and row_id = any(of_rows) order by row_id, part for update;
    execute format($q$
        with fresh as materialized (
            -- What is beyond is not looked for: a tsvector has its limit, and no write may fail for the index.
            select row_id, part, %s as circles, left(text, 60000) as text, left(coalesce(names, ''), 4000) as names
            from public.%I where row_id = any($1)
        ), gone as (
            delete from public.search_entry e where e.kind = $2 and e.row_id = any($1)
                and not exists (select from fresh f where f.row_id = e.row_id and f.part = e.part)
        )
        insert into public.search_entry as e (kind, row_id, part, circles, text, names)
        select $2, row_id, part, circles, text, names from fresh
        on conflict (kind, row_id, part) do update
            set circles = excluded.circles, text = excluded.text, names = excluded.names
            where (e.circles, e.text, e.names) is distinct from (excluded.circles, excluded.text, excluded.names)
    $q$, within_circles, 'search_of_' || of_kind) using of_rows, of_kind;
end $body$;

-- Tells whether anything stands in the index at all; always along the index, so that its time says nothing of what
-- stands in places that were not asked for.
create function search_stands(asked tsquery) returns boolean language sql stable
set enable_seqscan = off as $$
    select exists (select from public.search_entry where grams @@ asked)
$$;
"""
# The text of records, lists and receipts stays out: what people said and from whom things were taken is encrypted.
DOCUMENTS = """
create view search_of_document as
    select d.id as row_id, 0 as part, d.compartment_id as circle,
        concat_ws(E'\\n', nullif(d.number, ''), d.title, d.kind) as text, '' as names
    from documents_document d
    union all
    select d.id, p.page, d.compartment_id, p.text, p.keys
    from documents_document d join search_pagetext p on p.blob_id = d.pdf_id
    where d.code not in ('record', 'seizure_list', 'sealing_list', 'electronic_list', 'service_receipt');
select search_watch('documents_document', 'document', 'select id from changed',
    'number title kind code compartment_id pdf_id');
select search_watch('search_pagetext', 'document',
    'select d.id from documents_document d where d.pdf_id in (select c.blob_id from changed c)');

create function search_document_asked() returns trigger language plpgsql as $body$
begin
    insert into public.search_reading
        (blob_id, name, state, attempts, pages, signs, by_ocr, unread, cut, problem)
    select distinct on (pdf_id) pdf_id, left(kind, 240) || '.pdf', 'queued', 0, 0, 0, 0, 0, false, '' from changed
    where pdf_id is not null
        and code not in ('record', 'seizure_list', 'sealing_list', 'electronic_list', 'service_receipt')
    order by pdf_id
    on conflict do nothing;
    return null;
end $body$;
create trigger search_read_new after insert on documents_document referencing new table as changed
    for each statement execute function search_document_asked();
create trigger search_read_changed after update on documents_document referencing new table as changed
    for each statement execute function search_document_asked();
insert into search_reading (blob_id, name, state, attempts, pages, signs, by_ocr, unread, cut, problem)
    select distinct on (pdf_id) pdf_id, left(kind, 240) || '.pdf', 'queued', 0, 0, 0, 0, 0, false, ''
    from documents_document where pdf_id is not null
        and code not in ('record', 'seizure_list', 'sealing_list', 'electronic_list', 'service_receipt')
    order by pdf_id on conflict do nothing;
select search_renew('document', (select array_agg(id) from documents_document));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_index_of_what_can_be_found"),
        ("documents", "0001_documents_templates_and_jobs"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS),
        migrations.RunSQL(
            COLUMNS,
            state_operations=[
                migrations.RemoveIndex("entry", "search_entry_grams"),
                migrations.RemoveField("entry", "grams"),
                migrations.RemoveField("entry", "circle"),
                migrations.AddField(
                    "entry", "circles", ArrayField(models.BigIntegerField(), default=list), preserve_default=False
                ),
                migrations.AddField(
                    "entry",
                    "grams",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("kind"),
                            models.F("circles"),
                            models.F("text"),
                            models.F("names"),
                            function="search_vector",
                        ),
                        output_field=casework.search.models.GramsField(),
                    ),
                ),
                migrations.AddIndex(
                    "entry",
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["grams"], name="search_entry_grams"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(RENEW),
        migrations.RunSQL(DOCUMENTS),
    ]
