"""An append is one call; witnesses, timestamps and erasures have their tables; every mutation names its privilege."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

FORWARD = """
-- One append in one call: writers of a stream queue at its lock, the number and the hash of the one before are put
-- into the bytes here. Runs with the caller's rights.
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
end $$;

-- Times grow with the table: a few pages answer for them, and an append pays nothing.
drop index ledger.entry_at;
create index entry_at on ledger.entry using brin (at) with (autosummarize = on);

create table ledger.cosignature (
    size bigint not null check (size > 0),
    name text not null,
    line text not null,
    at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (size, name)
);
create table ledger.timestamp (
    size bigint not null check (size > 0),
    authority text not null,
    token bytea not null,
    at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (size, authority)
);
alter table ledger.check_run drop constraint check_run_kind_check;
alter table ledger.check_run add constraint check_run_kind_check
    check (kind in ('verify', 'sign', 'integrate', 'files', 'witness', 'timestamp'));

-- Personal values are erased only after two others than the one who asked have approved.
create table ledger.erasure (
    id bigint generated always as identity primary key,
    entry_id bigint not null,
    names text[] not null check (cardinality(names) > 0),
    basis text not null check (basis <> ''),
    reason text not null check (reason <> ''),
    asked_by bigint not null,
    asked_at timestamptz not null
);
create index erasure_entry on ledger.erasure (entry_id);
create table ledger.erasure_approval (
    id bigint generated always as identity primary key,
    erasure_id bigint not null references ledger.erasure on delete restrict,
    user_id bigint not null,
    at timestamptz not null,
    unique (erasure_id, user_id)
);
create function ledger.approved_by_two(of_erasure bigint) returns boolean
language sql stable set search_path = '' as $$
    select count(*) >= 2 from ledger.erasure_approval a join ledger.erasure e on e.id = a.erasure_id
        where e.id = of_erasure and a.user_id <> e.asked_by
$$;
create function ledger.refuse_unless_approved() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'DELETE' and exists (
        select from ledger.erasure e
        where e.entry_id = old.entry_id and old.name = any (e.names) and ledger.approved_by_two(e.id)
    ) then
        return old;
    end if;
    raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;
drop trigger disclosure_append_only on ledger.disclosure;
create trigger disclosure_append_only before update or delete on ledger.disclosure
    for each row execute function ledger.refuse_unless_approved();
alter table ledger.disclosure enable always trigger disclosure_append_only;
create function ledger.erase(of_erasure bigint) returns integer
language plpgsql security definer set search_path = '' as $$
declare
    erased integer;
begin
    delete from ledger.disclosure d using ledger.erasure e
        where e.id = of_erasure and d.entry_id = e.entry_id and d.name = any (e.names);
    get diagnostics erased = row_count;
    return erased;
end $$;
revoke all on function ledger.erase(bigint) from public;
"""

APPEND_ONLY = """
create trigger {table}_append_only before update or delete on ledger.{table}
    for each statement execute function ledger.refuse();
create trigger {table}_no_truncate before truncate on ledger.{table}
    for each statement execute function ledger.refuse();
alter table ledger.{table} enable always trigger {table}_append_only;
alter table ledger.{table} enable always trigger {table}_no_truncate;
"""
GUARDED = ("cosignature", "timestamp", "erasure", "erasure_approval")

BACKWARD = """
drop function ledger.erase(bigint);
drop trigger disclosure_append_only on ledger.disclosure;
drop function ledger.refuse_unless_approved();
drop function ledger.approved_by_two(bigint);
create trigger disclosure_append_only before update or delete on ledger.disclosure
    for each statement execute function ledger.refuse();
alter table ledger.disclosure enable always trigger disclosure_append_only;
drop table ledger.erasure_approval, ledger.erasure, ledger.timestamp, ledger.cosignature;
alter table ledger.check_run drop constraint check_run_kind_check;
alter table ledger.check_run add constraint check_run_kind_check check (kind in ('verify', 'sign', 'integrate')) not valid;
drop index ledger.entry_at;
create index entry_at on ledger.entry (at, id);
drop function ledger.append(bytea, bytea, bytea, text, text, text, bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_tree")]
    operations = [
        migrations.RunSQL(FORWARD + "".join(APPEND_ONLY.format(table=table) for table in GUARDED), BACKWARD),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry_id", models.BigIntegerField()),
                ("names", ArrayField(models.TextField())),
                ("basis", models.TextField()),
                ("reason", models.TextField()),
                ("asked_by", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
            ],
            options={"db_table": '"ledger"."erasure"', "managed": False},
        ),
        migrations.CreateModel(
            name="ErasureApproval",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("erasure_id", models.BigIntegerField()),
                ("user_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": '"ledger"."erasure_approval"', "managed": False},
        ),
    ]
