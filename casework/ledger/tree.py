"""The Merkle log in the database: reading it, and giving queued entries their place.

An act writes its entry and a row of the queue in one transaction (a trigger sees to the second). One process, the
integrator, takes the queue in batches and appends leaves and tiles; so writers never wait for each other (decision 3).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection, transaction

from casework.ledger import merkle
from casework.ledger.tiles import HEIGHT, WIDTH, Tiles, extend

#: Entries that get their place in one transaction.
BATCH = 4_096
#: Only one integrator works at a time; a second one finds this lock taken and waits.
LOCK = 7_205_759_403_792_793


@dataclass(frozen=True)
class Head:
    """The tree as it stands, signed or not."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Published:
    """A checkpoint as it was published: the log's own signed note, and the lines of the witnesses that cosigned it."""

    size: int
    root: bytes
    own_note: str
    published_at: datetime
    cosignatures: str = ""
    witnesses: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The note with all signatures."""
        return self.own_note + self.cosignatures


@dataclass
class Batch:
    """What one turn of the integrator did; ``busy`` when another integrator is at work."""

    taken: int = 0
    more: bool = False
    busy: bool = False
    vanished: list[int] = field(default_factory=list)


def head() -> Head:
    """Return size and root of the tree."""
    with connection.cursor() as cursor:
        cursor.execute("select size, root from ledger.state")
        size, root = cursor.fetchone()
    return Head(size, bytes(root))


def load_tile(level: int, n: int) -> bytes:
    """Return a tile; empty when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("select data from ledger.tile where level = %s and n = %s", [level, n])
        row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def tiles_with(wanted: Iterable[tuple[int, int]]) -> Tiles:
    """Return the tree with these tiles (level, number) at hand, read in one query; others are read when needed."""
    found = Tiles(load_tile)
    pairs = sorted(set(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            "select level, n, data from ledger.tile join unnest(%s::smallint[], %s::bigint[]) as w (l, m)"
            " on level = l and n = m",
            [[level for level, _n in pairs], [n for _level, n in pairs]],
        )
        for level, n, data in cursor.fetchall():
            found.put(level, n, bytes(data))
    return found


#: Place, checkpoint and tiles of one entry: the newest checkpoint that others cosigned says more than the newest.
_PROOF = f"""
with place as (select idx from ledger.leaf where entry_id = %(entry)b),
head as (
    select idx, size, note, array(
        select line from ledger.cosignature c where c.size = under.size order by name
    ) as lines
    from place cross join lateral (
        (select 1 as turn, size, note from ledger.cosignature join ledger.checkpoint using (size)
            where size > idx order by size desc limit 1)
        union all
        (select 2, size, note from ledger.checkpoint where size > idx order by size desc limit 1)
        order by turn limit 1
    ) as under
)
select idx, size, note, lines, level, n, data from head cross join lateral (
    select level::smallint, idx >> ({HEIGHT} * (level + 1)) as n from generate_series(0, 7) as level
        where size >> ({HEIGHT} * level) > 0
    union
    select level::smallint, ((size >> ({HEIGHT} * level)) - 1) / {WIDTH} from generate_series(0, 7) as level
        where size >> ({HEIGHT} * level) > 0
) as needed left join ledger.tile using (level, n)
"""  # noqa: S608 (numbers)


def proof_of(entry_id: int) -> tuple[int, list[bytes], str] | None:
    """Return (index, inclusion proof, checkpoint) of an entry, in one query; None while no checkpoint covers it.

    Raises:
        LookupError: a tile that the proof needs is not there.
    """
    # Prepared once a session, and tiles come as bytes: parsing and digits would cost more than the proof.
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(_PROOF, {"entry": entry_id}, prepare=True, binary=True).fetchall()
    if not rows:
        return None
    index, size, note, lines = rows[0][:4]
    found = Tiles(load_tile)
    for *_same, level, n, data in rows:
        found.put(level, n, data or b"")
    return index, merkle.inclusion_proof(index, size, found.node), note + "".join(lines)


_NEWEST = "order by size desc limit 1"
_WITNESSED = (
    "where size = (select size from ledger.cosignature join ledger.checkpoint using (size) order by size desc limit 1)"
)


def newest() -> Published | None:
    """Return the newest published checkpoint."""
    return _published(_NEWEST)


def witnessed() -> Published | None:
    """Return the newest checkpoint that at least one witness cosigned."""
    return _published(_WITNESSED)


def checkpoint_at(size: int) -> Published | None:
    """Return the published checkpoint of that size."""
    return _published("where size = %s", size)


_CHECKPOINT = (
    "select size, root, note, published_at, array(select name || ' ' || line from ledger.cosignature c"
    " where c.size = checkpoint.size order by name) from ledger.checkpoint "
)


def _published(condition: str, *values: Any) -> Published | None:
    with connection.cursor() as cursor:
        cursor.execute(_CHECKPOINT + condition, values)
        row = cursor.fetchone()
    return _from_row(row) if row else None


def _from_row(row: Sequence[Any]) -> Published:
    lines = [one.partition(" ") for one in row[4]]
    names = tuple(name for name, _space, _line in lines)
    return Published(row[0], bytes(row[1]), row[2], row[3], "".join(line for _name, _space, line in lines), names)


def latest_checkpoints(count: int = 5_000) -> Iterator[Published]:
    """Yield the newest checkpoints, newest first: an answer carried by hand may be to an older one."""
    with connection.cursor() as cursor:
        cursor.execute("select size from ledger.checkpoint order by size desc limit %s", [count])
        sizes = [size for (size,) in cursor.fetchall()]
    for size in sizes:
        found = checkpoint_at(size)
        if found is not None:
            yield found


def vkeys() -> list[str]:
    """Return every key that has signed this log, the present one last."""
    with connection.cursor() as cursor:
        cursor.execute("select vkey from ledger.signing_key order by id")
        return [vkey for (vkey,) in cursor.fetchall()]


def places(entry_ids: Iterable[int]) -> dict[int, int]:
    """Return entry number → index in the tree, for those that have their place."""
    with connection.cursor() as cursor:
        cursor.execute("select entry_id, idx from ledger.leaf where entry_id = any(%s)", [list(entry_ids)])
        return dict(cursor.fetchall())


def entry_at(index: int) -> int | None:
    """Return the number of the entry that has the place in the tree."""
    with connection.cursor() as cursor:
        cursor.execute("select entry_id from ledger.leaf where idx = %s", [index])
        row = cursor.fetchone()
        return row[0] if row else None


@dataclass(frozen=True)
class Standing:
    """Where an entry stands: the hash of the one before it in its stream, its index in the tree, its wait in seconds."""

    before: str
    index: int | None
    waiting: float | None


@dataclass
class Surroundings:
    """What tells of entries whether they are in the record: where each stands, the checkpoints, the keys, the tiles.

    ``seen`` is the newest checkpoint that was cosigned; ``tiles`` has what proofs under the newest one need.
    """

    entries: dict[int, Standing] = field(default_factory=dict)
    newest: Published | None = None
    seen: Published | None = None
    vkeys: list[str] = field(default_factory=list)
    tiles: Tiles = field(default_factory=lambda: Tiles(load_tile))


_AROUND = f"""
with standing as (
    select entry.id, leaf.idx, coalesce(encode(before.leaf_hash, 'hex'), '') as before,
        extract(epoch from clock_timestamp() - queue.queued_at)::float as waiting
    from ledger.entry
    left join ledger.entry before on before.stream = entry.stream and before.stream_seq = entry.stream_seq - 1
    left join ledger.leaf on leaf.entry_id = entry.id left join ledger.queue on queue.entry_id = entry.id
    where entry.id = any(%s)
), newest as ({_CHECKPOINT} {_NEWEST}), seen as ({_CHECKPOINT} {_WITNESSED}),
needed as (
    select level::smallint, idx >> ({HEIGHT} * (level + 1)) as n
        from standing, newest, generate_series(0, 7) as level where idx < size and size >> ({HEIGHT} * level) > 0
    union
    select level::smallint, ((size >> ({HEIGHT} * level)) - 1) / {WIDTH}
        from newest, generate_series(0, 7) as level
        where size >> ({HEIGHT} * level) > 0 and exists (select from standing where idx < size)
)
select 'entry', id, idx, before, null::bytea, null::timestamptz, null::text[], waiting from standing
union all select 'keys', null, null, null, null, null, array(select vkey from ledger.signing_key order by id), null
union all select 'newest', size, null, note, root, published_at, "array", null from newest
union all select 'seen', size, null, note, root, published_at, "array", null from seen
union all select 'tile', level, n, null, data, null, null, null from needed join ledger.tile using (level, n)
"""  # noqa: S608 (numbers and our own words)


def surroundings(entry_ids: Iterable[int]) -> Surroundings:
    """Return what shows whether the entries are in the record, in one query."""
    found = Surroundings()
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [list(entry_ids)])
        for what, number, n, text, data, at, lines, waiting in cursor.fetchall():
            if what == "entry":
                found.entries[number] = Standing(text, n, waiting)
            elif what == "keys":
                found.vkeys = lines
            elif what == "tile":
                found.tiles.put(number, n, bytes(data))
            elif what == "newest":
                found.newest = _from_row((number, data, text, at, lines))
            else:
                found.seen = _from_row((number, data, text, at, lines))
    return found


def lag_seconds() -> float:
    """Return how long the oldest entry that the integrator could have taken has waited, in seconds.

    A long transaction queues its rows when it writes them and shows them when it commits: an entry counts from the last
    time the queue was seen empty, if that is later.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select extract(epoch from clock_timestamp() - greatest(min(queued_at), (select drained_at from ledger.state)))"
            "::float from ledger.queue having count(*) > 0"
        )
        row = cursor.fetchone()
    return max(0.0, row[0]) if row else 0.0


def integrate_batch(limit: int = BATCH) -> Batch:
    """Give up to ``limit`` queued entries their place, oldest first, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return Batch(busy=True)
        cursor.execute(
            "with taken as (delete from ledger.queue where entry_id in"
            " (select entry_id from ledger.queue order by entry_id limit %s) returning entry_id)"
            " select taken.entry_id, entry.leaf_hash from taken left join ledger.entry on entry.id = taken.entry_id"
            " order by taken.entry_id",
            [limit],
        )
        rows = cursor.fetchall()
        there = [(pk, bytes(hashed)) for pk, hashed in rows if hashed is not None]
        batch = Batch(len(there), len(rows) == limit, vanished=[pk for pk, hashed in rows if hashed is None])
        if there:
            append_leaves(cursor, there)
        if not batch.more:
            cursor.execute(
                "update ledger.state set drained_at = now() where %s or drained_at < now() - interval '1 second'",
                [bool(rows)],
            )
        return batch


def append_leaves(cursor: Any, rows: Sequence[tuple[int, bytes]]) -> None:
    """Append leaves (entry number and hash), tiles and the new head; the caller holds the lock."""
    cursor.execute("select size from ledger.state for update")
    (size,) = cursor.fetchone()
    hashes = [hashed for _pk, hashed in rows]
    cursor.execute(
        "insert into ledger.leaf (idx, entry_id, leaf_hash) select %s + place - 1, pk, hashed"
        " from unnest(%s::bigint[], %s::bytea[]) with ordinality as new (pk, hashed, place)",
        [size, [pk for pk, _hashed in rows], hashes],
    )
    changed = extend(size, hashes, load_tile)
    cursor.execute(
        "insert into ledger.tile (level, n, data) select * from unnest(%s::smallint[], %s::bigint[], %s::bytea[])"
        " on conflict (level, n) do update set data = excluded.data",
        [[level for level, _n in changed], [n for _level, n in changed], list(changed.values())],
    )
    tree = Tiles(load_tile)
    for (level, n), data in changed.items():
        tree.put(level, n, data)
    cursor.execute(
        "update ledger.state set size = %s, root = %s",
        [size + len(rows), merkle.root(size + len(rows), tree.node)],
    )


def note_check(kind: str, begun_at: datetime, ended_at: datetime, entries: int, faults: Sequence[str]) -> None:
    """Keep the outcome of a check for the auditor's page."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into ledger.check_run (kind, begun_at, ended_at, entries, faults) values (%s, %s, %s, %s, %s::jsonb)",
            [kind, begun_at, ended_at, entries, json.dumps(list(faults))],
        )


@dataclass(frozen=True)
class CheckRun:
    """One finished check."""

    begun_at: datetime
    ended_at: datetime
    entries: int
    faults: list[str]


def last_check(kind: str) -> CheckRun | None:
    """Return the newest check of the kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select begun_at, ended_at, entries, array(select jsonb_array_elements_text(faults))"
            " from ledger.check_run where kind = %s order by id desc limit 1",
            [kind],
        )
        row = cursor.fetchone()
    return CheckRun(*row) if row else None
