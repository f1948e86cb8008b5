"""Puts a database back as it was before a test that committed, row by row.

What migrations wrote stays, everything else goes, and sequences begin where they began. Copying the whole database again
does the same, but costs a hundred times as much; it is left for a test that changed the schema itself.
"""

from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

Owner = psycopg.Connection[tuple[Any, ...]]

_OURS: Final = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
_TABLES: Final = f"""
    select n.nspname, c.relname, pg_relation_size(c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and {_OURS}
"""  # noqa: S608 (a constant)
_SEQUENCES: Final = "select schemaname, sequencename, last_value, start_value from pg_sequences"
# Triggers that fire for replicas as well: those of the ledger.
_ALWAYS: Final = """
    select n.nspname, c.relname, t.tgname from pg_trigger t
    join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where t.tgenabled = 'A'
"""
# In which state every trigger is, and the words that bring it there. A test of tampering switches them off.
_TRIGGERS: Final = f"""
    select n.nspname, c.relname, t.tgname, t.tgenabled::text from pg_trigger t
    join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where {_OURS}
"""  # noqa: S608 (a constant)
_WORDS: Final = {"O": "enable", "D": "disable", "R": "enable replica", "A": "enable always"}
# Everything that a statement of the data definition language can change, as far as this product uses it.
_SCHEMA: Final = f"""
    select concat(count(*), ':', sum(hashtextextended(part, 0))) from (
        select concat_ws(':', 'table', c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.reloptions)
            as part from pg_class c join pg_namespace n on n.oid = c.relnamespace where {_OURS}
        union all select concat_ws(':', 'column', attrelid, attnum, attname, atttypid, attnotnull, atthasdef, attacl)
            from pg_attribute where attrelid >= 16384
        union all select concat_ws(':', 'trigger', oid, tgrelid, tgname, tgenabled, tgfoid) from pg_trigger
        union all select concat_ws(':', 'constraint', oid, conname, convalidated) from pg_constraint
        union all select concat_ws(':', 'function', oid, proname, md5(prosrc), proacl) from pg_proc where oid >= 16384
        union all select concat_ws(':', 'policy', oid, polname, polrelid) from pg_policy
        union all select concat_ws(':', 'schema', oid, nspname, nspacl) from pg_namespace where {_OURS.replace("n.", "")}
    ) as parts
"""  # noqa: S608 (a constant)
#: A table of that many bytes is cleaned of its dead rows, so that reading it stays quick.
_BLOATED: Final = 40 * 8192

Table = tuple[str, str]


@dataclass(frozen=True)
class Before:
    """What a database held before the first test."""

    schema: str
    triggers: dict[tuple[str, str, str], str]  # schema, table and name → state
    rows: dict[Table, tuple[str, bytes]]  # of each table that is not empty: digest and copy
    sequences: dict[Table, tuple[int | None, int]]


def look(owner: Owner) -> Before | None:
    """Note what the database holds; None for an owner who may not pass over triggers, with whom one has to copy."""
    [(allowed,)] = owner.execute("select usesuper from pg_user where usename = current_user").fetchall()
    if not allowed:
        return None
    rows = {}
    for schema, name, size in owner.execute(_TABLES).fetchall():
        if size and (digest := _digest(owner, (schema, name))):
            rows[schema, name] = digest, _copied(owner, (schema, name))
    return Before(_schema(owner), _triggers(owner), rows, _sequences(owner))


def put_back(owner: Owner, before: Before) -> bool:
    """Put rows and sequences back and end all other sessions; False when the schema itself is another."""
    owner.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    _put_triggers_back(owner, before)
    if _schema(owner) != before.schema:
        return False
    written = {(schema, name): size for schema, name, size in owner.execute(_TABLES).fetchall() if size}
    touched = {table: size for table, size in written.items() if not _stands(owner, before, table)}
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")  # no trigger, no foreign key in between
        stubborn = [row for row in owner.execute(_ALWAYS).fetchall() if (row[0], row[1]) in touched]
        _switch(owner, stubborn, "disable")
        for table in touched:
            owner.execute(sql.SQL("delete from {}").format(sql.Identifier(*table)))
            if table in before.rows:
                with owner.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(*table))) as copy:
                    copy.write(before.rows[table][1])
        _switch(owner, stubborn, "enable always")
        put_sequences_back(owner, before)
    for table, size in touched.items():
        if size >= _BLOATED:
            owner.execute(sql.SQL("vacuum {}").format(sql.Identifier(*table)))
    return True


def _stands(owner: Owner, before: Before, table: Table) -> bool:
    """Return whether a table holds exactly what migrations wrote into it."""
    return table in before.rows and _digest(owner, table) == before.rows[table][0]


def put_sequences_back(owner: Owner, before: Before) -> None:
    """Let sequences begin where they began: tests that roll back leave them further on."""
    for place, (last, start) in _sequences(owner).items():
        if before.sequences.get(place) != (last, start):
            was, begin = before.sequences[place]
            value = begin if was is None else was
            owner.execute(
                sql.SQL("select setval({}, {}, {})").format(
                    sql.Literal(sql.Identifier(*place).as_string()), sql.Literal(value), sql.Literal(was is not None)
                )
            )


def _put_triggers_back(owner: Owner, before: Before) -> None:
    now = _triggers(owner)
    for place, state in before.triggers.items():
        if now.get(place, state) != state:
            _switch(owner, [place], _WORDS[state])


def _triggers(owner: Owner) -> dict[tuple[str, str, str], str]:
    return {(schema, table, name): state for schema, table, name, state in owner.execute(_TRIGGERS).fetchall()}


def _switch(owner: Owner, triggers: list[tuple[Any, ...]], how: str) -> None:
    for schema, table, trigger in triggers:
        statement = sql.SQL("alter table {} " + how + " trigger {}")
        owner.execute(statement.format(sql.Identifier(schema, table), sql.Identifier(trigger)))


def _schema(owner: Owner) -> str:
    [(digest,)] = owner.execute(_SCHEMA).fetchall()
    return str(digest)


def _digest(owner: Owner, table: Table) -> str:
    # A sum needs no order; putting 40,000 rows into one took as long as all the rest of a clean-up.
    statement = sql.SQL("select count(*), sum(hashtextextended(t::text, 0))::text from {} as t")
    [(rows, digest)] = owner.execute(statement.format(sql.Identifier(*table))).fetchall()
    return f"{rows}:{digest}" if rows else ""


def _copied(owner: Owner, table: Table) -> bytes:
    with owner.cursor().copy(sql.SQL("copy {} to stdout").format(sql.Identifier(*table))) as copy:
        return b"".join(bytes(block) for block in copy)


def _sequences(owner: Owner) -> dict[Table, tuple[int | None, int]]:
    rows = owner.execute(_SEQUENCES).fetchall()
    return {(schema, name): (last, start) for schema, name, last, start in rows}
