"""The ledger's own schema. Raw SQL on purpose: nothing in application code may switch its guards off."""

from django.db import migrations, models

FORWARD = """
create schema if not exists ledger;

create table ledger.entry (
    id bigint generated always as identity primary key,
    header bytea not null check (length(header) between 2 and 65535),
    leaf_hash bytea not null generated always as (sha256('\\x00'::bytea || header)) stored,
    stream text not null,
    stream_seq integer not null check (stream_seq >= 1),
    kind text not null,
    ref text not null,
    actor_id bigint,
    at timestamptz not null,
    unique (stream, stream_seq)
);
create index entry_ref on ledger.entry (ref, id);
create index entry_at on ledger.entry (at, id);
create index entry_actor on ledger.entry (actor_id, id);
create index entry_kind on ledger.entry (kind, id);

create table ledger.disclosure (
    id bigint generated always as identity primary key,
    entry_id bigint not null,
    name text not null,
    digest text not null,
    sealed_value text not null,
    unique (entry_id, name)
);

create function ledger.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger entry_append_only before update or delete on ledger.entry
    for each statement execute function ledger.refuse();
create trigger entry_no_truncate before truncate on ledger.entry
    for each statement execute function ledger.refuse();
alter table ledger.entry enable always trigger entry_append_only;
alter table ledger.entry enable always trigger entry_no_truncate;
create trigger disclosure_append_only before update or delete on ledger.disclosure
    for each statement execute function ledger.refuse();
create trigger disclosure_no_truncate before truncate on ledger.disclosure
    for each statement execute function ledger.refuse();
alter table ledger.disclosure enable always trigger disclosure_append_only;
alter table ledger.disclosure enable always trigger disclosure_no_truncate;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD, "drop schema ledger cascade"),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("header", models.BinaryField()),
                ("leaf_hash", models.BinaryField(editable=False)),
                ("stream", models.CharField(max_length=80)),
                ("stream_seq", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=60)),
                ("ref", models.CharField(max_length=80)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={"verbose_name": "账本条目", "db_table": '"ledger"."entry"', "managed": False},
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("digest", models.CharField(max_length=64)),
                ("sealed_value", models.TextField()),
            ],
            options={"db_table": '"ledger"."disclosure"', "managed": False},
        ),
    ]
