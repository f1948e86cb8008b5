"""The index in half the room: pairs alone, not kept a second time in the table, put in place by the statement.

A single character is found as the beginning of its pairs; only the last of a run stands alone. What a statement writes
is laid into the index at its end in one pass, sorted, instead of gram by gram and row by row.
"""

import django.contrib.postgres.indexes
from django.db import migrations
from django.db.models import F, Func

# As in 0001 and in casework/search/words.py.
WIDE = (
    r"\u00c0-\u024f\u0370-\u1fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
FUNCTIONS = f"""
alter table search_entry drop column grams;
drop function search_stands(tsquery);
create or replace function search_grams(folded text) returns text[] language sql immutable parallel safe strict as $$
    -- Three neighbours side by side, so that its time follows the length of the text, however long a run without a
    -- break is. What is neither wide nor narrow is one blank: then a byte tells which of them a sign is.
    select coalesce(array_agg(
            case
                when a > '~' then case when b > '~' then a || b else a end
                when b <= ' ' or b > '~' then a
                when c <= ' ' or c > '~' then a || b
                else concat(a, b, c)
            end
        ) filter (where a > ' '), '{{}}')
        || array(select '=' || r.m[1] from regexp_matches(folded, '[a-z]{{2,20}}', 'g') r(m))
    from (select regexp_replace(folded, '[^0-9a-z._:/@+{WIDE}-]+', ' ', 'g') collate "C" as s) cut,
        unnest(string_to_array(s, null), string_to_array(substr(s, 2), null), string_to_array(substr(s, 3), null))
            as neighbours(a, b, c)
$$;
-- It is dear: nothing but the index may work it out.
alter function search_vector(text, bigint[], text, text) cost 100000;
create index search_entry_grams on search_entry
    using gin (search_vector(kind::text, circles, text, names)) with (fastupdate = on);
-- Nothing is learnt of it by taking samples, and each would have to be cut anew.
alter index search_entry_grams alter column 1 set statistics 0;

-- Tells whether anything stands in one of the places; along the index, the next place only when nothing stood in the
-- one before, so that its time says nothing of what stands in places that were not asked for.
create function search_stands(asked tsquery[]) returns boolean language sql stable
set enable_seqscan = off as $$
    select exists (
        select from unnest(asked) place(query) where exists (
            select from public.search_entry where public.search_vector(kind::text, circles, text, names) @@ query
        )
    )
$$;
"""  # noqa: S608 (the class stands above)
RENEW = """
-- Only the owner of an index may lay in what waits before it.
create function search_settle() returns void language sql security definer set search_path = '' as $$
    select pg_catalog.gin_clean_pending_list('public.search_entry_grams')
$$;

create or replace function search_renew(of_kind text, of_rows bigint[]) returns void language plpgsql
-- What a statement writes waits in front of the index until its end, up to here.
set gin_pending_list_limit = '64MB' as $body$
declare
    within_circles text := 'case when circle is null then ''{}''::bigint[] else array[circle] end';
    written bigint;
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
    get diagnostics written = row_count;
    if written > 0 then
        perform public.search_settle();
    end if;
end $body$;
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0002_circles_in_every_gram")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS,
            state_operations=[
                migrations.RemoveIndex("entry", "search_entry_grams"),
                migrations.RemoveField("entry", "grams"),
                migrations.AddIndex(
                    "entry",
                    django.contrib.postgres.indexes.GinIndex(
                        Func(F("kind"), F("circles"), F("text"), F("names"), function="search_vector"),
                        fastupdate=True,
                        name="search_entry_grams",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(RENEW),
    ]
