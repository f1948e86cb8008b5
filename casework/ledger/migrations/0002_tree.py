"""The Merkle log over the entries: queue, leaves, tiles, state, checkpoints, keys and checks (decision 3)."""

from django.db import migrations

FORWARD = """
create table ledger.queue (
    entry_id bigint primary key,
    queued_at timestamptz not null default clock_timestamp()
);
create table ledger.leaf (
    idx bigint primary key check (idx >= 0),
    entry_id bigint not null unique,
    leaf_hash bytea not null check (length(leaf_hash) = 32)
);
create table ledger.tile (
    level smallint not null check (level between 0 and 63),
    n bigint not null check (n >= 0),
    data bytea not null check (length(data) between 32 and 8192 and length(data) % 32 = 0),
    primary key (level, n)
);
create table ledger.state (
    one boolean primary key default true check (one),
    size bigint not null check (size >= 0),
    root bytea not null check (length(root) = 32),
    drained_at timestamptz not null
);
create table ledger.checkpoint (
    size bigint primary key check (size > 0),
    root bytea not null check (length(root) = 32),
    note text not null,
    published_at timestamptz not null default clock_timestamp()
);
create table ledger.signing_key (
    id bigint generated always as identity primary key,
    vkey text not null unique,
    since_size bigint not null check (since_size >= 0),
    since timestamptz not null default clock_timestamp()
);
create table ledger.check_run (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('verify', 'sign', 'integrate')),
    begun_at timestamptz not null,
    ended_at timestamptz not null,
    entries bigint not null check (entries >= 0),
    faults jsonb not null
);
create index check_run_kind on ledger.check_run (kind, id);

insert into ledger.state (size, root, drained_at) values (0, sha256(''::bytea), clock_timestamp());
insert into ledger.queue (entry_id) select id from ledger.entry;

-- Every entry is queued by the database itself, in the transaction of the act; no caller can leave it out.
create function ledger.enqueue() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into ledger.queue (entry_id) values (new.id);
    return null;
end $$;
create trigger entry_enqueue after insert on ledger.entry for each row execute function ledger.enqueue();
alter table ledger.entry enable always trigger entry_enqueue;

-- A tile grows at its end and changes nowhere else; the tree never shrinks.
create function ledger.grow_only() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'tile' then
        if (old.level, old.n) = (new.level, new.n)
           and substring(new.data from 1 for length(old.data)) = old.data then
            return new;
        end if;
    elsif new.size >= old.size then
        return new;
    end if;
    raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;
create trigger tile_grows before update on ledger.tile for each row execute function ledger.grow_only();
create trigger state_grows before update on ledger.state for each row execute function ledger.grow_only();
create trigger tile_kept before delete on ledger.tile for each statement execute function ledger.refuse();
create trigger state_kept before delete on ledger.state for each statement execute function ledger.refuse();
create trigger tile_no_truncate before truncate on ledger.tile for each statement execute function ledger.refuse();
create trigger state_no_truncate before truncate on ledger.state for each statement execute function ledger.refuse();
alter table ledger.tile enable always trigger tile_grows;
alter table ledger.tile enable always trigger tile_kept;
alter table ledger.tile enable always trigger tile_no_truncate;
alter table ledger.state enable always trigger state_grows;
alter table ledger.state enable always trigger state_kept;
alter table ledger.state enable always trigger state_no_truncate;
"""

APPEND_ONLY = """
create trigger {table}_append_only before update or delete on ledger.{table}
    for each statement execute function ledger.refuse();
create trigger {table}_no_truncate before truncate on ledger.{table}
    for each statement execute function ledger.refuse();
alter table ledger.{table} enable always trigger {table}_append_only;
alter table ledger.{table} enable always trigger {table}_no_truncate;
"""
GUARDED = ("leaf", "checkpoint", "signing_key", "check_run")

BACKWARD = """
drop trigger entry_enqueue on ledger.entry;
drop function ledger.enqueue();
drop table ledger.queue, ledger.leaf, ledger.tile, ledger.state, ledger.checkpoint, ledger.signing_key, ledger.check_run;
drop function ledger.grow_only();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD + "".join(APPEND_ONLY.format(table=table) for table in GUARDED), BACKWARD),
    ]
